// The built server's life: what it offers, how it ends, and what it survives.
import * as assert from 'node:assert/strict';
import {
  type CancellationToken,
  CancellationTokenSource,
  type InitializeResult,
  LSPErrorCodes,
} from 'vscode-languageserver/node';
import { PULLING, TestClient } from './client';
import { CONFLICT, DISABLE, MODE } from './manifests';

describe('the life of the built server', () => {
  let client: TestClient;
  afterEach(() => client.end());

  it('offers what it can do, under its name', async () => {
    client = await TestClient.start({ files: {} });
    const { capabilities, serverInfo } = client.initialized as InitializeResult;
    assert.equal(serverInfo?.name, 'mutual');
    assert.match(serverInfo?.version ?? '', /^\d+\.\d+\.\d+/);
    assert.deepEqual(capabilities.textDocumentSync, { openClose: true, change: 2 });
    assert.equal(capabilities.hoverProvider, true);
    assert.equal(capabilities.diagnosticProvider, undefined);
  });

  it('ends with 0 after shutdown and exit', async () => {
    client = await TestClient.start({ files: CONFLICT });
    assert.equal(await client.stop(), 0);
  });

  it('ends with 1 on exit without shutdown', async () => {
    client = await TestClient.start({ files: {} });
    await client.connection.sendNotification('exit');
    assert.equal(await client.exit, 1);
  });

  it('takes a request back when it is cancelled', async () => {
    client = await TestClient.start({ files: CONFLICT, capabilities: PULLING });
    const first = await client.request<{ items: { uri: string; resultId: string }[] }>('workspace/diagnostic', {
      previousResultIds: [],
    });
    const previousResultIds = first.items.map(({ uri, resultId }) => ({ uri, value: resultId }));
    const source = new CancellationTokenSource();
    const token: CancellationToken = source.token;
    // nothing changes, so this one would wait for good
    const waiting = client.connection.sendRequest('workspace/diagnostic', { previousResultIds }, token);
    setTimeout(() => source.cancel(), 50);
    await assert.rejects(waiting, { code: LSPErrorCodes.RequestCancelled });
  });

  it('answers a request of the wrong form with an error, and goes on', async () => {
    client = await TestClient.start({ files: CONFLICT });
    await assert.rejects(client.request('textDocument/hover', { nonsense: true }));
    await assert.rejects(client.request('mutual/explain', {}));
    await assert.rejects(client.request('no/such/method', {}));
    await client.connection.sendNotification('textDocument/didChange', { textDocument: {}, contentChanges: 3 });
    await client.connection.sendNotification('textDocument/didOpen', {});
    await client.untilRules('rule.yaml', ['plaintext-refused']);
    assert.equal(await client.stop(), 0);
  });

  it('survives any text', async () => {
    client = await TestClient.start({ files: CONFLICT });
    const texts = [
      'apiVersion: v1\nkind: {',
      'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: 7\nspec: [null, {}]\n',
      'apiVersion: v1\nkind: Service\nmetadata: {name: [], namespace: 4}\nspec: {ports: {a: 1}, selector: x}\n',
      `apiVersion: v1\nkind: List\nitems: &a\n- *a\n- kind: List\n  apiVersion: v1\n  items: *a\n`,
      '\u0000\ufeffapiVersion: v1\r\nkind: \ud800\r',
      `apiVersion: v1\nkind: Pod\n${'  '.repeat(2000)}x: y`,
    ];
    for (const [index, text] of texts.entries()) await client.open(`odd-${index}.yaml`, text);
    for (const index of texts.keys()) {
      await client.request('textDocument/hover', {
        textDocument: { uri: client.uri(`odd-${index}.yaml`) },
        position: { line: 1, character: 2 },
      });
    }
    await client.untilRules('rule.yaml', ['plaintext-refused']);
    assert.equal(client.stderr, '');
  });

  it('survives bytes that are no message', async () => {
    client = await TestClient.start({ files: CONFLICT });
    client.process.stdin!.write('Content-Length: 5\r\n\r\n{]]]}');
    client.process.stdin!.write('Content-Length: 2\r\n\r\n[]');
    await client.untilRules('rule.yaml', ['plaintext-refused']);
    await client.request('mutual/status', {});
    assert.equal(client.process.exitCode, null);
  });

  it('keeps up with fast typing: the last version is answered', async () => {
    client = await TestClient.start({ files: CONFLICT });
    await client.open('rule.yaml', DISABLE);
    let length = MODE.to - MODE.from;
    for (let version = 2; version <= 200; version++) {
      const text = version === 200 ? 'ISTIO_MUTUAL' : version % 2 === 0 ? 'SIMPLE' : 'DISABLE';
      await client.edit('rule.yaml', version, MODE.line, MODE.from, MODE.from + length, text);
      length = text.length;
    }
    await client.untilRules('rule.yaml', []);
    assert.equal(client.lastPublished('rule.yaml')?.version, 200);
  });
});
