// What .gitignore files leave out, as git has it (git ls-files -co --exclude-standard).
import * as assert from 'node:assert/strict';
import path from 'node:path';
import { readManifests } from '../../../server/src/workspace/disk';
import { APP, makeFolder } from '../../cli/run';

const MANIFEST = APP('shop', 'web');
const NAMES = [
  'a/x.yaml',
  'a/z.gen.yaml',
  'a/b/no.yaml',
  'a/b/ok.yaml',
  'a/b/c/d.yaml',
  'build/x/1.yaml',
  'out/1.yaml',
  'out/keep/1.yaml',
  'docs/gen/1.yaml',
  'docs/ok.yaml',
  'deep/build/1.yaml',
  'vendor/y/1.yaml',
  'q.gen.yaml',
];

describe('.gitignore', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    folder = makeFolder({
      ...Object.fromEntries(NAMES.map((name) => [name, MANIFEST])),
      '.gitignore': 'build/\n*.gen.yaml\n/out/*\n!/out/keep\nvendor/**\n',
      'a/.gitignore': '!z.gen.yaml\nb/*.yaml\n!b/ok.yaml\n',
      '.git/info/exclude': 'docs/gen\n',
    });
  });
  after(() => folder.remove());

  const found = async (below: string, options = {}): Promise<string[]> => {
    const { files } = await readManifests([path.join(folder.path, below)], { gitIgnore: true, ...options });
    const here = new URL(`file://${folder.path}/`).href;
    return [...files.keys()].map((uri) => uri.slice(here.length)).sort();
  };

  it('holds in every folder, the nearest file first', async () => {
    assert.deepEqual(await found('.'), [
      'a/b/c/d.yaml',
      'a/b/ok.yaml',
      'a/x.yaml',
      'a/z.gen.yaml',
      'docs/ok.yaml',
      'out/keep/1.yaml',
    ]);
  });

  it('holds from the top of the repository down', async () => {
    assert.deepEqual(await found('a'), ['a/b/c/d.yaml', 'a/b/ok.yaml', 'a/x.yaml', 'a/z.gen.yaml']);
    assert.deepEqual(await found('deep'), []);
  });

  it('does not hold for what is named itself', async () => {
    assert.deepEqual(await found('build'), ['build/x/1.yaml']);
    assert.deepEqual(await found('q.gen.yaml'), ['q.gen.yaml']);
  });

  it('does not hold where nobody asks for it', async () => {
    assert.equal((await found('.', { gitIgnore: false })).length, NAMES.length);
  });

  it('goes with other exclusions, of folders too', async () => {
    const excluded = path.join(folder.path, 'a/b');
    assert.deepEqual(await found('a', { isExcluded: (each: string) => each === excluded }), [
      'a/x.yaml',
      'a/z.gen.yaml',
    ]);
    const { leftOut, isIgnored } = await readManifests([folder.path], { gitIgnore: true });
    assert.ok(leftOut > 0);
    assert.ok(isIgnored(path.join(folder.path, 'build/new.yaml')));
    assert.ok(!isIgnored(path.join(folder.path, 'docs/new.yaml')));
  });
});
