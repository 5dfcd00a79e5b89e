// Baselines: what was there is set aside, what is new is told.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, mutual } from './run';

const policy = (name: string): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: ${name}\n  namespace: shop\nspec:\n  mtls:\n    mode: strict\n`;

describe('mutual check --baseline', () => {
  let folder: string;
  before(buildCli);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mutual-baseline-'));
    writeFileSync(join(folder, 'a.yaml'), policy('a'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('sets aside what was there, also where lines have moved, and tells what is new', async () => {
    const first = await mutual(['check', '--write-baseline', 'known.json', '.'], { cwd: folder });
    assert.equal(first.code, 0, first.stderr);
    assert.equal(JSON.parse(readFileSync(join(folder, 'known.json'), 'utf8')).problems.length, 1);
    writeFileSync(join(folder, 'a.yaml'), `# a line more\n\n${policy('a')}`);
    const known = await mutual(['check', '--baseline', 'known.json', '.'], { cwd: folder });
    assert.equal(known.code, 0, known.stdout);
    assert.match(known.stderr, /1 problem set aside by known\.json/);
    writeFileSync(join(folder, 'b.yaml'), policy('b'));
    const fresh = await mutual(['check', '--baseline', 'known.json', '.'], { cwd: folder });
    assert.equal(fresh.code, 1);
    assert.match(fresh.stdout, /^b\.yaml:8:11: error/m);
    assert.doesNotMatch(fresh.stdout, /^a\.yaml/m);
  });

  it('says what is wrong with the file', async () => {
    const missing = await mutual(['check', '--baseline', 'none.json', '.'], { cwd: folder });
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /none\.json: no such file\. Write it first/);
    writeFileSync(join(folder, 'bad.txt'), '{}');
    const bad = await mutual(['check', '--baseline', 'bad.txt', '.'], { cwd: folder });
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /not a baseline of Mutual/);
  });
});
