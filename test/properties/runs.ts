// How many meshes a property is tried on. fast-check prints the seed and the smallest mesh of a failure; MUTUAL_RUNS asks
// for more meshes than a run of all tests has time for, and MUTUAL_SEED for those of an earlier run.
import type { Parameters } from 'fast-check';

const { MUTUAL_RUNS, MUTUAL_SEED } = process.env;

/** Settings of a property that runs on `usual` meshes. */
export function runs(usual: number): Parameters<unknown> {
  return { numRuns: MUTUAL_RUNS ? Number(MUTUAL_RUNS) : usual, ...(MUTUAL_SEED && { seed: Number(MUTUAL_SEED) }) };
}
