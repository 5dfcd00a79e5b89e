// What no well-behaved editor does. The server lives through it, and answers right afterwards.
import * as assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import {
  CancellationTokenSource,
  createProtocolConnection,
  type Hover,
  LSPErrorCodes,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { PULLING, TestClient } from './client';
import { CONFLICT, DISABLE, MODE } from './manifests';

/** Every request about a document that an editor sends. */
const REQUESTS = [
  'textDocument/hover',
  'textDocument/definition',
  'textDocument/codeAction',
  'textDocument/documentSymbol',
  'textDocument/diagnostic',
  'mutual/status',
  'mutual/table',
  'mutual/clients',
  'mutual/hosts',
];

const SERVER = path.resolve(__dirname, '../../dist/server.js');

describe('the built server under abuse', function () {
  this.timeout(120_000);
  let client: TestClient;
  afterEach(() => client.end());

  const place = (name: string, line = 0, character = 0): object => ({
    textDocument: { uri: client.uri(name) },
    uri: client.uri(name),
    position: { line, character },
    range: { start: { line, character }, end: { line, character: character + 1 } },
    context: { diagnostics: [] },
  });

  /** As after nothing: the problem, its hover, and a clean end. */
  const assertRight = async (): Promise<void> => {
    const { items } = await client.request<{ items: { code: string }[] }>(
      'textDocument/diagnostic',
      place('rule.yaml'),
    );
    assert.deepEqual(
      items.map(({ code }) => code),
      ['plaintext-refused'],
    );
    const hover = await client.request<Hover | null>('textDocument/hover', place('rule.yaml', MODE.line, MODE.from));
    assert.match(JSON.stringify(hover), /DestinationRule/);
    assert.equal(client.stderr, '');
    assert.equal(await client.stop(), 0);
  };

  it('versions that come late, twice or out of order change nothing', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    await client.open('rule.yaml', DISABLE, 10);
    for (const version of [3, 10, -1, 9])
      await client.edit('rule.yaml', version, MODE.line, MODE.from, MODE.to, 'SIMPLE');
    await client.edit('rule.yaml', 12, MODE.line, MODE.from, MODE.to, 'ISTIO_MUTUAL');
    await client.edit('rule.yaml', 11, 0, 0, 5, 'xxxxx');
    const { items } = await client.request<{ items: unknown[] }>('textDocument/diagnostic', place('rule.yaml'));
    assert.deepEqual(items, []);
    await client.edit('rule.yaml', 13, MODE.line, MODE.from, MODE.from + 'ISTIO_MUTUAL'.length, 'DISABLE');
    assert.equal(client.logged.filter((text) => /is not newer/.test(text)).length, 5);
    await assertRight();
  });

  it('documents that are opened twice, closed twice, or changed without being open', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const { connection } = client;
    await client.edit('rule.yaml', 2, 0, 0, 1, 'x');
    await client.open('rule.yaml', 'kind: nothing\n');
    await client.open('rule.yaml', DISABLE, 5);
    const close = { textDocument: { uri: client.uri('rule.yaml') } };
    await connection.sendNotification('textDocument/didClose', close);
    await connection.sendNotification('textDocument/didClose', close);
    await connection.sendNotification('textDocument/didClose', { textDocument: { uri: client.uri('never.yaml') } });
    await client.edit('rule.yaml', 6, 0, 0, 1, 'x');
    await assertRight();
  });

  it('a storm of requests that are cancelled at once', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    await client.open('rule.yaml', DISABLE);
    const answers: Promise<unknown>[] = [];
    for (let round = 0; round < 500; round++) {
      const source = new CancellationTokenSource();
      const method = REQUESTS[round % REQUESTS.length]!;
      answers.push(
        client.connection
          .sendRequest(method, place('rule.yaml', round % 12, round % 30), source.token)
          .catch((error) => {
            if (![LSPErrorCodes.RequestCancelled, LSPErrorCodes.ServerCancelled].includes(error.code)) throw error;
          }),
      );
      if (round % 5 !== 0) source.cancel();
      if (round % 50 === 0) await client.edit('rule.yaml', round + 2, MODE.line, MODE.from, MODE.to, 'DISABLE');
    }
    await Promise.all(answers);
    await assertRight();
  });

  it('requests about files and schemes that nobody knows', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const odd = [
      client.uri('unknown.yaml'),
      'untitled:Untitled-1',
      'git:/a/b.yaml?ref=HEAD',
      'file://host/share/a.yaml',
      'file:///%00',
      'file:///%E0%A4%A',
      'file:///../../etc/passwd',
      'http://[::1',
      '',
      ':',
    ];
    for (const uri of odd) {
      for (const method of REQUESTS) {
        const params = { ...place('rule.yaml'), textDocument: { uri }, uri };
        // an answer or an error for this request, never silence
        await client
          .request(method, params)
          .catch((error: { code: number }) => assert.equal(typeof error.code, 'number', `${method} ${uri}`));
      }
      await client.connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: 'yaml', version: 1, text: 'apiVersion: v1\nkind: Service\n' },
      });
      await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
        changes: [1, 2, 3].map((type) => ({ uri, type })),
      });
      await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    }
    await assertRight();
  });

  it('positions and ranges that are not in the document', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    await client.open('rule.yaml', DISABLE);
    const numbers = [-1, 0, 7, 10_000, 2 ** 31 - 1, 2 ** 53, Number.NaN, 1.5];
    for (const method of REQUESTS) {
      for (const line of numbers) {
        for (const character of numbers)
          await client
            .request(method, place('rule.yaml', line, character))
            .catch((error) => assert.equal(typeof error.code, 'number'));
      }
    }
    // an edit far behind the end appends, one that begins behind its end is turned round: as the protocol's own library does
    await client.edit('rule.yaml', 2, 10_000, 0, 99, '\n# end\n');
    await client.edit('rule.yaml', 3, 0, 9999, 0, '');
    await client.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: client.uri('rule.yaml'), version: 4 },
      contentChanges: [{ text: DISABLE }],
    });
    await assertRight();
  });

  it('messages that are no JSON-RPC', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const send = (text: string): unknown =>
      client.process.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    for (const text of [
      '',
      'null',
      '7',
      '"text"',
      '[]',
      '{}',
      '{"jsonrpc": "1.0", "id": 1}',
      '{"jsonrpc": "2.0", "id": {}, "method": "textDocument/hover"}',
      '{"jsonrpc": "2.0", "id": 901, "method": 7}',
      '{"jsonrpc": "2.0", "id": 902, "method": "textDocument/hover", "params": "text"}',
      '{"jsonrpc": "2.0", "id": 903, "method": "textDocument/hover", "params": [1, 2]}',
      '{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": null}',
      '{"jsonrpc": "2.0", "id": 904, "result": 1, "error": 2}',
      '{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "nobody"}}',
      '{"jsonrpc": "2.0", "method": "$/progress", "params": {}}',
      '{"jsonrpc": "2.0", "method": "initialize", "params": {}, "id": 905}',
      `{"jsonrpc": "2.0", "method": "__proto__", "params": {"__proto__": {"polluted": true}}}`,
      '\ud800 not JSON',
      '{"jsonrpc": "2.0",',
    ])
      send(text);
    send(`{"jsonrpc": "2.0", "method": "x", "params": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
    await client.request('mutual/status', {});
    const { items } = await client.request<{ items: unknown[] }>('textDocument/diagnostic', place('rule.yaml'));
    assert.equal(items.length, 1);
    assert.equal(await client.stop(), 0);
  });

  it('settings of any form', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const odd: unknown[] = [
      null,
      7,
      'text',
      [],
      { severity: 7, exclude: 'x', assume: [] },
      { assume: { injectedNamespaces: {} } },
      { severity: { 'plaintext-refused': {} } },
      { exclude: ['[', '**'.repeat(200), '{a,b'.repeat(50)] },
    ];
    for (const settings of odd) {
      client.settings = settings as object;
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings });
      await client.request('mutual/status', {});
    }
    client.settings = {};
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: {} });
    for (let round = 0; round < 100; round++) {
      // settings are asked for anew, which takes as long as the client takes
      const { items } = await client.request<{ items: unknown[] }>('textDocument/diagnostic', place('rule.yaml'));
      if (items.length > 0) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    await assertRight();
  });

  it('an editor that claims every ability and then refuses whatever it is asked for', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const server = spawn(process.execPath, [SERVER, '--stdio']);
    const ended = new Promise<number | null>((done) => server.once('exit', done));
    const connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    const logged: string[] = [];
    connection.onNotification('window/logMessage', ({ message }: { message: string }) => void logged.push(message));
    connection.listen();
    const root = client.uri('').replace(/\/$/, '');
    await connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: root,
      workspaceFolders: [{ uri: root, name: 'x' }],
      capabilities: { ...PULLING, window: { workDoneProgress: true } },
    });
    await connection.sendNotification('initialized', {});
    const { items } = await connection.sendRequest<{ items: unknown[] }>('textDocument/diagnostic', place('rule.yaml'));
    assert.equal(items.length, 1);
    for (const what of ['its settings', 'a progress bar', 'to tell of changed files', 'to tell of changed settings'])
      assert.equal(
        logged.filter((text) => text.startsWith(`The editor refuses ${what}`)).length,
        1,
        `${what}: ${logged}`,
      );
    await connection.sendRequest('shutdown');
    await connection.sendNotification('exit');
    assert.equal(await ended, 0);
    connection.dispose();
  });

  it('a thousand open editors, each typed in', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const text = (index: number): string =>
      `apiVersion: v1\nkind: Service\nmetadata:\n  name: app-${index}\n  namespace: shop\nspec:\n  ports:\n    - port: 80\n`;
    for (let index = 0; index < 1000; index++) await client.open(`open-${index}.yaml`, text(index));
    for (let index = 0; index < 1000; index++) await client.edit(`open-${index}.yaml`, 2, 7, 12, 14, '81');
    const started = Date.now();
    for (let index = 0; index < 1000; index += 100) {
      const { items } = await client.request<{ items: unknown[] }>(
        'textDocument/diagnostic',
        place(`open-${index}.yaml`),
      );
      assert.ok(Array.isArray(items));
    }
    const { objects } = await client.request<{ objects: number }>('mutual/status', {});
    assert.ok(objects >= 1000);
    assert.ok(Date.now() - started < 20_000, `ten answers took ${Date.now() - started} ms`);
    for (let index = 0; index < 1000; index++)
      await client.connection.sendNotification('textDocument/didClose', {
        textDocument: { uri: client.uri(`open-${index}.yaml`) },
      });
    await assertRight();
  });

  it('ends when its editor is gone: in the middle of a message, of a request, or at once', async () => {
    for (const last of ['Content-Length: 500\r\n\r\n{"jsonrpc"', 'request', '']) {
      client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
      if (last === 'request') {
        for (let round = 0; round < 50; round++)
          void client.connection
            .sendRequest('textDocument/hover', place('rule.yaml', round % 12))
            .catch(() => undefined);
      } else if (last) client.process.stdin!.write(last);
      client.process.stdin!.end();
      client.process.stdout!.destroy();
      const code = await Promise.race([
        client.exit,
        new Promise<string>((done) => setTimeout(done, 10_000, 'still runs').unref()),
      ]);
      assert.notEqual(code, 'still runs', `after ${JSON.stringify(last)}`);
      await client.end();
    }
  });

  it('ends when the process that started it is gone without a word', async () => {
    client = await TestClient.start({ files: {}, capabilities: PULLING });
    // a parent that names itself, and dies while somebody else keeps the pipe open
    const parent = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600000)']);
    const server = spawn(process.execPath, [SERVER, '--stdio', `--clientProcessId=${parent.pid}`]);
    const ended = new Promise((done) => server.once('exit', done));
    parent.kill('SIGKILL');
    const late = new Promise((done) => setTimeout(done, 15_000, 'still runs').unref());
    const outcome = await Promise.race([ended, late]);
    server.kill('SIGKILL');
    assert.notEqual(outcome, 'still runs');
  });
});
