// `npm run bench`: what a user waits for, each beside a peer in the same run, since machines are noisy and only ratios hold.
//   tsx bench/run.ts            everything, and the table in docs/performance.md is written anew
//   tsx bench/run.ts --short    small sizes, ratios alone; fails where Mutual is much slower than it was
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { measureCold } from './cold';
import { type EditTimes, measureEdits, measureRootEdits, PEER_DEBOUNCE_MS } from './edits';
import { measureEngine } from './engine';
import { ROOT, type Spread } from './support';

const { values: options } = parseArgs({ options: { short: { type: 'boolean', default: false } } });

interface Row {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  /** Undefined where it was not measured. */
  readonly met: boolean | undefined;
}
const rows: Row[] = [];

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
const both = ({ median, p95 }: Spread): string => `${ms(median)}, p95 ${ms(p95)}`;
const times = (value: number): string => `${value.toFixed(1)} ×`;

function add(what: string, target: string, measured: string, met: boolean | undefined): void {
  rows.push({ what, target, measured, met });
  console.log(`${met === undefined ? '?' : met ? 'ok' : 'MISSED'}  ${what}: ${measured} (target: ${target})`);
}

async function edits(resources: number, lines: number, limit: number, faster: number): Promise<EditTimes> {
  const own = (await measureEdits(resources, lines, 40, false))!;
  const what = `edit to diagnostics, ${lines} lines, ${resources} resources`;
  add(what, `p95 ≤ ${limit} ms`, both(own.edits), own.edits.p95 <= limit);
  const peer = await measureEdits(resources, lines, 20, true);
  const target = `≥ ${faster} × faster`;
  if (!peer) {
    add(`${what}, beside yaml-language-server`, target, 'not measured: it is not installed', undefined);
    return own;
  }
  const raw = peer.edits.median / own.edits.median;
  const less = (peer.edits.median - PEER_DEBOUNCE_MS) / own.edits.median;
  const measured = `${times(raw)} (${both(peer.edits)}); without its pause of ${PEER_DEBOUNCE_MS} ms ${times(less)}`;
  add(`${what}, beside yaml-language-server`, target, measured, raw >= faster);
  return own;
}

async function growth(sizes: readonly number[]): Promise<void> {
  const medians: number[] = [];
  for (const size of sizes) {
    const found = (await measureEdits(size, 50, 40, false))!;
    medians.push(found.edits.median);
    if (size >= 10_000 && found.memory !== undefined) memory(size, found.memory);
  }
  const grown = Math.max(...medians) / medians[0]!;
  add(
    `the same edit at ${sizes.join(', ')} resources`,
    'grows < 1.3 ×',
    `${medians.map(ms).join(', ')}: ${times(grown)}`,
    grown < 1.3,
  );
}

function memory(resources: number, measured: number): void {
  const limit = resources > 30_000 ? 1024 : resources > 10_000 ? undefined : 200;
  if (limit !== undefined)
    add(`resident memory, ${resources} resources`, `≤ ${limit} MiB`, `${measured.toFixed(0)} MiB`, measured <= limit);
}

function cold(resources: number, runs: number): void {
  const { cold, unchanged, jsYaml, istioctl } = measureCold(resources, runs);
  const ratio = cold.median / jsYaml.median;
  const what = `mutual check, ${resources} resources`;
  add(`${what}, beside js-yaml reading the same bytes`, '≤ 3 ×', `${times(ratio)} (${both(cold)})`, ratio <= 3);
  const again = unchanged.median / jsYaml.median;
  add(`${what}, nothing changed, beside js-yaml`, '≤ 1.2 ×', `${times(again)} (${both(unchanged)})`, again <= 1.2);
  const none = 'not measured: istioctl is not on the PATH';
  for (const [name, own, faster] of [
    ['', cold, 5],
    [', nothing changed', unchanged, 15],
  ] as const) {
    const found = istioctl && istioctl.median / own.median;
    add(
      `${what}${name}, beside istioctl analyze`,
      `≥ ${faster} × faster`,
      found === undefined ? none : times(found),
      found === undefined ? undefined : found >= faster,
    );
  }
}

function engine(resources: number, runs: number): void {
  const { answers, jsYaml, memory: taken, facts } = measureEngine(resources, runs);
  const ratio = answers.median / jsYaml.median;
  const what = `every answer (${facts} endpoints), ${resources} resources`;
  add(`${what}, beside js-yaml reading the same bytes`, '< 1 ×', `${times(ratio)} (${both(answers)})`, ratio < 1);
  add('memory that the answers take', '< 150 MiB', `${taken.toFixed(0)} MiB`, taken < 150);
}

async function main(): Promise<void> {
  if (options.short) {
    const limit = 20;
    const { cold, unchanged, jsYaml } = measureCold(1000, 3);
    add(
      'mutual check, 1000 resources, beside js-yaml',
      '≤ 8 ×',
      times(cold.median / jsYaml.median),
      cold.median / jsYaml.median <= 8,
    );
    add(
      'the same, nothing changed',
      '≤ 2.5 ×',
      times(unchanged.median / jsYaml.median),
      unchanged.median / jsYaml.median <= 2.5,
    );
    const few = (await measureEdits(300, 50, limit, false))!.edits.median;
    const many = (await measureEdits(3000, 50, limit, false))!.edits.median;
    add('an edit at 3000 resources, beside one at 300', '≤ 3 ×', times(many / few), many / few <= 3);
  } else {
    const { start, memory: used } = await edits(10_000, 50, 16, 12);
    add('start to first diagnostics, 10000 resources', '≤ 700 ms', ms(start), start <= 700);
    if (used !== undefined) memory(10_000, used);
    await edits(10_000, 10_000, 30, 15);
    await growth([300, 3000, 30_000, 100_000]);
    const everywhere = await measureRootEdits(10_000, 8);
    add('an edit that reaches everything, 10000 resources', '≤ 400 ms', both(everywhere), everywhere.median <= 400);
    engine(10_000, 5);
    cold(10_000, 5);
    const vsix = statSync(path.join(ROOT, 'mutual-istio.vsix'), { throwIfNoEntry: false });
    const size = vsix && vsix.size / 1e6;
    add(
      'the .vsix',
      '≤ 1.5 MB',
      size === undefined ? 'not measured: npm run package' : `${size.toFixed(2)} MB`,
      size === undefined ? undefined : size <= 1.5,
    );
    writeFileSync(path.join(ROOT, 'docs/performance.md'), page());
  }
  process.exitCode = rows.some(({ met }) => met === false) && options.short ? 1 : 0;
}

function page(): string {
  const cells = rows.map(
    ({ what, target, measured, met }) =>
      `| ${what} | ${target} | ${measured} | ${met === undefined ? '–' : met ? 'yes' : 'no'} |`,
  );
  return `# Performance

Made by \`npm run -s build && npm run bench\`, which writes this page. Medians and 95th percentiles; machines are noisy, so the ratios
to a peer in the same run are what holds. An edit is timed from the client's \`didChange\` to the \`publishDiagnostics\` that
has its effect, on a mesh that \`test/data/make-mesh.mjs\` makes.

| what | target | measured | met |
| --- | --- | --- | --- |
${cells.join('\n')}
`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
