// Waiting: for something unless the client takes its request back, and for others to have their turn.
import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';

/** The protocol's answer to a request that the client has taken back. */
export function throwIfCancelled(token: CancellationToken): void {
  if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
}

/** Resolves with what is wanted, or as soon as the client takes its request back. */
export function cancellable(wanted: Promise<void>, token: CancellationToken): Promise<void> {
  if (token.isCancellationRequested) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = token.onCancellationRequested(done);
    void wanted.then(done);
    function done(): void {
      subscription.dispose();
      resolve();
    }
  });
}

/** What Node, a worker, or neither has. */
const { setImmediate, MessageChannel } = globalThis as {
  setImmediate?: (done: () => void) => unknown;
  MessageChannel?: new () => { port1: { onmessage: (() => void) | null }; port2: { postMessage(message: null): void } };
};

/**
 * Lets what has come in meanwhile have its turn. Timers would do, but wait for a millisecond at least, in browsers for
 * four: with hundreds of pauses that adds up.
 */
export const othersTurn: () => Promise<void> = setImmediate
  ? () => new Promise((resolve) => void setImmediate(resolve))
  : MessageChannel
    ? byMessages(new MessageChannel())
    : () => new Promise((resolve) => setTimeout(resolve, 0));

function byMessages({ port1, port2 }: InstanceType<NonNullable<typeof MessageChannel>>): () => Promise<void> {
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}
