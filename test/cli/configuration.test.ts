// mutual.yaml, .gitignore and exclusions on the command line.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APP, buildCli, CONFLICT, makeFolder, mutual, NAMESPACE, STRICT } from './run';

type Files = Parameters<typeof makeFolder>[0];

describe('mutual.yaml on the command line', () => {
  let folder: ReturnType<typeof makeFolder> | undefined;
  before(() => buildCli());
  afterEach(() => folder?.remove());

  /** Runs in a folder; `cwd` is below it. */
  const run = (files: Files, args: readonly string[], cwd = '.'): ReturnType<typeof mutual> => {
    folder = makeFolder({ '.git/HEAD': '', ...files });
    return mutual(args, { cwd: join(folder.path, cwd) });
  };
  const again = (args: readonly string[], cwd = '.'): ReturnType<typeof mutual> =>
    mutual(args, { cwd: join(folder!.path, cwd) });
  const below = (name: string, files: Files): Files =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]));

  it('is found from the paths upward, up to the top of the repository', async () => {
    const files = { ...below('a/deploy', CONFLICT), 'a/mutual.yaml': 'severity: {plaintext-refused: "off"}\n' };
    assert.equal((await run(files, ['check', 'a/deploy'])).code, 0);
    assert.equal((await again(['check'], 'a/deploy')).code, 0);
    assert.equal((await again(['check', '.'])).code, 1);
    assert.equal((await again(['check', '--config', 'a/mutual.yaml'])).code, 0);
    assert.equal((await again(['check', '--no-config', 'a/deploy'])).code, 1);
    folder!.remove();
    const inside = below('repository', { ...CONFLICT, '.git/HEAD': '' });
    assert.equal((await run({ ...inside, 'mutual.yaml': files['a/mutual.yaml'] }, ['check', 'repository'])).code, 1);
  });

  it('comes after flags, and before what holds without either', async () => {
    const stated = 'severity: {plaintext-refused: warning}\nassume: {injectedNamespaces: [shop]}\n';
    const { 'namespaces.yaml': _, ...files } = CONFLICT;
    const partly = { ...files, 'finance-namespace.yaml': NAMESPACE('finance'), 'mutual.yaml': stated };
    const first = await run(partly, ['check', '-f', 'json']);
    const severities = (text: string): unknown[] =>
      JSON.parse(text)
        .diagnostics.filter(({ rule }: { rule: string }) => rule === 'plaintext-refused')
        .map(({ severity }: { severity: string }) => severity);
    assert.deepEqual(severities(first.stdout), ['warning']);
    const flagged = await again(['check', '-f', 'json', '--severity', 'plaintext-refused=error']);
    assert.deepEqual(severities(flagged.stdout), ['error']);
    assert.deepEqual(severities((await again(['check', '-f', 'json', '--no-config'])).stdout), []);
    const table = JSON.parse((await again(['table', '-f', 'json'])).stdout);
    assert.ok(JSON.stringify(table).includes('CONFLICT'), 'tables hear of it too');
    const asked = await again(['explain', 'shop/web', 'payments.finance']);
    assert.match(asked.stdout, /refused/);
  });

  it('is told of with its place where it is wrong; what is right counts, and the exit code says so', async () => {
    const wrong = 'severty: {}\nseverity:\n  plaintext-refused: off\n  plaintext-refusd: off\n';
    const { code, stderr, stdout } = await run({ ...CONFLICT, 'mutual.yaml': wrong }, ['check']);
    assert.equal(code, 2);
    assert.doesNotMatch(stdout, /plaintext-refused/);
    assert.deepEqual(stderr.trim().split('\n'), [
      'mutual: mutual.yaml:1:1: "severty" is no field of mutual.yaml. Did you mean severity?',
      'mutual: mutual.yaml:4:3: There is no rule "plaintext-refusd". Did you mean plaintext-refused?',
    ]);
    assert.equal((await again(['table'])).code, 2);
  });

  it('is one for a run', async () => {
    const files = { ...below('a', CONFLICT), ...below('b', CONFLICT), 'a/mutual.yaml': '', 'b/mutual.yaml': '' };
    const { code, stderr } = await run(files, ['check', 'a', 'b']);
    assert.equal(code, 2);
    assert.match(stderr, /^mutual: these paths have a\/mutual\.yaml and b\/mutual\.yaml\. .*--config FILE/);
    const missing = await again(['check', '--config', 'nothing.yaml', 'a']);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /^mutual: nothing\.yaml: no such file\. mutual init writes one/);
  });

  it('names meshes, each with its own cluster', async () => {
    const files = {
      'base/app.yaml': `${NAMESPACE('shop')}---\n${APP('shop', 'web')}`,
      'prod/mtls.yaml': STRICT('shop'),
      'dev/mtls.yaml': STRICT('shop').replace('STRICT', 'DISABLE'),
      'mutual.yaml': `meshes:
  - {name: production, files: [base, prod], assume: {trustDomain: prod.example.com}}
  - {name: development, files: [base, dev]}
`,
    };
    const { stdout, code } = await run(files, ['table', '-f', 'json']);
    assert.equal(code, 0);
    const rows: { mesh: string; server: string }[] = JSON.parse(stdout).rows;
    assert.deepEqual(
      rows.map(({ mesh, server }) => [mesh, server]),
      [
        ['production', 'STRICT'],
        ['development', 'DISABLE'],
      ],
    );
  });

  it('leaves out what it excludes and what .gitignore names, unless it is named', async () => {
    const files = {
      ...CONFLICT,
      'rules.yaml': '',
      'old/rules.yaml': CONFLICT['rules.yaml'],
      'build/rules.yaml': CONFLICT['rules.yaml'].replace('name: partners', 'name: built'),
      '.gitignore': 'build/\n',
      'mutual.yaml': 'exclude: [old]\n',
    };
    assert.equal((await run(files, ['check'])).code, 0);
    assert.equal((await again(['check', '--no-ignore'])).code, 1);
    assert.equal((await again(['check', '--no-config'])).code, 1);
    assert.equal((await again(['check', '--no-config', '--exclude', 'old/*.yaml'])).code, 0);
    assert.equal((await again(['check', '.', 'old/rules.yaml'])).code, 1);
    assert.match((await again(['check', 'build'])).stderr, /^$/);
    const nothing = await again(['check', '--exclude', '*.yaml']);
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /left out by \.gitignore, mutual\.yaml or --exclude.*--no-ignore/);
  });

  it('is written by init, which leaves alone what is there', async () => {
    const { code, stdout } = await run(CONFLICT, ['init']);
    assert.equal(code, 0);
    assert.match(stdout, /^wrote mutual\.yaml/);
    const text = readFileSync(join(folder!.path, 'mutual.yaml'), 'utf8');
    assert.equal((await again(['check'])).code, 1, 'it sets nothing');
    const second = await again(['init']);
    assert.deepEqual(
      [second.code, second.stderr],
      [2, 'mutual: mutual.yaml is there already. It was left as it is.\n'],
    );
    assert.equal(readFileSync(join(folder!.path, 'mutual.yaml'), 'utf8'), text);
    mkdirSync(join(folder!.path, 'deploy'));
    assert.equal((await again(['init', 'deploy'])).code, 0);
    assert.ok(existsSync(join(folder!.path, 'deploy/mutual.yaml')));
    assert.match((await again(['init', 'nowhere'])).stderr, /^mutual: nowhere: no such folder\./);
  });

  it('names a baseline, relative to itself', async () => {
    const files = { ...below('deploy', CONFLICT), 'mutual.yaml': 'baseline: known.json\n' };
    assert.equal((await run(files, ['check', '--write-baseline', 'known.json'])).code, 0);
    assert.equal((await again(['check'])).code, 0);
    assert.equal((await again(['check'], 'deploy')).code, 0, 'from wherever it is run');
    assert.equal((await again(['check', '--no-config'])).code, 1);
  });

  it('what of it comes to nothing is told', async () => {
    const files = {
      ...below('deploy', CONFLICT),
      'deploy/mutual.yaml': 'istioVersion: "1.28"\n',
      'mutual.yaml': 'meshes: [{name: prod, files: ["deploy/**", "gone/**"]}]\n',
    };
    const { stderr } = await run(files, ['check']);
    assert.match(stderr, /^mutual: deploy\/mutual\.yaml does not count: /m);
    assert.match(stderr, /^mutual: mutual\.yaml: no file fits gone\/\*\* of the mesh prod\./m);
    // of a part of it nothing can be said
    assert.doesNotMatch((await again(['check', 'deploy/finance.yaml', '--config', 'mutual.yaml'])).stderr, /gone/);
    assert.equal((await again(['check', '--quiet'])).stderr, '');
  });
});
