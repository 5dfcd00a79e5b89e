// What the launcher, the headless host and a suite agree on. Imports nothing: it is loaded on both sides.

/** Stands before each line of a suite, because the console of an extension host carries much else. */
export const suiteMark = '[suite] ';

export interface SuiteResults {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}
