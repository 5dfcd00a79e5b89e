// What we ship: the command line as one file, the npm package, the .vsix, and the licences of what is inside.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, ROOT } from './run';

/** Runs a program and gives its output; fails with what it said. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${error ?? ''}${stderr}${stdout}`);
  return stdout;
}

describe('what we ship', function () {
  this.timeout(240_000);
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    folder = makeFolder({});
    run(
      process.execPath,
      ['scripts/build.mjs', '--production', '--quiet', `--to=${folder.path}`, `--metafile=${folder.path}/meta.json`],
      ROOT,
    );
  });
  after(() => folder.remove());

  describe('dist/cli.js', () => {
    it('runs alone, by itself', () => {
      const alone = makeFolder({ 'a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n' });
      copyFileSync(join(folder.path, 'dist/cli.js'), join(alone.path, 'mutual'));
      // the mode comes along: an executable with a shebang, which needs no file beside it
      assert.equal(statSync(join(alone.path, 'mutual')).mode & 0o111, 0o111);
      assert.match(readFileSync(join(alone.path, 'mutual'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
      const env = { NODE_PATH: '', HOME: alone.path };
      assert.match(run('./mutual', ['--version'], alone.path, env), /^\d+\.\d+\.\d+\n$/);
      for (const format of ['text', 'json', 'sarif', 'junit', 'gitlab', 'github'])
        run('./mutual', ['check', '-f', format, '.'], alone.path, env);
      run('./mutual', ['table'], alone.path, env);
      run('./mutual', ['fix', '--dry-run'], alone.path, env);
      alone.remove();
    });

    it('starts about as fast as Node does', () => {
      const cli = join(folder.path, 'dist/cli.js');
      const time = (args: readonly string[]): number => {
        const started = performance.now();
        assert.equal(spawnSync(process.execPath, args).status, 0);
        return performance.now() - started;
      };
      const node: number[] = [];
      const mutual: number[] = [];
      // in turns, so that a busy machine is busy for both; the best of many is what the program itself costs
      for (let round = 0; round < 15; round++) {
        node.push(time(['-e', '0']));
        mutual.push(time([cli, '--version']));
      }
      const [least, ours] = [Math.min(...node), Math.min(...mutual)];
      assert.ok(ours < 3 * least, `--version takes ${ours.toFixed(0)} ms, node alone ${least.toFixed(0)} ms`);
    });
  });

  it('the npm package has what its command needs, and no more', () => {
    const packed = JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], ROOT));
    const [{ files }] = Array.isArray(packed)
      ? packed
      : (Object.values(packed) as [{ files: { path: string; mode: number }[] }]);
    const names = files.map(({ path }: { path: string }) => path).sort();
    const expected = ['LICENSE', 'README.md', 'dist/ThirdPartyNotices.txt', 'dist/cli.js', 'package.json'];
    // the notices are made by production builds alone
    assert.deepEqual(
      names,
      existsSync(join(ROOT, 'dist/ThirdPartyNotices.txt'))
        ? expected
        : expected.filter((name) => !name.endsWith('.txt')),
    );
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const path of Object.values<string>(bin)) assert.ok(names.includes(path.replace('./', '')), path);
  });

  it('the licence of every bundled package goes along', () => {
    const text = readFileSync(join(folder.path, 'dist/ThirdPartyNotices.txt'), 'utf8');
    const bundles = JSON.parse(readFileSync(join(folder.path, 'meta.json'), 'utf8')) as Record<
      string,
      { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }
    >;
    const packages = new Set<string>();
    for (const [path, { bytesInOutput }] of Object.values(bundles)
      .flatMap(({ outputs }) => Object.values(outputs))
      .flatMap(({ inputs }) => Object.entries(inputs))) {
      const at = path.lastIndexOf('node_modules/');
      if (at < 0 || bytesInOutput === 0) continue;
      const [scope = '', name = ''] = path.slice(at + 'node_modules/'.length).split('/');
      packages.add(path.slice(0, at + 'node_modules/'.length) + (scope.startsWith('@') ? `${scope}/${name}` : scope));
    }
    assert.ok(packages.size >= 8, [...packages].join());
    for (const each of packages) {
      const { name, version } = JSON.parse(readFileSync(join(ROOT, each, 'package.json'), 'utf8'));
      const at = text.indexOf(`\n${name} ${version} (`);
      assert.ok(at >= 0, `${name} ${version} has no notice`);
      assert.match(
        text.slice(at, at + 1500),
        /Permission|permission|Licensed|Redistribution|contributor/,
        `no licence text for ${name}`,
      );
    }
  });

  it('the .vsix is the same bytes whoever builds it, and holds no more than an editor needs', () => {
    const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    const make = (name: string, mask: string, zone: string): string => {
      const out = join(folder.path, name);
      mkdirSync(join(folder.path, 'tmp', name), { recursive: true });
      const env = { TZ: zone, TMPDIR: join(folder.path, 'tmp', name), SOURCE_DATE_EPOCH: '1700000000' };
      run('sh', ['-c', `umask ${mask} && exec "$0" scripts/package.mjs --out "$1"`, process.execPath, out], ROOT, env);
      return out;
    };
    const [first, second] = [make('a.vsix', '022', 'UTC'), make('b.vsix', '077', 'Asia/Tokyo')];
    assert.equal(hash(first), hash(second));
    const files = run('unzip', ['-Z1', first], ROOT).trim().split('\n');
    assert.ok(files.includes('extension/dist/ThirdPartyNotices.txt'));
    assert.ok(
      files.includes('extension/dist/browser/extension.js') && files.includes('extension/dist/browser/server.js'),
    );
    assert.ok(statSync(first).size <= 1.5 * 1024 * 1024, `${statSync(first).size} bytes`);
    for (const file of files)
      assert.match(
        file,
        /^(?:\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(?:package\.json|(?:readme|changelog)\.md|LICENSE\.txt|dist\/.*|docs\/rules\/.*\.md|docs\/schemas\/mutual\.schema\.json|snippets\/.*|syntaxes\/.*))$/,
      );
    assert.ok(!files.some((file) => /cli\.js|\.map$/.test(file)));
    const manifest = JSON.parse(run('unzip', ['-p', first, 'extension/package.json'], ROOT));
    assert.equal(manifest.scripts ?? manifest.dependencies ?? manifest.devDependencies, undefined);
    assert.ok(files.includes(`extension/${manifest.main.replace('./', '')}`));
    assert.match(run('unzip', ['-p', first, 'extension/readme.md'], ROOT), /Nothing to set up/);
  });
});
