// What a user notices of reports that are kept: the same output, never an old one.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCli, CONFLICT, makeFolder, mutual } from './run';

const AGAIN = /nothing has changed; the report comes from/;

describe('mutual check, again', () => {
  before(buildCli);
  let folder: ReturnType<typeof makeFolder>;
  let cache: ReturnType<typeof makeFolder>;
  beforeEach(() => {
    folder = makeFolder(CONFLICT);
    cache = makeFolder({});
  });
  afterEach(() => {
    folder.remove();
    cache.remove();
  });
  const check = (...args: readonly string[]): ReturnType<typeof mutual> =>
    mutual(['check', '--verbose', ...args], { cwd: folder.path, env: { MUTUAL_CACHE: cache.path } });
  const reports = (): string[] => readdirSync(cache.path).map((name) => join(cache.path, name));

  it('prints the same report with the same exit code', async () => {
    const first = await check();
    const second = await check();
    assert.equal(first.code, 1);
    assert.doesNotMatch(first.stderr, AGAIN);
    assert.match(second.stderr, AGAIN);
    assert.equal(second.stdout, first.stdout);
    assert.equal(second.code, 1);
  });

  it('sees a change that leaves the size of a file as it was, and another flag', async () => {
    await check();
    const rules = join(folder.path, 'rules.yaml');
    writeFileSync(rules, readFileSync(rules, 'utf8').replace('mode: DISABLE', 'mode: SIMPLE '));
    const changed = await check();
    assert.doesNotMatch(changed.stderr, AGAIN);
    assert.doesNotMatch(changed.stdout, /mode: DISABLE/);
    assert.doesNotMatch((await check('--no-auto-mtls')).stderr, AGAIN);
    assert.doesNotMatch((await check('-f', 'json')).stderr, AGAIN);
    assert.doesNotMatch((await check('--no-cache')).stderr, AGAIN);
  });

  it('sees a baseline that has changed, and prints notes again', async () => {
    await check('--write-baseline', 'known.json');
    const first = await check('--baseline', 'known.json');
    const second = await check('--baseline', 'known.json');
    assert.match(second.stderr, AGAIN);
    assert.match(second.stderr, /set aside by known\.json/);
    assert.equal(second.stdout, first.stdout);
    writeFileSync(join(folder.path, 'known.json'), JSON.stringify({ version: 1, problems: [] }));
    assert.doesNotMatch((await check('--baseline', 'known.json')).stderr, AGAIN);
  });

  it('makes a damaged report anew, and says so', async () => {
    const first = await check();
    for (const file of reports()) writeFileSync(file, readFileSync(file, 'utf8').replace('plaintext', 'everything'));
    const second = await check();
    assert.match(second.stderr, /damaged; the report is made anew/);
    assert.equal(second.stdout, first.stdout);
    for (const file of reports()) writeFileSync(file, '');
    assert.equal((await check()).stdout, first.stdout);
    assert.match((await check()).stderr, AGAIN);
  });

  it('goes without a folder that cannot be written, and with several runs at once', async () => {
    const blocked = join(cache.path, 'file');
    writeFileSync(blocked, '');
    const env = { MUTUAL_CACHE: join(blocked, 'inside') };
    const result = await mutual(['check', '--verbose'], { cwd: folder.path, env });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /the report cannot be kept \(ENOTDIR\)/);
    const runs = await Promise.all(Array.from({ length: 4 }, () => check()));
    assert.equal(new Set(runs.map(({ stdout }) => stdout)).size, 1);
    assert.match((await check()).stderr, AGAIN);
    assert.deepEqual(
      reports().filter((name) => name.endsWith('.new')),
      [],
    );
  });
});
