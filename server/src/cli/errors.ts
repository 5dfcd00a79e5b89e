// Errors of the user's making: told in one line with the remedy, and the exit code that goes with them.

/** Exit codes; `docs/cli.md` and `--help` describe them. */
export const EXIT = { ok: 0, findings: 1, usage: 2, internal: 3 } as const;

/** The message says what is wrong and what to do; there is no stack to show. */
export class UserError extends Error {}
