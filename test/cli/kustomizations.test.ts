// What a user of the command line sees of a kustomization: the line to edit, and what is read beside what was named.
import assert from 'node:assert/strict';
import { APP, buildCli, makeFolder, mutual, NAMESPACE, STRICT } from './run';

const FILES = {
  'base/kustomization.yaml': 'resources:\n  - shop.yaml\n  - mtls.yaml\n',
  'base/shop.yaml': `${NAMESPACE('shop')}---\n${APP('shop', 'web')}---\n${APP('shop', 'cart')}`,
  'base/mtls.yaml': STRICT('shop'),
  'overlays/prod/kustomization.yaml': `resources:
  - ../../base
  - rule.yaml
patches:
  - target:
      kind: DestinationRule
    patch: |-
      - op: replace
        path: /spec/trafficPolicy/tls/mode
        value: DISABLE
`,
  'overlays/prod/rule.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: cart
  namespace: shop
spec:
  host: cart.shop.svc.cluster.local
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
`,
};

describe('mutual, of kustomizations', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    buildCli();
    folder = makeFolder(FILES);
  });
  after(() => folder.remove());

  for (const [what, args] of [
    ['the whole repository', []],
    ['an overlay alone, whose base is elsewhere', ['overlays/prod']],
  ] as const) {
    it(`check of ${what} points at the patch`, async () => {
      const { stdout, code } = await mutual(['check', ...args], { cwd: folder.path });
      assert.equal(code, 1, stdout);
      assert.match(stdout, /^overlays\/prod\/kustomization\.yaml:10:16: error .* mutual\(plaintext-refused\)$/m);
      assert.match(stdout, /^ {4}base\/mtls\.yaml:\d+:\d+: mode: STRICT$/m);
      assert.match(stdout, /^1 error/m);
    });
  }

  it('fix mends the patch', async () => {
    const { stdout } = await mutual(['fix', '--dry-run'], { cwd: folder.path });
    assert.match(stdout, /^-\s+value: DISABLE\n\+\s+value: ISTIO_MUTUAL$/m);
  });

  it('a broken tree is told once, where it is to be mended', async () => {
    const broken = makeFolder({ ...FILES, 'base/kustomization.yaml': 'resources:\n  - shop.yaml\n  - gone.yaml\n' });
    try {
      const { stdout, code } = await mutual(['check', '--fail-on', 'warning'], { cwd: broken.path });
      assert.equal(code, 1);
      assert.match(stdout, /^base\/kustomization\.yaml:3:5: warning There is no gone\.yaml: .*kustomization-broken/m);
      assert.match(stdout, /^1 warning/m);
    } finally {
      broken.remove();
    }
  });

  it('what .gitignore leaves out is made by something, and not missing', async () => {
    const base = 'resources:\n  - shop.yaml\n  - mtls.yaml\n  - made/crds.yaml\n  - charts\n';
    const files = {
      ...FILES,
      'base/kustomization.yaml': base,
      '.gitignore': 'made/\n',
      'base/.gitignore': '/charts/\n',
    };
    const made = makeFolder(files);
    try {
      const { stdout } = await mutual(['check', '--all'], { cwd: made.path });
      assert.doesNotMatch(stdout, /kustomization-broken/);
      assert.match(stdout, /^base\/kustomization\.yaml:4:5: hint .*made\/crds\.yaml.*kustomization-incomplete/m);
      const { stdout: all } = await mutual(['check', '--no-ignore'], { cwd: made.path });
      assert.match(all, /^base\/kustomization\.yaml:4:5: warning There is no made\/crds\.yaml/m);
    } finally {
      made.remove();
    }
  });
});
