// `npm run bench`: how long Mutual takes, beside a peer in the same run, since machines are noisy and only ratios hold.
//   tsx bench/engine.ts [--resources 10000] [--runs 5]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadAll } from 'js-yaml';
import { connectionsTo } from '../server/src/mtls/connections';
import { checkSnapshot } from '../server/src/rules/index';
import { DEFAULT_OPTIONS } from '../server/src/rules/rule';
import { type Snapshot, Workspace } from '../server/src/workspace/workspace';

const { values: options } = parseArgs({
  options: { resources: { type: 'string', default: '10000' }, runs: { type: 'string', default: '5' } },
});

function yamlFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? yamlFiles(file) : file.endsWith('.yaml') ? [file] : [];
  });
}

/** Files of a synthetic workspace, by URI. */
function makeWorkspace(resources: string): Map<string, string> {
  const place = mkdtempSync(path.join(os.tmpdir(), 'mutual-bench-'));
  const generator = path.join(__dirname, '../test/data/make-mesh.mjs');
  execFileSync(process.execPath, [
    generator,
    '--out',
    path.join(place, 'mesh'),
    '--resources',
    resources,
    '--seed',
    '7',
  ]);
  const files = new Map(yamlFiles(place).map((file) => [`file://${file}`, readFileSync(file, 'utf8')]));
  rmSync(place, { recursive: true });
  return files;
}

const timings = new Map<string, number[]>();
function time<T>(name: string, work: () => T): T {
  const start = performance.now();
  const result = work();
  timings.set(name, [...(timings.get(name) ?? []), performance.now() - start]);
  return result;
}

/** Every answer: what each group of clients sends to each port of each service, and what comes of it. */
function answerAll(snapshot: Snapshot): number {
  let facts = 0;
  for (const { mtls, mesh } of snapshot.meshes) {
    for (const service of mesh.services) {
      for (const port of service.ports) {
        for (const { endpoints } of connectionsTo(mtls, service, port)) facts += endpoints.length;
      }
    }
  }
  return facts;
}

const files = makeWorkspace(options.resources);
const bytes = [...files.values()].reduce((total, text) => total + text.length, 0);
let facts = 0;
let grown = 0;
for (let run = 0; run < Number(options.runs); run++) {
  time('js-yaml reads the same files', () => {
    for (const text of files.values()) loadAll(text);
  });
  const workspace = new Workspace();
  time('manifests are read', () => workspace.apply({ files }));
  const snapshot = time('the meshes are indexed', () => workspace.snapshot());
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  facts = time('every answer', () => answerAll(snapshot));
  global.gc?.();
  grown = process.memoryUsage().heapUsed - before;
  time('every rule', () => checkSnapshot(snapshot, DEFAULT_OPTIONS));
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
const yardstick = median(timings.get('js-yaml reads the same files')!);
console.log(
  `${options.resources} resources, ${(bytes / 1e6).toFixed(1)} MB, ${facts} facts; median of ${options.runs} runs\n`,
);
for (const [name, list] of timings) {
  const value = median(list);
  console.log(`${name.padEnd(32)} ${value.toFixed(0).padStart(6)} ms   ${(value / yardstick).toFixed(2)} × js-yaml`);
}
console.log(
  `\nmemory that the answers take: ${(grown / 1048576).toFixed(0)} MiB${global.gc ? '' : ' (run with --expose-gc to measure)'}`,
);
