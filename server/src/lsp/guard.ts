// Keeps an error of ours from becoming the editor's: one log entry that can be reported, an error for this one request,
// and on it goes.
import { type CancellationToken, ErrorCodes, ResponseError } from 'vscode-languageserver';
import type { Log } from './session';

type Handler<P, R> = (params: P, token: CancellationToken) => R | Promise<R>;

/** A request's handler. */
export function guardRequest<P, R>(log: Log, name: string, handler: Handler<P, R>): Handler<P, R> {
  return async (params, token) => {
    try {
      return await handler(params, token);
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      report(log, name, params, error);
      const cause = error instanceof Error ? error.message : String(error);
      throw new ResponseError(ErrorCodes.InternalError, `Mutual could not answer ${name}: ${cause}`);
    }
  };
}

/** A notification's handler; nobody waits for it. */
export function guardNotification<P>(log: Log, name: string, handler: (params: P) => unknown): (params: P) => void {
  return (params) => {
    void (async () => handler(params))().catch((error: unknown) => report(log, name, params, error));
  };
}

/**
 * Something that the client is asked for and need not grant.
 * @param what as the log names it
 * @returns undefined where it refuses; the log says so
 */
export async function ifGranted<T>(log: Log, what: string, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    log(`The editor refuses ${what}, so Mutual goes on without: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** What has been told already, so that a mistake which every keystroke meets fills no log. */
const told = new WeakMap<Log, Set<string>>();

function report(log: Log, name: string, params: unknown, error: unknown): void {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const known = told.get(log) ?? new Set();
  told.set(log, known);
  const cause = `${name} ${details}`;
  if (known.has(cause)) return;
  known.add(cause);
  log(
    `${name}${placeOf(params)}: ${details}\nThis is a mistake of Mutual, told once. To report it, add these lines, what was done just before, and the file if you may show it.`,
  );
}

/** Where in which document it happened, as far as the parameters say. */
function placeOf(params: unknown): string {
  const { textDocument, uri, position, range } = (params ?? {}) as {
    textDocument?: { uri?: unknown };
    uri?: unknown;
    position?: { line?: unknown; character?: unknown };
    range?: { start?: { line?: unknown; character?: unknown } };
  };
  const file = textDocument?.uri ?? uri;
  const { line, character } = position ?? range?.start ?? {};
  if (typeof file !== 'string') return '';
  return typeof line === 'number' ? ` at ${file}, line ${line + 1}, character ${Number(character) + 1}` : ` at ${file}`;
}
