// What holds in each workspace folder: mutual.yaml, settings, trust, exclusions; and folders that come and go.
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Hover } from 'vscode-languageserver/node';
import { type ClientOptions, PULLING, TestClient } from './client';
import { CONFLICT, DISABLE, MODE, STRICT } from './manifests';

const WARNING = 'severity: {plaintext-refused: warning}\n';
const OFF = 'severity: {plaintext-refused: off}\n';
const below = (name: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text]));

describe('what holds in a workspace folder', () => {
  let client: TestClient;
  afterEach(() => client.end());
  const start = async (options: Partial<ClientOptions> = {}): Promise<void> => {
    client = await TestClient.start({ files: CONFLICT, ...options });
  };
  const severityOf = async (name: string): Promise<number | undefined> => {
    const [problem] = await client.untilRules(name, ['plaintext-refused']);
    return problem?.severity;
  };
  const untilSeverity = (name: string, wanted: number): Promise<unknown> =>
    client.until(`severity ${wanted} in ${name}`, () => client.diagnostics(name)?.[0]?.severity === wanted);

  describe('by its mutual.yaml', () => {
    it('which counts, follows the disk, and comes after settings', async () => {
      await start({ files: { ...CONFLICT, 'mutual.yaml': WARNING } });
      assert.equal(await severityOf('rule.yaml'), 2);
      await client.write({ 'mutual.yaml': WARNING.replace('warning', 'hint') });
      await untilSeverity('rule.yaml', 4);
      client.settings = { severity: { 'plaintext-refused': 'information' } };
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await untilSeverity('rule.yaml', 3);
      client.settings = {};
      await client.write({ 'mutual.yaml': undefined });
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await untilSeverity('rule.yaml', 1);
    });

    it('which may lie above, up to the top of the repository', async () => {
      const files = { ...below('deploy', CONFLICT), 'mutual.yaml': WARNING, '.git/HEAD': '' };
      await start({ files, folders: ['deploy'] });
      assert.equal(await severityOf('deploy/rule.yaml'), 2);
    });

    it('whose mistakes are marked as it is written, while what is right counts', async () => {
      await start({ files: { ...CONFLICT, 'mutual.yaml': `severty: {}\n${WARNING}` } });
      assert.equal(await severityOf('rule.yaml'), 2);
      const [problem] = await client.untilRules('mutual.yaml', ['configuration']);
      assert.equal(problem?.message, '"severty" is no field of mutual.yaml. Did you mean severity?');
      assert.deepEqual(problem?.range, { start: { line: 0, character: 0 }, end: { line: 0, character: 7 } });
      await client.open('mutual.yaml', `severty: {}\n${WARNING}`);
      await client.edit('mutual.yaml', 2, 0, 0, 7, 'severity');
      await client.until('another problem', () =>
        /twice|unique/i.test(String(client.diagnostics('mutual.yaml')?.[0]?.message)),
      );
      await client.edit('mutual.yaml', 3, 0, 0, 'severity: {}'.length, '');
      await client.untilRules('mutual.yaml', []);
    });

    it('which hides nothing in a workspace that is not trusted, until it is', async () => {
      const files = { ...CONFLICT, 'mutual.yaml': `${OFF}exclude: [rule.yaml]\nx: y\n`, '.gitignore': 'rule.yaml\n' };
      await start({ files, trusted: false });
      assert.equal(await severityOf('rule.yaml'), 1);
      await client.untilRules('mutual.yaml', ['configuration']);
      await client.connection.sendNotification('mutual/workspaceTrusted');
      await client.untilRules('rule.yaml', []);
    });

    it('which names a baseline, written by the command line', async () => {
      await start({ files: { ...CONFLICT, 'mutual.yaml': 'baseline: known.json\n' } });
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      const cli = path.resolve(__dirname, '../../dist/cli.js');
      execFileSync(process.execPath, [cli, 'check', '-q', '--write-baseline', 'known.json'], { cwd: client.folder });
      await client.write({ 'known.json': readFileSync(path.join(client.folder, 'known.json'), 'utf8') });
      await client.untilRules('rule.yaml', []);
    });

    it('which names meshes', async () => {
      const files = {
        ...CONFLICT,
        'mutual.yaml':
          'meshes: [{name: one, files: [rule.yaml]}, {name: two, files: ["{cart,mtls,web,namespace}.yaml"]}]\n',
      };
      await start({ files, capabilities: PULLING });
      const { meshes } = await client.request<{ meshes: { name: string }[] }>('mutual/table', {});
      assert.deepEqual(
        meshes.map(({ name }) => name),
        ['one', 'two'],
      );
      await client.write({ 'mutual.yaml': 'meshes: [{name: one, files: ["*.yaml"]}]\n' });
      const after = await client.request<{ meshes: { name: string }[] }>('mutual/table', {});
      assert.deepEqual(
        after.meshes.map(({ name }) => name),
        ['one'],
      );
    });
  });

  describe('by what is left out', () => {
    it('.gitignore, exclusions and what VS Code hides; as they change', async () => {
      await start({ files: { ...CONFLICT, '.gitignore': 'rule.yaml\n' } });
      await client.open('mtls.yaml', STRICT.replace('STRICT', 'STRIKT'));
      await client.until('an error in mtls.yaml', () => client.diagnostics('mtls.yaml')?.length);
      assert.equal(client.diagnostics('rule.yaml'), undefined);
      await client.connection.sendNotification('textDocument/didClose', {
        textDocument: { uri: client.uri('mtls.yaml') },
      });
      await client.write({ '.gitignore': '' });
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      client.filesExclude = { 'rule.*': true, '**/x': false };
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await client.untilRules('rule.yaml', []);
      client.filesExclude = { 'old/rule.*': true };
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await client.untilRules('rule.yaml', ['plaintext-refused']);
      await client.write({ 'mutual.yaml': 'exclude: ["*.yaml"]\n' });
      await client.untilRules('rule.yaml', []);
    });

    it('answers for what is open all the same, and for that alone', async () => {
      await start({
        files: { ...CONFLICT, 'old/rule.yaml': DISABLE, 'mutual.yaml': 'exclude: [old]\n' },
        capabilities: PULLING,
      });
      await client.open('old/rule.yaml', DISABLE);
      const hover = await client.request<Hover | null>('textDocument/hover', {
        textDocument: { uri: client.uri('old/rule.yaml') },
        position: { line: MODE.line, character: MODE.from },
      });
      assert.ok(hover);
      const status = await client.request<{ meshes: string[] }>('mutual/status', { uri: client.uri('rule.yaml') });
      assert.equal(status.meshes.length, 1);
      const { items } = await client.request<{ items: { code: string }[] }>('textDocument/diagnostic', {
        textDocument: { uri: client.uri('rule.yaml') },
      });
      assert.deepEqual(
        items.map(({ code }) => code),
        ['plaintext-refused'],
      );
    });
  });

  describe('by itself', () => {
    const two = {
      ...below('one', { ...CONFLICT, 'mutual.yaml': WARNING }),
      ...below('two', CONFLICT),
    };

    it('each with its own settings, configuration and meshes', async () => {
      const { 'two/cart.yaml': _, ...files } = two;
      await start({ files, folders: ['one', 'two'] });
      assert.equal(await severityOf('one/rule.yaml'), 2);
      // the service of the other folder is not in this mesh
      await client.until(
        'the second',
        () => client.diagnostics('two/rule.yaml') ?? client.lastPublished('one/rule.yaml'),
      );
      assert.ok(!client.diagnostics('two/rule.yaml')?.some(({ code }) => code === 'plaintext-refused'));
      client.settingsByFolder.set(client.uri('one'), { severity: { 'plaintext-refused': 'hint' } });
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await untilSeverity('one/rule.yaml', 4);
    });

    it('while folders come and go', async () => {
      await start({ files: two, folders: ['one'] });
      assert.equal(await severityOf('one/rule.yaml'), 2);
      assert.equal(client.diagnostics('two/rule.yaml'), undefined);
      const folder = (name: string): object => ({ uri: pathToFileURL(path.join(client.folder, name)).href, name });
      const change = (event: object): Promise<void> =>
        client.connection.sendNotification('workspace/didChangeWorkspaceFolders', { event });
      await change({ added: [folder('two')], removed: [] });
      assert.equal(await severityOf('two/rule.yaml'), 1);
      assert.equal(client.diagnostics('one/rule.yaml')?.[0]?.severity, 2);
      await change({ added: [], removed: [folder('one')] });
      await client.untilRules('one/rule.yaml', []);
      assert.equal(client.diagnostics('two/rule.yaml')?.length, 1);
    });
  });

  it('is that of the nearest one, where folders lie in each other', async () => {
    const files = { ...CONFLICT, ...below('inner', { ...CONFLICT, 'mutual.yaml': WARNING }) };
    await start({ files, folders: ['', 'inner'] });
    assert.equal(await severityOf('inner/rule.yaml'), 2);
    assert.equal(await severityOf('rule.yaml'), 1);
  });
});
