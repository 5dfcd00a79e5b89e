// What a user of `mutual check` sees: places, underlines, formats, exit codes.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { APP, assertKeepsTo, buildCli, CONFLICT, ESCAPE, makeFolder, mutual, NAMESPACE, STRICT } from './run';

describe('mutual check', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    buildCli();
    folder = makeFolder(CONFLICT);
  });
  after(() => folder.remove());

  it('points at the field to change, underlines it and names the other half', async () => {
    const { stdout, code } = await mutual(['check'], { cwd: folder.path });
    assert.equal(code, 1);
    assert.match(stdout, /^rules\.yaml:10:13: error .*finance\/default.*plaintext.* mutual\(plaintext-refused\)$/m);
    assert.match(stdout, /^ {2}10 \| {7}mode: DISABLE\n {5}\| {13}\^{7}$/m);
    assert.match(stdout, /^ {4}mtls\.yaml:8:11: mode: STRICT$/m);
    assert.match(stdout, /^1 error.* in 5 files/m);
    assert.doesNotMatch(stdout, /`/);
    assert.ok(!stdout.includes(ESCAPE));
  });

  it('prints JSON that keeps to its schema, with 0-based ranges and relative paths', async () => {
    const { stdout, code } = await mutual(['check', '--format', 'json'], { cwd: folder.path });
    assert.equal(code, 1);
    const value = JSON.parse(stdout);
    assertKeepsTo('check', value);
    const [error] = value.diagnostics.filter((each: { severity: string }) => each.severity === 'error');
    assert.equal(error.rule, 'plaintext-refused');
    assert.equal(error.file, 'rules.yaml');
    assert.deepEqual(error.range, { start: { line: 9, character: 12 }, end: { line: 9, character: 19 } });
    assert.equal(value.summary.errors, 1);
    assert.equal(value.summary.files, 5);
    const fix = error.fixes.find((each: { preferred: boolean }) => each.preferred);
    assert.equal(fix.edits[0].newText, 'ISTIO_MUTUAL');
    assert.deepEqual(fix.edits[0].range, error.range);
  });

  it('prints paths from where the user stands', async () => {
    const inside = makeFolder({ ...CONFLICT, 'sub/empty.txt': '' });
    const result = await mutual(['check', '..'], { cwd: join(inside.path, 'sub') });
    assert.match(result.stdout, /^\.\.\/rules\.yaml:10:13: error/m);
    inside.remove();
  });

  it('annotates pull requests', async () => {
    const { stdout, code } = await mutual(['check', '--format=github'], { cwd: folder.path });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^::error file=rules\.yaml,line=10,endLine=10,col=13,endColumn=19,title=mutual\(plaintext-refused\)::.*%0Amtls\.yaml:8: /m,
    );
    for (const line of stdout.trim().split('\n')) assert.match(line, /^::(error|warning|notice) /);
  });

  it('exits as --fail-on says', async () => {
    const run = async (...args: string[]): Promise<number | null> =>
      (await mutual(['check', ...args], { cwd: folder.path })).code;
    assert.equal(await run('--fail-on', 'never'), 0);
    assert.equal(await run('--fail-on', 'warning'), 1);
    assert.equal(await run('--severity', 'plaintext-refused=warning'), 0);
    assert.equal(await run('--severity', 'plaintext-refused=warning', '--fail-on', 'warning'), 1);
    assert.equal(await run('namespaces.yaml'), 0);
  });

  it('reads standard input', async () => {
    const input = Object.values(CONFLICT).join('---\n');
    const { stdout, code } = await mutual(['check', '-'], { cwd: folder.path, input });
    assert.equal(code, 1);
    assert.match(stdout, /^<stdin>:\d+:13: error .*mutual\(plaintext-refused\)$/m);
  });

  it('reports broken YAML with its place and goes on with the rest', async () => {
    const broken = makeFolder({
      ...CONFLICT,
      'broken.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n   labels: {}\n',
    });
    const { stdout, code } = await mutual(['check'], { cwd: broken.path });
    assert.equal(code, 1);
    assert.match(stdout, /^broken\.yaml:\d+:\d+: error .* mutual\(yaml-syntax\)$/m);
    assert.match(stdout, /mutual\(plaintext-refused\)/);
    broken.remove();
  });

  it('says so when all is well, and hides hints until asked', async () => {
    const well = makeFolder({ 'all.yaml': `${NAMESPACE('shop')}---\n${APP('shop', 'web')}---\n${STRICT('shop')}` });
    const { stdout, code } = await mutual(['check'], { cwd: well.path });
    assert.equal(code, 0);
    assert.match(stdout, /^no problems in 1 file/);
    assert.equal((await mutual(['check', '--quiet'], { cwd: well.path })).stdout, '');
    const always = await mutual(['check', '--all', '--require-destination-rule', 'always'], { cwd: well.path });
    assert.match(always.stdout, /mutual\(destination-rule-missing\)/);
    well.remove();
  });

  it('takes a stated fact into account', async () => {
    const all = makeFolder({ 'all.yaml': `${APP('shop', 'web')}---\n${STRICT('shop')}---\n${APP('legacy', 'batch')}` });
    const unknown = await mutual(['table'], { cwd: all.path });
    assert.match(unknown.stdout, /^web\.shop:80 +UNKNOWN +STRICT\? /m);
    const stated = await mutual(['table', '--assume-injected', 'shop', '--assume-injected', 'legacy'], {
      cwd: all.path,
    });
    assert.match(stated.stdout, /^web\.shop:80 +OK +STRICT +mTLS +shop\/default +-$/m);
    all.remove();
  });
});
