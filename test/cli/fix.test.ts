// `mutual fix`: what it changes on disk, what it leaves alone, and what it shows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, mutual } from './run';

const SHOP = join(__dirname, '../data/around/shop.yaml');
const POLICY =
  'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: shop\nspec:\n  mtls:\n    mode: STRICT\n';
const RULE =
  'apiVersion: networking.istio.io/v1\r\nkind: DestinationRule\r\nmetadata:\r\n  name: cart\r\n  namespace: shop\r\nspec:\r\n  host: cart # ours\r\n  trafficPolicy:\r\n    tls:\r\n      mode: DISABLE # why\r\n';
const MISPLACED =
  'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  host: wbe\n';

describe('mutual fix', () => {
  let folder: string;
  before(buildCli);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mutual-fix-'));
    writeFileSync(join(folder, 'shop.yaml'), readFileSync(SHOP));
    writeFileSync(join(folder, 'policy.yaml'), POLICY);
    writeFileSync(join(folder, 'rule.yaml'), RULE);
    writeFileSync(join(folder, 'other.yaml'), MISPLACED);
    chmodSync(join(folder, 'rule.yaml'), 0o640);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

  it('mends every problem that has a preferred fix, and keeps mode, comments and line endings', async () => {
    const { code, stdout, stderr } = await mutual(['fix', '.'], { cwd: folder });
    assert.equal(code, 0, stderr);
    assert.equal(text('rule.yaml'), RULE.replace('DISABLE', 'ISTIO_MUTUAL'));
    assert.match(text('other.yaml'), /host: web\.shop\.svc\.cluster\.local\n/);
    assert.equal(statSync(join(folder, 'rule.yaml')).mode & 0o777, 0o640);
    assert.match(stdout, /^rule\.yaml:10: Send Istio mTLS .*mutual\(plaintext-refused\)$/m);
    assert.match(stderr, /2 fixes made in 2 files/);
    assert.deepEqual(readdirSync(folder).sort(), ['other.yaml', 'policy.yaml', 'rule.yaml', 'shop.yaml']);
    const again = await mutual(['fix'], { cwd: folder });
    assert.equal(again.stdout, '');
    assert.match(again.stderr, /0 fixes made in 0 files/);
  });

  it('mends one rule alone', async () => {
    const { code } = await mutual(['fix', 'destination-rule-host-unknown', '.'], { cwd: folder });
    assert.equal(code, 0);
    assert.equal(text('rule.yaml'), RULE);
    assert.match(text('other.yaml'), /host: web\.shop/);
  });

  it('shows with --dry-run what it would change, as a patch that applies', async () => {
    const { code, stdout } = await mutual(['fix', '--dry-run', '-q'], { cwd: folder });
    assert.equal(code, 0);
    assert.equal(text('rule.yaml'), RULE);
    assert.match(stdout, /^--- a\/rule\.yaml$/m);
    assert.match(stdout, /^\+ {6}mode: ISTIO_MUTUAL # why\r?$/m);
    execFileSync('git', ['apply', '-'], { cwd: folder, input: stdout });
    assert.equal(text('rule.yaml'), RULE.replace('DISABLE', 'ISTIO_MUTUAL'));
  });

  it('says what is wrong with its arguments', async () => {
    const misspelt = await mutual(['fix', 'plaintext-refusd'], { cwd: folder });
    assert.equal(misspelt.code, 2);
    assert.match(misspelt.stderr, /no such rule, file or folder\. Did you mean plaintext-refused\?/);
    const stdin = await mutual(['fix', '-'], { cwd: folder, input: RULE });
    assert.equal(stdin.code, 2);
    assert.match(stdin.stderr, /--dry-run/);
    assert.ok(existsSync(join(folder, 'rule.yaml')));
  });
});
