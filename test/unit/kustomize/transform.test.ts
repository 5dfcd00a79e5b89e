// What a kustomization changes in all objects: namespace, names and what refers to them, labels, annotations, images.
import assert from 'node:assert/strict';
import { namesOf, objectOf, objectsOf } from './support';

const APP = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cart, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: b}
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec:
  selector: {app: cart}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  selector:
    matchLabels: {app: cart}
  template:
    metadata:
      labels: {app: cart}
    spec:
      serviceAccountName: cart
      initContainers:
      - {name: init, image: "registry:5000/busybox@sha256:abc"}
      containers:
      - name: cart
        image: cart:1.0
        envFrom: [{configMapRef: {name: settings}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: cart}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cart}
subjects:
- {kind: ServiceAccount, name: cart, namespace: shop}
- {kind: ServiceAccount, name: default, namespace: other}
- {kind: ServiceAccount, name: stranger, namespace: other}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: cart}
spec:
  selector:
    matchLabels: {app: cart}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, annotations: {checked: true, count: 2}}
spec: {host: cart}
`;

const render = (kustomization: string) =>
  objectsOf({ 'app.yaml': APP, 'kustomization.yaml': `resources: [app.yaml]\n${kustomization}` });

describe('kustomize: changes to all objects', () => {
  it('a namespace goes to what has one, renames the Namespace and follows service accounts', () => {
    const objects = render('namespace: prod\n');
    assert.deepEqual(namesOf(objects), [
      'AuthorizationPolicy prod/cart',
      'ConfigMap prod/settings',
      'Deployment prod/cart',
      'DestinationRule prod/cart',
      'Namespace /prod',
      'RoleBinding prod/cart',
      'Service prod/cart',
      'ServiceAccount prod/cart',
    ]);
    assert.deepEqual(
      objectOf(objects, 'RoleBinding').subjects.map(({ namespace }: { namespace: string }) => namespace),
      ['prod', 'prod', 'other'],
    );
    // nobody tells kustomize what a principal is
    assert.deepEqual(objectOf(objects, 'AuthorizationPolicy').spec.rules[0].from[0].source.principals, [
      'cluster.local/ns/shop/sa/cart',
    ]);
  });

  it('prefix and suffix: references of core kinds follow, hosts of Istio do not', () => {
    const objects = render('namePrefix: a-\nnameSuffix: -z\n');
    const { spec } = objectOf(objects, 'Deployment').spec.template;
    assert.equal(objectOf(objects, 'Deployment').metadata.name, 'a-cart-z');
    assert.equal(objectOf(objects, 'Namespace').metadata.name, 'shop');
    assert.equal(spec.containers[0].envFrom[0].configMapRef.name, 'a-settings-z');
    // the account is in another namespace than the deployment
    assert.equal(spec.serviceAccountName, 'cart');
    assert.equal(objectOf(objects, 'RoleBinding').subjects[0].name, 'a-cart-z');
    assert.equal(objectOf(objects, 'DestinationRule').spec.host, 'cart');
  });

  it('commonLabels reach selectors and templates of core kinds, of custom resources only the metadata', () => {
    const objects = render('commonLabels: {team: red}\n');
    assert.deepEqual(objectOf(objects, 'Service').spec.selector, { app: 'cart', team: 'red' });
    const { spec } = objectOf(objects, 'Deployment');
    assert.deepEqual(spec.selector.matchLabels, { app: 'cart', team: 'red' });
    assert.deepEqual(spec.template.metadata.labels, { app: 'cart', team: 'red' });
    const policy = objectOf(objects, 'AuthorizationPolicy');
    assert.deepEqual(policy.metadata.labels, { team: 'red' });
    assert.deepEqual(policy.spec.selector.matchLabels, { app: 'cart' });
  });

  it('labels: the metadata alone, with templates, with selectors, with fields of their own', () => {
    const objects = render(`labels:
- pairs: {one: a}
- pairs: {two: b}
  includeTemplates: true
- pairs: {three: c}
  includeSelectors: true
- pairs: {four: d}
  fields: [{path: spec/selector/matchLabels, kind: AuthorizationPolicy, create: true}]
`);
    const { metadata, spec } = objectOf(objects, 'Deployment');
    assert.deepEqual(metadata.labels, { one: 'a', two: 'b', three: 'c', four: 'd' });
    assert.deepEqual(spec.template.metadata.labels, { app: 'cart', two: 'b', three: 'c' });
    assert.deepEqual(spec.selector.matchLabels, { app: 'cart', three: 'c' });
    const policy = objectOf(objects, 'AuthorizationPolicy');
    assert.deepEqual(policy.spec.selector.matchLabels, { app: 'cart', four: 'd' });
  });

  it('commonAnnotations reach templates; annotations are strings afterwards', () => {
    const objects = render('commonAnnotations: {a: "1"}\n');
    assert.deepEqual(objectOf(objects, 'Deployment').spec.template.metadata.annotations, { a: '1' });
    assert.deepEqual(objectOf(objects, 'DestinationRule').metadata.annotations, {
      a: '1',
      checked: 'true',
      count: '2',
    });
  });

  it('images by name: tag, digest, new name, suffix; the port of a registry is no tag', () => {
    const images = (entry: string): string[] => {
      const { spec } = objectOf(render(`images:\n- ${entry}\n`), 'Deployment').spec.template;
      return [...spec.initContainers, ...spec.containers].map(({ image }: { image: string }) => image);
    };
    assert.deepEqual(images('{name: cart, newTag: "2.0"}'), ['registry:5000/busybox@sha256:abc', 'cart:2.0']);
    assert.deepEqual(images('{name: cart, newName: shop/cart, digest: "sha256:1"}')[1], 'shop/cart@sha256:1');
    // kustomize looks for images in two ways, and a suffix is added by both
    assert.deepEqual(images('{name: cart, tagSuffix: -arm}')[1], 'cart:1.0-arm-arm');
    assert.deepEqual(images('{name: "registry:5000/busybox", newTag: "1"}')[0], 'registry:5000/busybox:1');
    assert.deepEqual(images('{name: car, newTag: "2"}')[1], 'cart:1.0');
  });

  it('replicas', () => {
    assert.equal(objectOf(render('replicas: [{name: cart, count: 3}]\n'), 'Deployment').spec.replicas, 3);
  });

  it('configurations add fields, also for custom resources', () => {
    const tree = {
      'app.yaml': APP,
      'kustomization.yaml':
        'resources: [app.yaml]\nconfigurations: [fields.yaml]\nnamePrefix: a-\ncommonLabels: {x: z}\n',
      'fields.yaml': `nameReference:
- kind: Service
  version: v1
  fieldSpecs: [{kind: DestinationRule, path: spec/host}]
commonLabels:
- {kind: AuthorizationPolicy, path: spec/selector/matchLabels, create: true}
`,
    };
    const objects = objectsOf(tree);
    assert.equal(objectOf(objects, 'DestinationRule').spec.host, 'a-cart');
    assert.deepEqual(objectOf(objects, 'AuthorizationPolicy').spec.selector.matchLabels, { app: 'cart', x: 'z' });
  });

  it('an overlay finds a base that is renamed twice', () => {
    const tree = {
      'base/app.yaml': APP,
      'base/kustomization.yaml': 'resources: [app.yaml]\nnamePrefix: a-\n',
      'prod/kustomization.yaml': `resources: [../base]
namePrefix: b-
namespace: prod
patches:
- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart}, spec: {replicas: 7}}'
`,
    };
    const deployment = objectOf(objectsOf(tree, 'prod'), 'Deployment');
    assert.equal(deployment.metadata.name, 'b-a-cart');
    assert.equal(deployment.spec.replicas, 7);
    assert.equal(deployment.spec.template.spec.containers[0].envFrom[0].configMapRef.name, 'b-a-settings');
    assert.equal(deployment.spec.template.spec.serviceAccountName, 'b-a-cart');
  });
});

describe('kustomize: how it reads YAML', () => {
  it('yes and on are strings, dates are times, octal is octal; a null at an annotation is dropped', () => {
    const objects = objectsOf({
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'a.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: a
  annotations:
  labels:
spec:
  a: yes
  b: [on, {n: off}]
  c: "yes"
  d: true
  e: 2020-01-02
  f: 0777
  g: 1.10
  h: ~
  i: 2020-1-2T10:00:00.50Z
  j: 2020-01-02T10:00:00
  yes: 1`,
    });
    assert.deepEqual(objectOf(objects, 'DestinationRule'), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'a', labels: null },
      spec: {
        a: 'yes',
        b: ['on', { n: 'off' }],
        c: 'yes',
        d: true,
        e: '2020-01-02T00:00:00Z',
        f: 511,
        g: 1.1,
        h: null,
        i: '2020-01-02T10:00:00.5Z',
        j: '2020-01-02T10:00:00',
        yes: 1,
      },
    });
  });

  it('lists are taken apart, empty documents and local objects left out', () => {
    const objects = objectsOf({
      'kustomization.yaml': 'resources: [a.yaml, b.json]\n',
      'a.yaml': `---
# nothing
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}]}
---
apiVersion: v1
kind: Service
metadata: {name: tool, annotations: {config.kubernetes.io/local-config: "true"}}
`,
      'b.json': '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}}',
    });
    assert.deepEqual(namesOf(objects), ['ConfigMap /c', 'Service /a', 'Service /b']);
  });

  it('a block of lines at the end of a file without line break', () => {
    const objects = objectsOf({
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    1\n  y: |\n    a\n    b',
    });
    assert.deepEqual(objectOf(objects, 'ConfigMap').data, { x: '1\n', y: 'a\nb' });
  });
});
