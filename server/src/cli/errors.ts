// Errors of the user's making: told in one line with the remedy, and the exit code that goes with them.

/** Exit codes; `docs/cli.md` and `--help` describe them. */
export const EXIT = { ok: 0, findings: 1, usage: 2, internal: 3 } as const;

/** The message says what is wrong and what to do; there is no stack to show. */
export class UserError extends Error {}

/** ` Did you mean a or b?`, or what there is. */
export function suggestion(near: readonly string[], all: readonly string[]): string {
  if (near.length > 0) return ` Did you mean ${near.join(' or ')}?`;
  const known = [...new Set(all)].sort();
  if (known.length === 0) return '';
  return ` There ${known.length === 1 ? 'is' : 'are'}: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ` and ${known.length - 10} more` : ''}.`;
}

/** What is said of a mistake of our own, and how to pass it on. */
export function internalErrorText(error: unknown, where = ''): string {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hint =
    'This is a mistake of Mutual, not yours. Report it with these lines and the manifests, if you may show them.';
  return `mutual: internal error${where && ` ${where}`}: ${details}\n${hint}\n`;
}
