// The engine alone, manifests parsed: every answer of a workspace, beside js-yaml reading the same files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadAll } from 'js-yaml';
import { connectionsTo } from '../server/src/mtls/connections';
import { type Snapshot, Workspace } from '../server/src/workspace/workspace';
import { makeMesh, type Spread, spread } from './support';

export interface EngineTimes {
  readonly answers: Spread;
  readonly jsYaml: Spread;
  /** In MiB, what the answers take. */
  readonly memory: number;
  /** How many endpoints are answered for. */
  readonly facts: number;
}

/** @param runs of each, in turns, so that noise of the machine falls on all */
export function measureEngine(resources: number, runs: number): EngineTimes {
  const { folder, remove } = makeMesh(resources);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const files = new Map(names.map((name) => [`file:///${name}`, readFileSync(path.join(folder, name), 'utf8')]));
  remove();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 1048576;
  };
  const times = { answers: [] as number[], jsYaml: [] as number[] };
  let facts = 0;
  let memory = 0;
  for (let run = 0; run < runs; run++) {
    times.jsYaml.push(
      timed(() => {
        for (const text of files.values()) loadAll(text);
      }),
    );
    const workspace = new Workspace();
    workspace.apply({ files });
    const snapshot = workspace.snapshot();
    const before = used();
    times.answers.push(timed(() => (facts = answerAll(snapshot))));
    memory = used() - before;
  }
  return { answers: spread(times.answers), jsYaml: spread(times.jsYaml), memory, facts };
}

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
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
