// What a user of `mutual diff` and `mutual check --changed` sees, in git repositories that the tests make.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { APP, assertKeepsTo, buildCli, CONFLICT, ESCAPE, makeFolder, mutual, NAMESPACE, RULE, STRICT } from './run';

const IDENTITY = {
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

const folders: string[] = [];

/** A repository whose branch main has these files. */
function makeRepository(files: Readonly<Record<string, string>>) {
  const { path } = makeFolder(files);
  folders.push(path);
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: path,
      env: { ...process.env, ...IDENTITY },
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  git('init', '-q', '-b', 'main');
  const commit = (message: string): string => {
    git('add', '--all', '.');
    git('commit', '-q', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  commit('first');
  return {
    path,
    git,
    commit,
    write(name: string, text: string): void {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    },
    run: (...args: string[]) => mutual(args, { cwd: path, env: { GIT_CONFIG_GLOBAL: '/dev/null' } }),
  };
}

const SHOP = {
  'namespaces.yaml': `${NAMESPACE('shop')}---\n${NAMESPACE('finance')}`,
  'shop.yaml': `${APP('shop', 'web')}---\n${APP('shop', 'cart')}`,
  'finance.yaml': APP('finance', 'payments'),
  'mtls.yaml': STRICT('finance'),
};
const PARTNERS = RULE('shop', 'partners', '"*.finance.svc.cluster.local"', 'DISABLE');

before(() => buildCli());
after(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

describe('mutual diff', () => {
  it('says whose connection breaks, by which line, and which problem that makes', async () => {
    const { run, write } = makeRepository(SHOP);
    write('rules.yaml', PARTNERS);
    const { stdout, code } = await run('diff', 'HEAD');
    assert.equal(code, 0);
    assert.match(stdout, /^Worse\n {2}shop\/web, shop\/cart → payments\.finance:80 {3}mTLS → refused$/m);
    assert.match(stdout, /^ {6}was {2}auto mTLS: the server has a sidecar$/m);
    assert.match(
      stdout,
      /^ {6}now {2}DestinationRule shop\/partners sets tls\.mode DISABLE {2}\(rules\.yaml:10\)\n(?: +.*\n)? +PeerAuthentication finance\/default sets STRICT for the namespace {2}\(mtls\.yaml:8\)$/m,
    );
    assert.match(stdout, /^Problems that appear\n {2}\+ rules\.yaml:10:13: error .*mutual\(plaintext-refused\)$/m);
    assert.match(stdout, /^HEAD \([0-9a-f]{10}\) → working tree: 2 connections worse, 1 problem appears$/m);
  });

  it('shows the same change backwards as mended, and nothing where nothing differs', async () => {
    const { run, write, commit } = makeRepository(SHOP);
    write('rules.yaml', PARTNERS);
    commit('second');
    const { stdout } = await run('diff', 'HEAD', 'HEAD~1');
    assert.match(stdout, /^Better\n {2}shop\/web, shop\/cart → payments\.finance:80 {3}refused → mTLS$/m);
    assert.match(stdout, /^Problems that go\n {2}- rules\.yaml:10:13: /m);
    assert.match((await run('diff', 'HEAD')).stdout, /working tree: nothing changes$/m);
    // comments, order of documents and names of files decide nothing
    renameSync(join(folders.at(-1)!, 'shop.yaml'), join(folders.at(-1)!, 'all-of-the-shop.yaml'));
    write('rules.yaml', `# partners\n\n${PARTNERS}`);
    assert.match((await run('diff', 'HEAD', '-q')).stdout, /^$/);
  });

  it('compares client by client: a group that splits is no change', async () => {
    const { run, write } = makeRepository(SHOP);
    // from now on web has a scope of its own, in which everything is as before
    write(
      'sidecar.yaml',
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: web, namespace: shop}\nspec:\n  workloadSelector: {labels: {app: web}}\n  egress: [{hosts: ["*/*"]}]\n',
    );
    assert.match((await run('diff', 'HEAD')).stdout, /working tree: nothing changes$/m);
    write(
      'own-rule.yaml',
      RULE('shop', 'web-only', 'payments.finance.svc.cluster.local', 'DISABLE').replace(
        'spec:\n',
        'spec:\n  workloadSelector: {matchLabels: {app: web}}\n',
      ),
    );
    const { stdout } = await run('diff', 'HEAD');
    assert.match(stdout, /^ {2}shop\/web → payments\.finance:80 {3}mTLS → refused$/m);
    assert.doesNotMatch(stdout, /shop\/cart/);
  });

  it('tells what comes and goes from what fares otherwise', async () => {
    const { run, write } = makeRepository(SHOP);
    write('ledger.yaml', APP('finance', 'ledger'));
    write('shop.yaml', APP('shop', 'web'));
    const { stdout } = await run('diff', 'HEAD');
    assert.doesNotMatch(stdout, /^Worse|^Better/m);
    assert.match(stdout, /^ {2}\+ service ledger\.finance:80 {3}2 clients mTLS$/m);
    assert.match(stdout, /^ {2}\+ workload finance\/ledger {3}2 ports mTLS$/m);
    assert.match(stdout, /^ {2}- service cart\.shop:80 {3}was 2 clients mTLS$/m);
    assert.match(stdout, /^ {2}- workload shop\/cart$/m);
  });

  it('says what servers let in, also where every client goes on as before', async () => {
    const { run, write } = makeRepository(SHOP);
    write('mtls.yaml', STRICT('finance').replace('STRICT', 'PERMISSIVE'));
    const { stdout, code } = await run('diff', 'HEAD', '--fail-on', 'worse');
    assert.equal(code, 1);
    assert.match(stdout, /^Servers accept\n {2}payments\.finance:80 {3}STRICT → PERMISSIVE$/m);
    assert.match(stdout, /1 port lets in more/);
  });

  it('says what may be refused where no manifest shows a sidecar', async () => {
    const { 'namespaces.yaml': _, ...rest } = SHOP;
    const { run, write } = makeRepository({ ...rest, 'mtls.yaml': STRICT('finance').replace('STRICT', 'PERMISSIVE') });
    write('mtls.yaml', STRICT('finance'));
    const { stdout } = await run('diff', 'HEAD');
    assert.match(stdout, /payments\.finance:80 {3}mTLS or plaintext → mTLS, plaintext or refused$/m);
  });

  it('tells whom policies deny', async () => {
    const { run, write } = makeRepository(SHOP);
    write(
      'deny.yaml',
      'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: no-shop, namespace: finance}\nspec:\n  action: DENY\n  rules: [{from: [{source: {namespaces: [shop]}}]}]\n',
    );
    const { stdout } = await run('diff', 'HEAD');
    assert.match(stdout, /shop\/web, shop\/cart → payments\.finance:80 {3}mTLS → mTLS, denied$/m);
    assert.match(stdout, /AuthorizationPolicy finance\/no-shop .*\(deny\.yaml:\d+\)$/m);
  });

  it('compares meshes by name', async () => {
    const all = Object.values(SHOP).join('---\n');
    const { run, write } = makeRepository({ 'dev/all.yaml': all, 'prod/all.yaml': all, 'stage/all.yaml': all });
    write('prod/rules.yaml', PARTNERS);
    rmSync(join(folders.at(-1)!, 'stage'), { recursive: true });
    write('test/all.yaml', all);
    const { stdout } = await run('diff', 'HEAD');
    assert.match(stdout, /^prod\nWorse\n {2}shop\/web, shop\/cart → /m);
    assert.doesNotMatch(stdout, /^dev$/m);
    assert.match(stdout, /^test\n\+ added mesh: 3 services, 3 workloads$/m);
    assert.match(stdout, /^stage\n- removed mesh/m);
    const { stdout: below } = await run('diff', 'HEAD', 'dev');
    assert.match(below, /nothing changes/);
  });

  it('prints JSON that keeps to its schema', async () => {
    const { run, write } = makeRepository(SHOP);
    write('rules.yaml', PARTNERS);
    write('ledger.yaml', APP('finance', 'ledger'));
    write('mtls.yaml', `${STRICT('finance')}---\n${STRICT('shop')}`);
    const value = JSON.parse((await run('diff', 'HEAD', '-f', 'json')).stdout);
    assertKeepsTo('diff', value);
    const change = value.connections.find((each: { host: string }) => each.host.startsWith('payments'));
    assert.equal(change.direction, 'worse');
    assert.deepEqual([change.before.state, change.after.state], ['mTLS', 'refused']);
    assert.deepEqual(change.clients, { count: 2, workloads: ['shop/web', 'shop/cart'] });
    assert.ok(
      change.after.because.some(
        (each: { location: { file: string; range: { start: { line: number } } } | null }) =>
          each.location?.file === 'rules.yaml' && each.location.range.start.line === 9,
      ),
    );
    assert.equal(value.head.commit, null);
    assert.deepEqual([value.summary.worse, value.summary.stricter], [2, 2]);
  });

  it('prints markdown in which names are no markup, folded where it is long', async () => {
    const { run, write } = makeRepository(SHOP);
    const hosts = Array.from({ length: 14 }, (_, index) => APP('finance', `app-${index}`)).join('---\n');
    write('finance.yaml', `${APP('finance', 'payments')}---\n${hosts}`);
    write('rules.yaml', PARTNERS.replace('name: partners', 'name: "a|b<img>"'));
    const { stdout } = await run('diff', 'HEAD', '-f', 'markdown');
    assert.match(stdout, /^<!-- mutual-diff -->\n\n\*\*Mutual:\*\* 2 connections worse/);
    assert.match(stdout, /^\| `shop\/web`, `shop\/cart` → `payments\.finance:80` \| mTLS \| \*\*refused\*\* \| /m);
    assert.match(stdout, /`DestinationRule shop\/a\\\|b<img>`/);
    assert.match(stdout, /<details><summary>\d+ more<\/summary>\n\n\| .*\n(\|.*\n)+\n<\/details>/);
    for (const line of stdout.split('\n').filter((each) => each.startsWith('| ')))
      assert.ok([4, 5].includes(line.match(/(?<!\\)\|/g)!.length), line);
  });

  it('colours for a terminal, and has exit codes for pipelines', async () => {
    const { run, write, path } = makeRepository(SHOP);
    assert.equal((await run('diff', 'HEAD', '--fail-on', 'any')).code, 0);
    write('ledger.yaml', APP('finance', 'ledger'));
    assert.equal((await run('diff', 'HEAD', '--fail-on', 'worse')).code, 0);
    assert.equal((await run('diff', 'HEAD', '--fail-on', 'any')).code, 1);
    write('rules.yaml', PARTNERS);
    assert.equal((await run('diff', 'HEAD', '--fail-on', 'worse')).code, 1);
    const { stdout } = await mutual(['diff', 'HEAD'], { cwd: path, env: { FORCE_COLOR: '1' } });
    assert.ok(stdout.includes(`${ESCAPE}[31mrefused`));
  });

  it('reads revisions, ranges and paths as git does', async () => {
    const { run, write, git, commit } = makeRepository(SHOP);
    git('checkout', '-q', '-b', 'feature');
    write('rules.yaml', PARTNERS);
    commit('second');
    git('checkout', '-q', 'main');
    write('mtls.yaml', STRICT('finance').replace('STRICT', 'PERMISSIVE'));
    commit('third');
    assert.match((await run('diff', 'main..feature')).stdout, /2 connections worse, 1 port lets in less/);
    assert.match((await run('diff', 'main...feature')).stdout, /: 2 connections worse, 1 problem appears$/m);
    assert.match((await run('diff', 'feature', '--', 'shop.yaml')).stdout, /nothing changes/);
    // a path that only the base has
    assert.match((await run('diff', 'feature', 'rules.yaml')).stdout, /^- removed mesh/m);
    write('feature', 'a file');
    const both = await run('diff', 'main', 'feature');
    assert.equal(both.code, 2);
    assert.match(both.stderr, /^mutual: feature is both a revision and a path\. Say which/);
  });

  it('renders kustomizations of both states, from an overlay also with what lies outside', async () => {
    const { run, write, path } = makeRepository({
      'base/all.yaml': Object.values(SHOP).join('---\n'),
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'prod/kustomization.yaml':
        'resources: [../base]\npatches: [{path: patch.yaml, target: {kind: PeerAuthentication}}]\n',
      'prod/patch.yaml': '- op: replace\n  path: /spec/mtls/mode\n  value: STRICT\n',
    });
    write('prod/patch.yaml', '- op: replace\n  path: /spec/mtls/mode\n  value: PERMISSIVE\n');
    assert.match((await run('diff', 'HEAD')).stdout, /STRICT → PERMISSIVE\n.*\n.* {2}\(prod\/patch\.yaml:3\)$/m);
    const below = await mutual(['diff', 'HEAD'], { cwd: join(path, 'prod') });
    assert.match(below.stdout, /payments\.finance:80 {3}STRICT → PERMISSIVE\n.*\n.* {2}\(patch\.yaml:3\)$/m);
    write('prod/kustomization.yaml', 'resources: [../base, missing.yaml]\n');
    assert.match(
      (await run('check', '--changed')).stdout,
      /^prod\/kustomization\.yaml:1:\d+: warning .*missing\.yaml/m,
    );
  });

  it('leaves out what git ignores, links and pointers, and says so', async () => {
    const { run, write, path } = makeRepository({
      ...SHOP,
      '.gitignore': 'built/\n',
      'large.yaml': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n',
      'sub/finance-link.txt': '',
    });
    write('built/rules.yaml', PARTNERS);
    symlinkSync('../mtls.yaml', join(path, 'sub/link.yaml'));
    const { stdout, stderr } = await run('diff', 'HEAD');
    assert.match(stdout, /nothing changes/);
    assert.match(stderr, /^mutual: large\.yaml: kept in Git LFS; passed over\./m);
  });
});

describe('a sparse checkout', () => {
  it('has deleted nothing, in what it names neither', async () => {
    const { run, git, write } = makeRepository({
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': Object.values(SHOP).join('---\n'),
      'overlays/dev/kustomization.yaml': 'resources: [../../base]\n',
      'plain/app.yaml': `${NAMESPACE('plain')}---\n${APP('plain', 'app')}`,
    });
    git('sparse-checkout', 'set', 'overlays');
    for (const paths of [[], ['overlays/dev'], ['plain']]) {
      const { stdout, stderr } = await run('diff', 'HEAD', '--', ...paths);
      assert.match(stdout, /nothing changes/, stderr);
    }
    write('overlays/dev/kustomization.yaml', 'resources: [../../base, rule.yaml]\n');
    write('overlays/dev/rule.yaml', PARTNERS);
    const { stdout } = await run('diff', 'HEAD');
    assert.match(stdout, /shop\/web, shop\/cart → payments\.finance:80 {3}mTLS → refused/);
    assert.doesNotMatch(stdout, /removed/);
    const changed = await run('check', '--changed', '--all');
    assert.match(changed.stdout, /^overlays\/dev\/rule\.yaml:\d+:\d+: error /m);
    assert.match(changed.stdout, /^1 error/m);
  });
});

describe('mutual check --changed', () => {
  it('reports what the change causes in other files, and nothing that was there before', async () => {
    const { 'mtls.yaml': strict, ...rest } = CONFLICT;
    const { run, write, commit } = makeRepository({
      ...rest,
      // an old problem, in a file that will be touched
      'old.yaml': RULE('shop', 'lost', 'nowhere.shop.svc.cluster.local', 'DISABLE'),
    });
    write('old.yaml', `# touched\n\n${RULE('shop', 'lost', 'nowhere.shop.svc.cluster.local', 'DISABLE')}`);
    write('mtls.yaml', strict);
    const { stdout, stderr, code } = await run('check', '--changed');
    assert.equal(code, 1);
    assert.match(stdout, /^rules\.yaml:10:13: error /m);
    assert.doesNotMatch(stdout, /old\.yaml/);
    assert.match(stderr, /^mutual: compared with HEAD \([0-9a-f]{10}\): there is no upstream or default branch$/m);
    commit('second');
    const clean = await run('check', '--changed');
    assert.equal(clean.code, 0);
    assert.match(clean.stdout, /^no problems/);
    assert.match(clean.stderr, /^mutual: \d+ problems that were there before left out$/m);
    assert.equal((await run('check')).code, 1);
  });

  it('compares with the merge base, so that what main has done since is not told', async () => {
    const { run, write, git, commit } = makeRepository(SHOP);
    git('checkout', '-q', '-b', 'feature');
    write('notes.yaml', NAMESPACE('other'));
    commit('on the branch');
    git('checkout', '-q', 'main');
    write('rules.yaml', PARTNERS);
    commit('on main');
    git('checkout', '-q', 'feature');
    write('rules.yaml', PARTNERS);
    const { stdout, stderr } = await run('check', '--changed');
    assert.match(stderr, /^mutual: compared with the merge base with main \([0-9a-f]{10}\)$/m);
    assert.match(stdout, /^rules\.yaml:10:13: error /m);
    // a folder behind --changed is a folder
    const { stderr: below } = await run('check', '--changed', 'shop.yaml');
    assert.match(below, /the merge base with main/);
  });

  it('knows problems again in files that were renamed, and tells those that grow', async () => {
    const { run, write, git, path } = makeRepository({
      ...CONFLICT,
      'broken.yaml': 'kind: Service\napiVersion: v1\n  x: [',
    });
    git('mv', 'rules.yaml', 'partners.yaml');
    git('mv', 'broken.yaml', 'still-broken.yaml');
    assert.match((await run('check', '--changed')).stdout, /^no problems/);
    // one client more is refused
    writeFileSync(join(path, 'more.yaml'), APP('shop', 'admin'));
    const { stdout } = await run('check', '--changed');
    assert.match(stdout, /^partners\.yaml:10:13: error .*3 clients are refused/m);
    write('more.yaml', NAMESPACE('empty'));
    write('shop.yaml', APP('shop', 'web'));
    assert.match((await run('check', '--changed')).stdout, /^no problems/);
  });

  it('says what is missing: a repository, a revision, history, a branch', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'mutual-cli-'));
    folders.push(outside);
    writeFileSync(join(outside, 'a.yaml'), NAMESPACE('shop'));
    const none = await mutual(['check', '--changed'], { cwd: outside });
    assert.equal(none.code, 2);
    assert.match(none.stderr, /not in a git work tree \(not a git repository.*Run this inside a clone/);

    const { run, git, path, write, commit } = makeRepository(SHOP);
    const { stderr, code } = await run('diff', 'mian');
    assert.equal(code, 2);
    assert.match(stderr, /^mutual: mian: no such revision \(git: .*\)\. Did you mean main\?$/m);
    assert.match(
      (await run('diff', 'HEAD', 'nowhere.yaml')).stderr,
      /nowhere\.yaml: no such file or folder, neither in HEAD/,
    );
    const missing = await mutual(['diff', 'HEAD'], { cwd: path, env: { PATH: '/nonexistent' } });
    assert.match(missing.stderr, /^mutual: git was not found\. Install it/);

    git('checkout', '-q', '-b', 'feature');
    write('notes.yaml', NAMESPACE('other'));
    commit('second');
    const shallow = `${outside}/shallow`;
    execFileSync('git', ['clone', '-q', '--depth', '1', '--no-single-branch', `file://${path}`, shallow], {
      env: { ...process.env, ...IDENTITY },
      stdio: 'pipe',
    });
    const far = await mutual(['check', '--changed=origin/main'], { cwd: shallow });
    assert.equal(far.code, 2);
    assert.match(far.stderr, /the merge base of origin\/main and HEAD is not here\. .*fetch-depth: 0/);

    git('checkout', '-q', '--detach');
    git('branch', '-q', '-D', 'main');
    const detached = await run('check', '--changed');
    assert.equal(detached.code, 2);
    assert.match(detached.stderr, /Name the base: mutual check --changed origin\/main/);
    assert.equal((await run('check', '--changed=HEAD~1')).code, 0);
  });
});

describe('mutual meshes', () => {
  const all = Object.values(SHOP).join('---\n');

  it('says which meshes there are, and why', async () => {
    const folder = makeFolder({ 'dev/all.yaml': all, 'prod/all.yaml': all, 'base.yaml': STRICT('istio-system') });
    folders.push(folder.path);
    const { stdout, code } = await mutual(['meshes'], { cwd: folder.path });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^prod\n {2}why +folders define the same objects: .* is in prod\/all\.yaml and dev\/all\.yaml\n {2}holds +3 workloads and 3 services in 2 namespaces \(finance, shop\); 2 policies \(2 PeerAuthentication\)\n {2}files +2: base\.yaml, prod\/all\.yaml$/m,
    );
    assert.match(stdout, /^2 meshes$/m);
    assertKeepsTo('meshes', JSON.parse((await mutual(['meshes', '-f', 'json'], { cwd: folder.path })).stdout));
    const file = await mutual(['meshes', 'base.yaml'], { cwd: folder.path });
    assert.match(file.stdout, /^base\.yaml is in 2 meshes:\n {2}dev {3}.*\n {2}prod {2}/);
  });

  it('names kustomizations, mesh settings with their places, and what is not read', async () => {
    const mesh =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    trustDomain: example.org\n';
    const folder = makeFolder({
      'base/all.yaml': all,
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'overlays/dev/kustomization.yaml': 'resources: [../../base]\n',
      'overlays/prod/kustomization.yaml': 'resources: [../../base, mesh.yaml, "https://example.com/more.yaml"]\n',
      'overlays/prod/mesh.yaml': mesh,
    });
    folders.push(folder.path);
    const { stdout } = await mutual(['meshes'], { cwd: folder.path });
    assert.match(stdout, /^prod\n {2}why +what the kustomization overlays\/prod\/kustomization\.yaml makes/m);
    assert.match(stdout, /trust domain: example\.org .*overlays\/prod\/mesh\.yaml:\d+/);
    assert.match(stdout, /not read +https:\/\/example\.com\/more\.yaml \(from the network\)/);
    const { stdout: shared } = await mutual(['meshes', 'base/all.yaml'], { cwd: folder.path });
    assert.match(shared, /^base\/all\.yaml is in 2 meshes:\n {2}dev +.*\n {2}prod +/);
    assertKeepsTo('meshes', JSON.parse((await mutual(['meshes', '-f', 'json'], { cwd: folder.path })).stdout));
  });
});
