// Where Mutual and a peer differ, and why: checked against istiod's own code.

/** Codes, or codes of one kind, that have no counterpart, with the reason. */
export const OUT_OF_SCOPE: Readonly<Record<string, string>> = {};

interface Reason {
  /** Of names of cases. */
  readonly cases: RegExp;
  readonly reason: string;
}

const REASONS: readonly Reason[] = [];

/** Why a case differs; undefined where nothing explains it. */
export function reasonFor(name: string, _differences: readonly string[]): string | undefined {
  return REASONS.find(({ cases }) => cases.test(name))?.reason;
}
