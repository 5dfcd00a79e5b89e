// Keeps an error of ours from becoming the editor's: one log entry, an error for this one request, and on it goes.
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
      log(`${name}: ${told(error)}`);
      throw new ResponseError(ErrorCodes.InternalError, `Mutual could not answer ${name}: ${(error as Error).message}`);
    }
  };
}

/** A notification's handler; nobody waits for it. */
export function guardNotification<P>(log: Log, name: string, handler: (params: P) => unknown): (params: P) => void {
  return (params) => {
    void (async () => handler(params))().catch((error: unknown) => log(`${name}: ${told(error)}`));
  };
}

function told(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
