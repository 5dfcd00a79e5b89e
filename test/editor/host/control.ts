// Lets a suite see and touch the real workbench: a small HTTP service on this machine that only the suite knows of.
// The suite's side is test/editor/suite/control.ts; what each action does is in actions.ts.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { actions } from './actions';

/** Holds the service's address, a secret included; a downloaded VS Code has no such variable. */
export const controlVariable = 'MUTUAL_HOST_CONTROL';

export interface Control {
  readonly address: string;
  stop(): Promise<void>;
}

export async function startControl(page: () => Page | undefined, screenshots: string): Promise<Control> {
  const secret = randomBytes(16).toString('hex');
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/${secret}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const [, givenSecret, name = ''] = (request.url ?? '').split('/');
    if (givenSecret !== secret) return { status: 403, body: { error: 'not the address of this run' } };
    const action = Object.hasOwn(actions, name) ? actions[name as keyof typeof actions] : undefined;
    if (!action)
      return { status: 404, body: { error: `no action "${name}"; there are ${Object.keys(actions).join(', ')}` } };
    const current = page();
    if (!current) return { status: 503, body: { error: 'the workbench is not open yet' } };
    try {
      const parameters = await readJson(request);
      return { status: 200, body: (await action(current, parameters as never, screenshots)) ?? {} };
    } catch (error) {
      return { status: 500, body: { error: `${name}: ${(error as Error).message}` } };
    }
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}
