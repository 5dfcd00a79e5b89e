// Where a rendered field is written: the line that a person would edit.
import assert from 'node:assert/strict';
import type { Path } from '../../../server/src/yaml/range';
import { objectsOf, placeOf, type Tree } from './support';

const TREE: Tree = {
  'base/app.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: pay
spec:
  host: pay
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
    connectionPool: {}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: pay
spec:
  template:
    spec:
      containers:
      - name: pay
        image: pay:1
        envFrom:
        - configMapRef:
            name: settings
`,
  'base/kustomization.yaml': 'resources:\n- app.yaml\n',
  'prod/kustomization.yaml': `resources:
- ../base
namespace: prod
labels:
- pairs:
    team: red
images:
- name: pay
  newTag: "2"
configMapGenerator:
- name: settings
  literals:
  - port=80
patches:
- path: patch.yaml
- target:
    kind: DestinationRule
  patch: |-
    - op: add
      path: /spec/trafficPolicy/tls/sni
      value: pay.example
    # and one more
    - op: replace
      path: /spec/host
      value: pay.prod
- target: {kind: DestinationRule}
  patch: "[{\\"op\\": \\"add\\", \\"path\\": \\"/spec/exportTo\\", \\"value\\": [\\".\\"]}]"
`,
  'prod/patch.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: pay
spec:
  trafficPolicy:
    tls:
      mode: DISABLE
`,
};

describe('kustomize: where a field was written', () => {
  const find = (kind: string, path: Path): string =>
    placeOf(TREE, objectsOf(TREE, 'prod').find((object) => object.kind === kind)!, path);

  it('in the base, in a patch, in a patch inside the kustomization', () => {
    assert.equal(find('DestinationRule', ['metadata', 'name']), 'base/app.yaml:4 pay');
    assert.equal(find('DestinationRule', ['spec', 'trafficPolicy', 'tls', 'mode']), 'prod/patch.yaml:8 DISABLE');
    assert.equal(
      find('DestinationRule', ['spec', 'trafficPolicy', 'tls', 'sni']),
      'prod/kustomization.yaml:21 pay.example',
    );
    assert.equal(find('DestinationRule', ['spec', 'host']), 'prod/kustomization.yaml:25 pay.prod');
    // a text that is not written in lines of its own has one place
    assert.match(find('DestinationRule', ['spec', 'exportTo', 0]), /^prod\/kustomization.yaml:27 "\[\{/);
  });

  it('in a field of the kustomization', () => {
    assert.equal(find('DestinationRule', ['metadata', 'namespace']), 'prod/kustomization.yaml:3 prod');
    assert.equal(find('Deployment', ['metadata', 'labels', 'team']), 'prod/kustomization.yaml:6 red');
    const container: Path = ['spec', 'template', 'spec', 'containers', 0];
    assert.equal(find('Deployment', [...container, 'image']), 'prod/kustomization.yaml:9 "2"');
    assert.equal(find('Deployment', [...container, 'envFrom', 0, 'configMapRef', 'name']), 'base/app.yaml:24 settings');
    assert.equal(find('ConfigMap', ['data', 'port']), 'prod/kustomization.yaml:13 port=80');
    assert.equal(find('ConfigMap', ['metadata', 'name']), 'prod/kustomization.yaml:11 settings');
  });

  it('a field that is missing is missing from what stands above it', () => {
    assert.equal(
      find('DestinationRule', ['spec', 'trafficPolicy', 'tls', 'caCertificates']),
      'base/app.yaml:9 mode: ISTIO_MUTUAL',
    );
    assert.equal(find('Deployment', []), 'base/app.yaml:12 apiVersion: apps/v1');
  });
});
