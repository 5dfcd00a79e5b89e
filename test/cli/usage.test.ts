// How the command line treats wrong usage, odd files and early readers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { APP, buildCli, CONFLICT, makeFolder, mutual, NAMESPACE, ROOT } from './run';

describe('the command line', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    buildCli();
    folder = makeFolder(CONFLICT);
  });
  after(() => folder.remove());

  const refused = async (args: readonly string[], cwd = folder.path): Promise<string> => {
    const { code, stdout, stderr } = await mutual(args, { cwd });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /^\s+at /m);
    return stderr;
  };

  it('prints its version and its help', async () => {
    assert.match((await mutual(['--version'], { cwd: folder.path })).stdout, /^\d+\.\d+\.\d+\n$/);
    for (const args of [
      ['--help'],
      ['check', '--help'],
      ['table', '-h'],
      ['explain', '--help'],
      ['tls-check', '--help'],
      ['help', 'check'],
    ]) {
      const { stdout, code } = await mutual(args, { cwd: folder.path });
      assert.equal(code, 0);
      assert.match(stdout, /Examples:/);
      assert.match(stdout, /Exit codes:/);
    }
  });

  it('suggests the flag or command that was meant', async () => {
    assert.equal(
      await refused(['check', '--fromat', 'json']),
      'mutual: unknown option --fromat. Did you mean --format?\n',
    );
    assert.equal(await refused(['chekc']), 'mutual: unknown command chekc. Did you mean check?\n');
    assert.match(await refused(['check', '--format', 'xml']), /xml.*invalid.*text, json, github/);
    assert.match(await refused(['explain', 'web']), /missing required argument HOST:PORT/);
  });

  it('names a path that does not exist', async () => {
    assert.match(await refused(['check', 'nowhere']), /^mutual: nowhere: no such file or folder\. /);
    assert.match(await refused(['table', 'nowhere', '.']), /^mutual: nowhere: no such file/);
  });

  it('says where it looked when there is no manifest', async () => {
    const other = makeFolder({ 'a.yaml': 'name: ci\non: push\n', 'b.json': '{"kind": "x"}', 'c.txt': '' });
    assert.equal(
      await refused(['check', '.'], other.path),
      'mutual: no manifests in . (2 files looked at, none has a Kubernetes kind). Pass the folder that holds them.\n',
    );
    other.remove();
  });

  it('passes over what cannot be a manifest, and says so', async () => {
    const odd = makeFolder({
      'ok.yaml': `${NAMESPACE('shop')}---\n${APP('shop', 'web')}`,
      'utf16.yaml': Buffer.from('\ufeffkind: Service\napiVersion: v1\n', 'utf16le'),
      'binary.yaml': Buffer.from([1, 2, 0, 3, 4, 0]),
      'node_modules/x/a.yaml': APP('shop', 'hidden'),
      '.git/a.yaml': APP('shop', 'hidden'),
      'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
      'chart/templates/a.yaml': 'kind: {{ .Values.kind }}\n',
      'package.json': '{"name": "x", "kind": "y"}',
      'service.json':
        '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"}, "spec": {"ports": [{"port": 5432}]}}',
    });
    symlinkSync(odd.path, join(odd.path, 'loop'));
    const { stdout, stderr, code } = await mutual(['table'], { cwd: odd.path });
    assert.equal(code, 0);
    assert.match(stderr, /^mutual: utf16\.yaml: the file is UTF-16.*iconv/m);
    assert.match(stderr, /^mutual: binary\.yaml: the file is binary/m);
    assert.match(stderr, /^mutual: chart\/templates: Helm templates.*helm template chart \| mutual check -/m);
    assert.doesNotMatch(stdout, /hidden/);
    assert.match(stdout, /^db\.shop:5432 +UNKNOWN +no pods here/m);
    assert.match(await refused(['check', 'utf16.yaml'], odd.path), /UTF-16/);
    odd.remove();
  });

  it('reads a folder named twice once', async () => {
    const { stdout } = await mutual(['table', '.', folder.path, 'shop.yaml'], { cwd: folder.path });
    assert.equal(stdout.match(/^web\.shop:80/gm)?.length, 1);
  });

  it('takes a version of Istio, and says which it can take', async () => {
    const table = (version: string) => mutual(['table', '--istio-version', version], { cwd: folder.path });
    assert.match((await table('1.24.2')).stdout, /^web\.shop:80/m);
    const { code, stderr } = await table('1.2');
    assert.equal(code, 2);
    assert.match(stderr, /^mutual: .*--istio-version.*1\.20.*such as 1\.28/);
  });

  it('ends quietly when its reader does', async () => {
    const many = makeFolder({
      'all.yaml': [NAMESPACE('shop'), ...Array.from({ length: 400 }, (_, index) => APP('shop', `app-${index}`))].join(
        '---\n',
      ),
    });
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), 'table', '-f', 'json'], { cwd: many.path });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    await new Promise((done) => child.on('close', done));
    assert.equal(stderr, '');
    many.remove();
  });

  it('runs from a checkout by npm, from where the user stands', async () => {
    const child = spawn('npm', ['run', '-s', 'mutual', '--', 'table', 'examples/shop'], {
      cwd: ROOT,
      env: { ...process.env, INIT_CWD: undefined },
    });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    const code = await new Promise((done) => child.on('close', done));
    assert.equal(code, 0);
    assert.match(stdout, /^cart\.shop:80 +OK/m);
  });
});
