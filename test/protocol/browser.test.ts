// The browser build: nothing of Node is in what it bundles, and its server answers in a world that has none, with files
// that only the client can read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import type { Diagnostic } from 'vscode-languageserver';
import { FULL } from './client';
import { CART, DISABLE, NAMESPACE, STRICT, WEB } from './manifests';

const root = path.resolve(__dirname, '../..');
const SHOP = {
  'namespace.yaml': NAMESPACE,
  'web.yaml': WEB,
  'cart.yaml': CART,
  'strict.yaml': STRICT,
  'rules (old).yaml': DISABLE,
};
const FOLDER = 'memfs://work/my%20mesh';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: never;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The worker's script with what a worker has, and a client that keeps the files. */
class WorkerClient {
  readonly published = new Map<string, readonly Diagnostic[]>();
  readonly asked: string[] = [];
  isClosed = false;
  private readonly answers = new Map<number, (message: Message) => void>();
  private receive: (event: { data: unknown }) => void = () => {};
  private last = 0;

  constructor(private readonly files: Readonly<Record<string, string>>) {
    const world: Record<string, unknown> = {
      ...{
        console,
        setTimeout,
        clearTimeout,
        queueMicrotask,
        performance,
        URL,
        TextDecoder,
        TextEncoder,
        structuredClone,
      },
      postMessage: (message: Message) => setTimeout(() => this.take(structuredClone(message))),
      addEventListener: () => {},
      close: () => {
        this.isClosed = true;
      },
    };
    Object.assign(world, { self: world });
    const context = vm.createContext(world);
    vm.runInContext(readFileSync(path.join(root, 'dist/browser/server.js'), 'utf8'), context);
    this.receive = (event) => (world.onmessage as (event: { data: unknown }) => void)(event);
  }

  request<R>(method: string, params: object): Promise<R> {
    const id = ++this.last;
    this.send({ id, method, params });
    return new Promise((resolve, reject) => {
      this.answers.set(id, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result as R)));
    });
  }

  send(message: object): void {
    this.receive({ data: { jsonrpc: '2.0', ...message } });
  }

  private take(message: Message): void {
    const { id, method, params } = message;
    if (method === undefined) {
      this.answers.get(id!)?.(message);
      return;
    }
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as unknown as { uri: string; diagnostics: Diagnostic[] };
      this.published.set(decodeURIComponent(uri), diagnostics);
    }
    if (id === undefined) return;
    this.asked.push(method);
    this.send({ id, result: this.answer(method, params as never) });
  }

  private answer(method: string, params: { uris?: string[]; items?: unknown[] }): unknown {
    const address = (name: string): string => `${FOLDER}/${name}`;
    if (method === 'mutual/findFiles') return { uris: Object.keys(this.files).map(address) };
    if (method === 'workspace/configuration') return params.items!.map(() => ({}));
    if (method !== 'mutual/readFiles') return null;
    return {
      files: params.uris!.map((uri) => {
        const name = Object.keys(this.files).find(
          (each) => decodeURIComponent(address(each)) === decodeURIComponent(uri),
        );
        return name === undefined ? { size: 0, error: 'gone' } : { size: 1, text: this.files[name] };
      }),
    };
  }
}

describe('the browser build', function () {
  this.timeout(60_000);
  const place = mkdtempSync(path.join(os.tmpdir(), 'mutual-browser-'));
  after(() => rmSync(place, { recursive: true, force: true }));

  it('bundles nothing of Node', () => {
    const file = path.join(place, 'meta.json');
    const script = path.join(root, 'scripts/build.mjs');
    execFileSync(process.execPath, [
      script,
      '--quiet',
      '--only=browser-server,browser-extension',
      `--metafile=${file}`,
    ]);
    const bundles = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      { inputs: Record<string, { imports: { path: string; external?: boolean }[] }> }
    >;
    assert.deepEqual(Object.keys(bundles).sort(), ['browser-extension', 'browser-server']);
    for (const [name, { inputs }] of Object.entries(bundles)) {
      const outside = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
      const allowed = name === 'browser-extension' ? ['vscode'] : [];
      assert.deepEqual([...new Set(outside.map(({ path: to }) => to))], allowed, name);
      const isNode = (input: string): boolean =>
        /workspace\/disk|lsp\/disk-access|lsp\/main|\/lib\/node\//.test(input) || builtinModules.includes(input);
      assert.deepEqual(Object.keys(inputs).filter(isNode), [], name);
    }
  });

  it('answers in a virtual workspace, by asking the client for its files', async () => {
    const client = new WorkerClient({
      ...SHOP,
      'node_modules/x.yaml': 'kind: Service\napiVersion: v1\n',
      '.git/y.yaml': 'kind: Service\napiVersion: v1\n',
    });
    const experimental = { mutual: { files: true, ruleCommand: 'mutual.explainRule' } };
    await client.request('initialize', {
      processId: null,
      rootUri: FOLDER,
      workspaceFolders: [{ uri: FOLDER, name: 'mesh' }],
      capabilities: { ...FULL, experimental },
    });
    client.send({ method: 'initialized', params: {} });
    const status = async (): Promise<{ state: string; files: number }> => client.request('mutual/status', {});
    for (let tries = 0; (await status()).state !== 'ready' && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.equal((await status()).files, Object.keys(SHOP).length);
    const uri = `${FOLDER}/rules%20(old).yaml`;
    const text = DISABLE;
    client.send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    for (let tries = 0; !client.published.get(decodeURIComponent(uri)) && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const found = client.published.get(decodeURIComponent(uri)) ?? [];
    const refused = found.find(({ code }) => code === 'plaintext-refused');
    assert.ok(refused, JSON.stringify(found));
    assert.equal(refused.codeDescription?.href, 'command:mutual.explainRule?%5B%22plaintext-refused%22%5D');
    const actions = await client.request<{ title: string; edit?: object; isPreferred?: boolean }[]>(
      'textDocument/codeAction',
      {
        textDocument: { uri },
        range: refused.range,
        context: { diagnostics: [refused] },
      },
    );
    assert.ok(
      actions.some(({ isPreferred, edit }) => isPreferred && edit),
      'no preferred fix',
    );
    assert.ok(
      actions.some(({ title }) => title === 'Explain plaintext-refused'),
      'no explanation',
    );
    const line = text.split('\n').findIndex((each) => each.startsWith('kind:'));
    const hover = await client.request<{ contents: { value: string } } | null>('textDocument/hover', {
      textDocument: { uri },
      position: { line, character: 1 },
    });
    assert.match(hover?.contents.value ?? '', /DestinationRule/);
    // a client that waits in vain for this ends the worker by force
    assert.equal(await client.request('shutdown', {}), null);
    assert.equal(client.isClosed, false);
    client.send({ method: 'exit' });
    for (let tries = 0; !client.isClosed && tries < 40; tries++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok(client.isClosed, 'the worker lives on');
    assert.ok(client.asked.includes('mutual/findFiles') && client.asked.includes('mutual/readFiles'));
  });
});
