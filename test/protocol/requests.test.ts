// Hovers, quick fixes and our own requests, asked of the built server.
import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type {
  CodeAction,
  Diagnostic,
  DocumentSymbol,
  Hover,
  Location,
  MarkupContent,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { FULL, TestClient } from './client';
import { CONFLICT, DISABLE, MODE, STRICT } from './manifests';

describe('requests to the built server', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await TestClient.start({ files: CONFLICT });
  });
  afterEach(() => client.end());

  const at = (name: string, line: number, character: number): object => ({
    textDocument: { uri: client.uri(name) },
    position: { line, character },
  });
  const actionsAt = (name: string, problem: Diagnostic, only?: string[]): Promise<CodeAction[]> =>
    client.request('textDocument/codeAction', {
      textDocument: { uri: client.uri(name) },
      range: problem.range,
      context: { diagnostics: [problem], only },
    });

  it('hover: a table with links to what decided', async () => {
    const hover = await client.request<Hover>('textDocument/hover', at('mtls.yaml', 1, 3));
    const { kind, value } = hover.contents as MarkupContent;
    assert.equal(kind, 'markdown');
    assert.match(value, /\*\*PeerAuthentication shop\/default\*\* applies to 2 of 2 workloads in `shop`/);
    assert.match(value, /\| `cart` \| 8080 \| STRICT \| \*\*.*refused.*\*\* \|/);
    assert.deepEqual(hover.range, { start: { line: 1, character: 0 }, end: { line: 1, character: 4 } });
  });

  it('hover: in plain text where the client has no Markdown', async () => {
    await client.end();
    const textDocument = { ...FULL.textDocument, hover: { contentFormat: ['plaintext' as const] } };
    client = await TestClient.start({ files: CONFLICT, capabilities: { ...FULL, textDocument } });
    const hover = await client.request<Hover>('textDocument/hover', at('mtls.yaml', 1, 3));
    const { kind, value } = hover.contents as MarkupContent;
    assert.equal(kind, 'plaintext');
    assert.doesNotMatch(value, /\]\(|\*\*/);
  });

  it('hover: nothing on a file that is no manifest, nor past the end of one', async () => {
    await client.open('values.yaml', 'kind: of\nblue: yes\n');
    assert.equal(await client.request('textDocument/hover', at('values.yaml', 0, 1)), null);
    assert.equal(await client.request('textDocument/hover', at('absent.yaml', 0, 1)), null);
    await client.request('textDocument/hover', at('mtls.yaml', 4000, 1));
  });

  it('code action: everything in a file at once, as editors ask on saving', async () => {
    await client.open('rule.yaml', DISABLE);
    const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
    const actions = await actionsAt('rule.yaml', problem!, ['source.fixAll']);
    assert.deepEqual(
      actions.map(({ kind }) => kind),
      ['source.fixAll.mutual'],
    );
    assert.match(JSON.stringify(actions[0]?.edit), /ISTIO_MUTUAL/);
  });

  it('code action: a fix that, applied, removes its problem', async () => {
    await client.open('rule.yaml', DISABLE, 3);
    const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
    const actions = await actionsAt('rule.yaml', problem!);
    const preferred = actions.filter(({ isPreferred }) => isPreferred);
    assert.equal(preferred.length, 1);
    const [action] = preferred;
    assert.equal(action?.kind, 'quickfix');
    assert.deepEqual(action?.diagnostics, [problem]);
    const [change] = action!.edit!.documentChanges!;
    assert.ok(change && 'textDocument' in change);
    assert.deepEqual(change.textDocument, { uri: client.uri('rule.yaml'), version: 3 });
    await client.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: client.uri('rule.yaml'), version: 4 },
      contentChanges: change.edits.flatMap((edit) =>
        'newText' in edit ? [{ range: edit.range, text: edit.newText }] : [],
      ),
    });
    await client.untilRules('rule.yaml', []);
  });

  it('code action: every fix removes its problem', async () => {
    const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
    const actions = await actionsAt('rule.yaml', problem!);
    assert.ok(actions.length >= 2);
    for (const action of actions) {
      const opened: string[] = [];
      for (const change of action.edit!.documentChanges!) {
        if (!('textDocument' in change)) continue;
        const name = path.basename(change.textDocument.uri);
        const text = await readFile(path.join(client.folder, name), 'utf8').catch(() => '');
        const document = TextDocument.create(change.textDocument.uri, 'yaml', 0, text);
        const edits = change.edits.flatMap((edit) => ('newText' in edit ? [edit] : []));
        await client.open(name, TextDocument.applyEdits(document, edits));
        opened.push(name);
      }
      await client.untilRules('rule.yaml', []);
      for (const name of opened) {
        await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri: client.uri(name) } });
      }
      await client.untilRules('rule.yaml', ['plaintext-refused']);
    }
  });

  it('code action: what changes another file is shown first', async () => {
    const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
    const actions = await actionsAt('rule.yaml', problem!);
    const elsewhere = actions.filter(({ edit }) => !JSON.stringify(edit?.documentChanges).includes('rule.yaml'));
    assert.ok(elsewhere.length > 0);
    for (const { edit } of elsewhere) {
      assert.ok(Object.values(edit!.changeAnnotations!).every(({ needsConfirmation }) => needsConfirmation));
    }
  });

  it('code action: none of another kind', async () => {
    const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
    assert.deepEqual(await actionsAt('rule.yaml', problem!, ['refactor']), []);
    assert.notDeepEqual(await actionsAt('rule.yaml', problem!, ['quickfix']), []);
  });

  it('definition: from a host to its Service', async () => {
    const found = await client.request<Location[]>('textDocument/definition', at('rule.yaml', 6, 9));
    assert.deepEqual(
      found.map(({ uri }) => path.basename(uri)),
      ['cart.yaml'],
    );
  });

  it('document symbols: the objects of the file', async () => {
    const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', at('cart.yaml', 0, 0));
    assert.deepEqual(
      symbols.map(({ name }) => name),
      ['Deployment shop/cart', 'Service shop/cart'],
    );
  });

  it('status, table, clients, hosts and explanation', async () => {
    const uri = client.uri('rule.yaml');
    await client.untilRules('rule.yaml', ['plaintext-refused']);
    const status = await client.request<Record<string, unknown>>('mutual/status', { uri });
    assert.equal(status.state, 'ready');
    assert.equal(status.files, 5);
    assert.equal(status.objects, 6);
    assert.deepEqual(status.meshes, ['']);
    const table = await client.request<{ meshes: { rows: { status: string; cells: { text: string }[] }[] }[] }>(
      'mutual/table',
      {},
    );
    const [row] = table.meshes[0]!.rows;
    assert.equal(row?.status, 'CONFLICT');
    assert.equal(row?.cells[0]?.text, 'cart.shop:80');
    const { clients } = await client.request<{ clients: { name: string }[] }>('mutual/clients', { uri });
    assert.deepEqual(
      clients.map(({ name }) => name),
      ['shop/cart', 'shop/web'],
    );
    const { hosts } = await client.request<{ hosts: { name: string }[] }>('mutual/hosts', { uri });
    assert.deepEqual(
      hosts.map(({ name }) => name),
      ['cart.shop:80'],
    );
    const explain = (target: string): Promise<{ text?: string }> =>
      client.request('mutual/explain', { uri, client: 'shop/web', target });
    const { text } = await explain('cart.shop:80');
    assert.match(text ?? '', /shop\/web → cart\.shop\.svc\.cluster\.local:80 {3}refused/);
    assert.match(text ?? '', new RegExp(`rule\\.yaml:${MODE.line + 1}`));
    assert.deepEqual(await explain('nowhere:80'), {});
  });

  it('knows a document by any spelling of its address', async () => {
    await client.untilRules('rule.yaml', ['plaintext-refused']);
    const spelled = client.uri('mtls.yaml').replace('mtls', '%6dtls');
    await client.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: spelled, languageId: 'yaml', version: 1, text: STRICT.replace('STRICT', 'DISABLE') },
    });
    await client.until('no conflict', () => client.diagnostics('rule.yaml')?.every(({ severity }) => severity !== 1));
  });
});
