// Helm charts on the command line: read as they stand, and rendered where --helm asks for it.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, mutual } from './run';

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n    istio-injection: enabled\n';
const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  namespace: shop\nspec:\n  selector:\n    app: web\n  ports:\n  - name: http\n    port: 80\n`;
const deployment =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: web\n        image: x\n';
const policy = (mode: string): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: shop\nspec:\n  mtls:\n    mode: ${mode}\n`;
const rule =
  'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  host: web\n  trafficPolicy:\n    tls:\n      mode: DISABLE\n';
const documents = (name: string, mode: string): string =>
  [namespace, service(name), deployment, policy(mode), rule].join('---\n');

describe('charts on the command line', () => {
  let folder: ReturnType<typeof makeFolder>;
  let helm: string;
  beforeEach(() => {
    folder = makeFolder({
      'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'charts/shop/templates/all.yaml': documents('{{ .Values.name }}', '{{ .Values.mode }}'),
    });
    helm = path.join(folder.path, 'my-helm');
    const output = documents('web', 'STRICT').replace(/^(?=apiVersion)/gm, '# Source: shop/templates/all.yaml\n');
    writeFileSync(path.join(folder.path, 'output'), `---\n${output}`);
    writeFileSync(helm, `#!/bin/sh\necho "$@" > '${folder.path}/called'\ncat '${folder.path}/output'\n`);
    chmodSync(helm, 0o755);
  });
  afterEach(() => folder.remove());

  it('a template whose values decide raises no alarm, and nothing is run', async () => {
    const { stdout, stderr, code } = await mutual(['check'], { cwd: folder.path });
    assert.equal(code, 0, stdout);
    assert.match(stderr, /^mutual: charts\/shop\/templates: Helm templates are read only as far .* add --helm/m);
    assert.ok(!existsSync(path.join(folder.path, 'called')));
  });

  it('what is rendered is checked, and told where it is mended', async () => {
    const { stdout, code } = await mutual(['check', '--helm-path', helm], { cwd: folder.path });
    assert.equal(code, 1);
    const line =
      documents('x', 'y')
        .split('\n')
        .findIndex((text) => text.includes('DISABLE')) + 1;
    assert.match(stdout, new RegExp(`^charts/shop/templates/all\\.yaml:${line}:\\d+: error .*plaintext-refused`, 'm'));
  });

  it('values go to the charts that they are for', async () => {
    writeFileSync(path.join(folder.path, 'a.yaml'), '');
    const called = async (...flags: string[]): Promise<boolean> => {
      await mutual(['check', '--helm-path', helm, ...flags], { cwd: folder.path });
      return /--values \S+a\.yaml/.test(readFileSync(path.join(folder.path, 'called'), 'utf8'));
    };
    assert.ok(await called('--helm-values', 'a.yaml'));
    assert.ok(await called('--helm-values', 'charts/*=a.yaml'));
    assert.ok(!(await called('--helm-values', 'other/*=a.yaml')));
  });

  it('a program or values that are not there end the run with 2', async () => {
    const none = await mutual(['check', '--helm-path', './none'], { cwd: folder.path });
    assert.deepEqual([none.code, /^mutual: \.\/none is not found\. Install Helm\./m.test(none.stderr)], [2, true]);
    const values = await mutual(['check', '--helm-path', helm, '--helm-values', 'none.yaml'], { cwd: folder.path });
    assert.deepEqual([values.code, /none\.yaml: no such values file/.test(values.stderr)], [2, true]);
  });

  it('commands that render nothing refuse the flag, and run nothing', async () => {
    for (const args of [['fix'], ['fix', '--dry-run']]) {
      const { code, stderr } = await mutual([...args, '--helm-path', helm], { cwd: folder.path });
      assert.equal(code, 2);
      assert.match(stderr, /--helm: .* Leave it out/);
    }
    assert.ok(!existsSync(path.join(folder.path, 'called')));
  });

  it('of many charts that are not rendered one note tells', async () => {
    const many = makeFolder(
      Object.fromEntries(
        Array.from({ length: 9 }, (_, index): [string, string][] => [
          [`charts/c${index}/Chart.yaml`, 'apiVersion: v2\nname: c\nversion: 1.0.0\n'],
          [`charts/c${index}/templates/all.yaml`, documents(`s${index}`, 'STRICT')],
        ]).flat(),
      ),
    );
    const { stderr } = await mutual(['check'], { cwd: many.path });
    assert.deepEqual(stderr.trim().split('\n').length, 1);
    assert.match(stderr, /charts\/c0\/templates, .* and 6 more: Helm templates .* add --helm\.$/m);
    many.remove();
  });

  it('a chart that Helm refuses is told, and read as it stands', async () => {
    writeFileSync(helm, '#!/bin/sh\necho "Error: name is needed" >&2\nexit 1\n');
    const { stderr, code } = await mutual(['check', '--helm-path', helm], { cwd: folder.path });
    assert.match(stderr, /^mutual: charts\/shop: Helm refuses it: name is needed\./m);
    assert.equal(code, 0);
  });
});
