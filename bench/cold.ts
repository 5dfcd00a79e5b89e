// The command line, each time in a fresh process: with nothing kept, with nothing changed, and beside its peers.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CLI, makeMesh, ROOT, type Spread, spread } from './support';

export interface ColdTimes {
  readonly cold: Spread;
  readonly unchanged: Spread;
  readonly jsYaml: Spread;
  /** Undefined where istioctl is not on the PATH. */
  readonly istioctl: Spread | undefined;
}

const JS_YAML = `
const { readdirSync, readFileSync } = require('node:fs');
const { loadAll } = require('js-yaml');
for (const name of readdirSync(process.argv[1], { recursive: true }))
  if (name.endsWith('.yaml')) loadAll(readFileSync(process.argv[1] + '/' + name, 'utf8'));
`;

/** @param runs of each, in turns, so that noise of the machine falls on all */
export function measureCold(resources: number, runs: number): ColdTimes {
  const { folder, remove } = makeMesh(resources);
  const cache = mkdtempSync(path.join(os.tmpdir(), 'mutual-cache-'));
  const times = { cold: [] as number[], unchanged: [] as number[], jsYaml: [] as number[], istioctl: [] as number[] };
  const time = (list: number[], program: string, args: readonly string[], env: Record<string, string> = {}): void => {
    const started = performance.now();
    const { error, status, stderr } = spawnSync(program, args, { cwd: ROOT, env: { ...process.env, ...env } });
    if (error) throw error;
    // 1: there are findings; istioctl has 79 for that
    if (![0, 1, 79].includes(status ?? -1)) throw new Error(`${program} ${args.join(' ')}: ${status} ${stderr}`);
    list.push(performance.now() - started);
  };
  try {
    const hasIstioctl = !spawnSync('istioctl', ['version', '--remote=false']).error;
    spawnSync(process.execPath, [CLI, 'check', folder], { env: { ...process.env, MUTUAL_CACHE: cache } });
    for (let run = 0; run < runs; run++) {
      time(times.jsYaml, process.execPath, ['-e', JS_YAML, folder]);
      time(times.cold, process.execPath, [CLI, 'check', folder], { MUTUAL_CACHE: 'off' });
      time(times.unchanged, process.execPath, [CLI, 'check', folder], { MUTUAL_CACHE: cache });
      if (hasIstioctl) time(times.istioctl, 'istioctl', ['analyze', '--use-kube=false', folder]);
    }
    return {
      cold: spread(times.cold),
      unchanged: spread(times.unchanged),
      jsYaml: spread(times.jsYaml),
      istioctl: hasIstioctl ? spread(times.istioctl) : undefined,
    };
  } finally {
    remove();
    rmSync(cache, { recursive: true, force: true });
  }
}
