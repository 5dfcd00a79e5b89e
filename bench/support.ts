// What measurements have in common: meshes of a given size, and the middle and the slow end of a list of times.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const ROOT = path.join(__dirname, '..');
export const SERVER = path.join(ROOT, 'dist/server.js');
export const CLI = path.join(ROOT, 'dist/cli.js');

/** In milliseconds. */
export interface Spread {
  readonly median: number;
  readonly p95: number;
}

export function spread(times: readonly number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { median: at(0.5), p95: at(0.95) };
}

/** A synthetic mesh in a folder of its own. */
export function makeMesh(resources: number): { readonly folder: string; remove(): void } {
  const place = mkdtempSync(path.join(os.tmpdir(), 'mutual-bench-'));
  const folder = path.join(place, 'mesh');
  const generator = path.join(ROOT, 'test/data/make-mesh.mjs');
  execFileSync(process.execPath, [generator, '--out', folder, '--resources', String(resources), '--seed', '7']);
  return { folder, remove: () => rmSync(place, { recursive: true }) };
}
