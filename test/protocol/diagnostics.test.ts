// Diagnostics as an editor gets them from the built server: pushed, pulled, after edits, settings and changes on disk.
import * as assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic, WorkspaceDiagnosticReport } from 'vscode-languageserver/node';
import { type ClientOptions, PULLING, TestClient } from './client';
import { CONFLICT, DISABLE, MODE, STRICT } from './manifests';

interface Report {
  readonly kind: 'full' | 'unchanged';
  readonly resultId: string;
  readonly items?: readonly Diagnostic[];
}

describe('diagnostics of the built server', () => {
  let client: TestClient;
  const start = async (options: Partial<ClientOptions> = {}): Promise<TestClient> =>
    (client = await TestClient.start({ files: CONFLICT, ...options }));
  afterEach(() => client.end());

  const pull = (name: string, previousResultId?: string): Promise<Report> =>
    client.request('textDocument/diagnostic', { textDocument: { uri: client.uri(name) }, previousResultId });
  const rulesOf = ({ items }: Report): unknown[] => (items ?? []).map(({ code }) => code);

  describe('pushed', () => {
    it('marks the field to change, and points to the other half', async () => {
      await start();
      const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
      assert.ok(problem);
      assert.deepEqual(problem.range, {
        start: { line: MODE.line, character: MODE.from },
        end: { line: MODE.line, character: MODE.to },
      });
      assert.equal(problem.severity, 1);
      assert.equal(problem.source, 'mutual');
      assert.equal(problem.codeDescription, undefined, 'a link that this client cannot follow');
      assert.match(String(problem.message), /PeerAuthentication shop\/default/);
      const related = problem.relatedInformation?.map(({ location }) => path.basename(location.uri));
      assert.deepEqual(related, ['mtls.yaml', 'cart.yaml']);
    });

    it('follows what is typed, not what is on disk, until the document is closed', async () => {
      await start();
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      await client.open('rule.yaml', DISABLE);
      await client.edit('rule.yaml', 2, MODE.line, MODE.from, MODE.to, 'ISTIO_MUTUAL');
      await client.untilRules('rule.yaml', []);
      assert.equal(client.lastPublished('rule.yaml')?.version, 2);
      await client.connection.sendNotification('textDocument/didClose', {
        textDocument: { uri: client.uri('rule.yaml') },
      });
      await client.untilRules('rule.yaml', ['plaintext-refused']);
    });

    it('follows an edit in another file', async () => {
      await start();
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      await client.open('mtls.yaml', STRICT);
      await client.edit('mtls.yaml', 2, 7, 10, 16, 'PERMISSIVE');
      await client.until('no conflict', () => client.diagnostics('rule.yaml')?.every(({ severity }) => severity !== 1));
    });

    it('follows an edit that changes no object: a comment', async () => {
      await start();
      await client.open('rule.yaml', DISABLE);
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      await client.edit('rule.yaml', 2, MODE.line, MODE.to, MODE.to, ' # mutual-ignore plaintext-refused: known');
      await client.untilRules('rule.yaml', []);
    });

    it('passes over a change that is older than what is open', async () => {
      await start();
      await client.open('rule.yaml', DISABLE, 5);
      await client.edit('rule.yaml', 6, MODE.line, MODE.from, MODE.to, 'ISTIO_MUTUAL');
      await client.edit('rule.yaml', 4, MODE.line, MODE.from, MODE.to, 'garbage');
      await client.untilRules('rule.yaml', []);
      await client.until('a log entry', () => client.logged.some((text) => text.includes('version 4')));
    });

    it('says nothing about a file that is no manifest', async () => {
      await start();
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      await client.open('values.yaml', 'replicas: [1\nkind_of: x\n');
      await client.open('mtls.yaml', STRICT.replace('STRICT', 'STRIKT'));
      await client.until('an error in mtls.yaml', () => client.diagnostics('mtls.yaml')?.length);
      assert.equal(client.diagnostics('values.yaml'), undefined);
    });

    it('takes the settings that the client has, and their change', async () => {
      await start({ settings: { severity: { 'plaintext-refused': 'warning' } } });
      const [problem] = await client.untilRules('rule.yaml', ['plaintext-refused']);
      assert.equal(problem?.severity, 2);
      client.settings = { severity: { 'plaintext-refused': 'off' } };
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await client.untilRules('rule.yaml', []);
    });

    it('takes an assumption that manifests do not show', async () => {
      const { 'namespace.yaml': _, ...files } = CONFLICT;
      await start({ files, settings: { assume: { injectedNamespaces: ['shop'] } } });
      await client.untilRules('rule.yaml', ['plaintext-refused']);
    });

    it('is not misled by settings of the wrong type', async () => {
      await start({ settings: { severity: 7, assume: { revisions: 'x', rootNamespace: {} }, exclude: [null] } });
      await client.untilRules('rule.yaml', ['plaintext-refused']);
    });

    it('leaves out excluded files', async () => {
      await start({ settings: { exclude: ['rule.*'] } });
      await client.open('mtls.yaml', STRICT.replace('STRICT', 'STRIKT'));
      await client.until('an error in mtls.yaml', () => client.diagnostics('mtls.yaml')?.length);
      assert.equal(client.diagnostics('rule.yaml'), undefined);
    });

    it('follows files that change, come and go on disk', async () => {
      await start();
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      const watched = client.registrations.find(({ method }) => method === 'workspace/didChangeWatchedFiles');
      assert.match(JSON.stringify(watched?.registerOptions), /yaml,yml,json/);
      const tell = (name: string, type: 1 | 2 | 3): Promise<void> =>
        client.connection.sendNotification('workspace/didChangeWatchedFiles', {
          changes: [{ uri: client.uri(name), type }],
        });
      await writeFile(path.join(client.folder, 'rule.yaml'), DISABLE.replace('DISABLE', 'ISTIO_MUTUAL'));
      await tell('rule.yaml', 2);
      await client.untilRules('rule.yaml', []);
      await rm(path.join(client.folder, 'rule.yaml'));
      await tell('rule.yaml', 3);
      await writeFile(path.join(client.folder, 'other.yaml'), DISABLE);
      await tell('other.yaml', 1);
      await client.untilRules('other.yaml', ['plaintext-refused']);
    });

    it('forgets the files of a folder that goes', async () => {
      const { 'rule.yaml': rule, ...files } = CONFLICT;
      await start({ files: { ...files, 'rules/rule.yaml': rule } });
      await client.untilRules('rules/rule.yaml', ['plaintext-refused']);
      await rm(path.join(client.folder, 'rules'), { recursive: true });
      await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
        changes: [{ uri: client.uri('rules'), type: 3 }],
      });
      await client.untilRules('rules/rule.yaml', []);
    });

    it('without a folder, reads what lies beside the file that is opened', async () => {
      await start({ withoutFolder: true });
      await client.open('rule.yaml', DISABLE);
      await client.untilRules('rule.yaml', ['plaintext-refused']);
    });
  });

  describe('pulled', () => {
    it('are never pushed as well', async () => {
      await start({ capabilities: PULLING });
      assert.ok(client.initialized.capabilities.diagnosticProvider);
      assert.deepEqual(rulesOf(await pull('rule.yaml')), ['plaintext-refused']);
      await client.open('rule.yaml', DISABLE);
      await client.edit('rule.yaml', 2, MODE.line, MODE.from, MODE.to, 'ISTIO_MUTUAL');
      assert.deepEqual(rulesOf(await pull('rule.yaml')), []);
      assert.deepEqual(client.published, []);
    });

    it('are unchanged where nothing changed', async () => {
      await start({ capabilities: PULLING });
      const first = await pull('rule.yaml');
      const second = await pull('rule.yaml', first.resultId);
      assert.deepEqual(second, { kind: 'unchanged', resultId: first.resultId });
      await client.open('mtls.yaml', STRICT.replace('STRICT', 'DISABLE'));
      const third = await pull('rule.yaml', first.resultId);
      assert.equal(third.kind, 'full');
    });

    it('come for the whole workspace, and the next answer waits for a change', async () => {
      await start({ capabilities: PULLING });
      const all = (previousResultIds: readonly object[]): Promise<WorkspaceDiagnosticReport> =>
        client.request('workspace/diagnostic', { previousResultIds });
      const first = await all([]);
      assert.deepEqual(
        first.items.map(({ uri }) => path.basename(uri)),
        ['rule.yaml'],
      );
      const known = first.items.map(({ uri, resultId }) => ({ uri, value: resultId! }));
      let answered = false;
      const next = all(known).then((report) => {
        answered = true;
        return report;
      });
      await pull('rule.yaml');
      assert.equal(answered, false);
      await client.open('rule.yaml', DISABLE);
      await client.edit('rule.yaml', 2, MODE.line, MODE.from, MODE.to, 'ISTIO_MUTUAL');
      const { items } = await next;
      assert.deepEqual(
        items.map((item) => (item.kind === 'full' ? item.items : undefined)),
        [[]],
      );
    });

    it('are asked for again when something outside of the editor changes', async () => {
      await start({ capabilities: PULLING });
      await pull('rule.yaml');
      await client.until('the first refresh', () => client.refreshes >= 1);
      const before = client.refreshes;
      client.settings = { severity: { 'plaintext-refused': 'hint' } };
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await client.until('a refresh', () => client.refreshes > before);
      assert.equal((await pull('rule.yaml')).items?.[0]?.severity, 4);
    });
  });
});
