// Patches: strategic merge and JSON 6902, with and without targets.
import assert from 'node:assert/strict';
import { buildTree, namesOf, objectOf, objectsOf, problemsOf } from './support';

const APP = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  labels: {tier: back}
  finalizers: [a, b]
spec:
  template:
    spec:
      containers:
      - name: cart
        image: cart
        command: [run, it]
        env: [{name: A, value: a}, {name: B, value: b}]
        ports:
        - {containerPort: 53, protocol: TCP, name: tcp}
        - {containerPort: 53, protocol: UDP, name: udp}
        - {containerPort: 80, name: web}
      - {name: side, image: side}
      volumes: [{name: data, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec:
  ports: [{port: 80, name: http}, {port: 90, name: admin}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, labels: {tier: front}}
spec:
  hosts: [cart]
  http:
  - name: a
    route: [{destination: {host: cart}}]
  - name: b
    timeout:
    retries: ~
`;

const render = (kustomization: string, more: Record<string, string> = {}) =>
  objectsOf({ ...more, 'app.yaml': APP, 'kustomization.yaml': `resources: [app.yaml]\n${kustomization}` });
const merged = (patch: string) =>
  render(`patches:\n- path: p.yaml\n`, { 'p.yaml': patch.startsWith('apiVersion') ? patch : deployment(patch) });
const deployment = (spec: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {template: {spec: ${spec}}}\n`;
const podOf = (objects: ReturnType<typeof render>) => objectOf(objects, 'Deployment').spec.template.spec;

describe('kustomize: strategic merge', () => {
  it('containers by name, environment by name, commands whole; new elements come first', () => {
    const { containers } = podOf(
      merged(
        '{containers: [{name: new, image: new}, {name: cart, command: [go], env: [{name: C, value: c}, {name: B, value: z}]}]}',
      ),
    );
    assert.deepEqual(
      containers.map(({ name }: { name: string }) => name),
      ['new', 'cart', 'side'],
    );
    assert.deepEqual(containers[1].command, ['go']);
    assert.deepEqual(containers[1].env, [
      { name: 'C', value: 'c' },
      { name: 'B', value: 'z' },
      { name: 'A', value: 'a' },
    ]);
  });

  it('null and $patch: delete remove, also elements of lists', () => {
    const pod = podOf(
      merged(
        '{volumes: [{name: data, emptyDir: null, hostPath: {path: /x}}], containers: [{name: side, $patch: delete}, {name: cart, image: null, env: [{name: A, $patch: delete}]}]}',
      ),
    );
    assert.deepEqual(pod.volumes, [{ name: 'data', hostPath: { path: '/x' } }]);
    assert.equal(pod.containers.length, 1);
    assert.equal(pod.containers[0].image, undefined);
    assert.deepEqual(pod.containers[0].env, [{ name: 'B', value: 'b' }]);
  });

  it('$patch: replace on a mapping and on a list', () => {
    assert.deepEqual(podOf(merged('{$patch: replace, nodeName: x}')), { nodeName: 'x' });
    const { containers } = podOf(merged('{containers: [{$patch: replace}, {name: only, image: only}]}'));
    assert.deepEqual(containers, [{ name: 'only', image: 'only' }]);
  });

  it('$patch: delete on a list removes it, $patch: merge is the default', () => {
    assert.equal(podOf(merged('{volumes: [{$patch: delete}]}')).volumes, undefined);
    assert.equal(podOf(merged('{$patch: merge, nodeName: x}')).containers.length, 2);
  });

  it('$patch: delete on an object removes it', () => {
    const patch = '$patch: delete\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\n';
    assert.deepEqual(namesOf(render('patches: [{path: p.yaml}]\n', { 'p.yaml': patch })), [
      'Service /cart',
      'VirtualService /cart',
    ]);
  });

  it('ports by number and protocol, where the patch names both', () => {
    const [cart] = podOf(
      merged('{containers: [{name: cart, ports: [{containerPort: 53, protocol: UDP, name: dns}]}]}'),
    ).containers;
    assert.deepEqual(
      cart.ports.map(({ name }: { name: string }) => name),
      ['tcp', 'dns', 'web'],
    );
  });

  it('ports of which the patch or the object leaves the protocol out', () => {
    for (const ports of [
      '[{containerPort: 53, name: x}, {containerPort: 80, protocol: TCP, name: y}]',
      '[{containerPort: 80, name: y}, {containerPort: 81}]',
      '[{containerPort: 80, protocol: TCP}, {containerPort: 80, protocol: UDP}]',
      '[{containerPort: 53}]',
    ]) {
      merged(`{containers: [{name: cart, ports: ${ports}}]}`);
    }
    const service = merged(
      'apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {ports: [{port: 80, targetPort: 8080}, {port: 70}]}\n',
    );
    assert.deepEqual(objectOf(service, 'Service').spec.ports, [
      { port: 80, name: 'http', targetPort: 8080 },
      { port: 70 },
      { port: 90, name: 'admin' },
    ]);
  });

  it('lists of scalars are joined where the schema says so', () => {
    const patch = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, finalizers: [c, a]}\n';
    assert.deepEqual(objectOf(merged(patch), 'Deployment').metadata.finalizers, ['c', 'a', 'b']);
  });

  it('lists of custom resources are replaced whole, mappings merged; only nulls that are spelled out stay', () => {
    const patch =
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart}\nspec: {hosts: [x], gateways: [y], tls: {a: null, b: {}}}\n';
    const { spec } = objectOf(merged(patch), 'VirtualService');
    assert.deepEqual(spec.hosts, ['x']);
    assert.deepEqual(spec.gateways, ['y']);
    assert.deepEqual(spec.tls, { b: {} });
    assert.equal(spec.http.length, 2);
    const whole =
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart}\nspec: {http: [{name: a}]}\n';
    assert.deepEqual(objectOf(merged(whole), 'VirtualService').spec.http, [{ name: 'a' }]);
  });

  it('several patches in a file; a target that changes names and kinds only where it may', () => {
    const several = `${deployment('{nodeName: x}')}---\napiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {type: NodePort}\n`;
    const both = merged(several);
    assert.equal(podOf(both).nodeName, 'x');
    assert.equal(objectOf(both, 'Service').spec.type, 'NodePort');
    const rename = (options: string) =>
      render(
        `patches:\n- target: {kind: Service}\n  patch: |\n    kind: Service\n    metadata: {name: other}\n    spec: {type: NodePort}\n${options}`,
      );
    assert.equal(objectOf(rename(''), 'Service').metadata.name, 'cart');
    assert.equal(objectOf(rename('  options: {allowNameChange: true}\n'), 'Service').metadata.name, 'other');
  });
});

describe('kustomize: targets', () => {
  const hit = (target: string): string[] => {
    const { objects } = buildTree({
      'app.yaml': APP,
      'kustomization.yaml': `resources: [app.yaml]\nnamespace: shop\npatches:\n- target: ${target}\n  patch: '[{"op": "add", "path": "/hit", "value": 1}]'\n`,
    });
    return objects.filter(({ value }) => value.hit === 1).map(({ kind }) => kind);
  };

  it('by expressions for the whole of a value, labels and annotations', () => {
    assert.deepEqual(hit('{kind: Service}'), ['Service']);
    assert.deepEqual(hit('{kind: Serv}'), []);
    assert.deepEqual(hit('{kind: .*Service}').sort(), ['Service', 'VirtualService']);
    assert.deepEqual(hit('{group: apps|networking.istio.io, name: c.*}').sort(), ['Deployment', 'VirtualService']);
    assert.deepEqual(hit('{version: v1, group: apps}'), ['Deployment']);
    assert.deepEqual(hit('{labelSelector: tier=back}'), ['Deployment']);
    assert.deepEqual(hit('{labelSelector: "tier in (back, front),!other"}').sort(), ['Deployment', 'VirtualService']);
    assert.deepEqual(hit('{labelSelector: "tier notin (back)"}').sort(), ['Service', 'VirtualService']);
    assert.deepEqual(hit('{labelSelector: tier!=front, kind: Service}'), ['Service']);
    assert.deepEqual(hit('{annotationSelector: a}'), []);
    assert.deepEqual(hit('{namespace: default, kind: Service}'), ['Service']);
    // patches come before the namespace of the same kustomization
    assert.deepEqual(hit('{namespace: shop, kind: Service}'), []);
  });

  it('that hit nothing are passed over by kustomize; here with a warning', () => {
    const tree = {
      'app.yaml': APP,
      'kustomization.yaml': `resources: [app.yaml]\npatches:\n- target: {kind: Pod}\n  patch: '[{"op": "remove", "path": "/x"}]'\n`,
    };
    const result = buildTree(tree);
    assert.deepEqual(problemsOf(tree, result), ['kustomization.yaml:3 patch-without-effect']);
    assert.equal(result.problems[0]!.severity, 'warning');
  });
});

describe('kustomize: JSON patches', () => {
  const patched = (operations: string) =>
    objectOf(render(`patches:\n- target: {kind: VirtualService}\n  patch: |-\n${operations}`), 'VirtualService');

  it('all operations', () => {
    const { metadata, spec } = patched(
      `    - op: add
      path: /metadata/annotations/a~1b
      value: x
`.replace('/annotations/a~1b', '/labels/a~1b') +
        `    - op: replace
      path: /spec/hosts/0
      value: other
    - op: add
      path: /spec/hosts/-
      value: last
    - op: add
      path: /spec/hosts/0
      value: first
    - op: copy
      from: /spec/http/0/name
      path: /spec/copied
    - op: move
      from: /spec/http/1
      path: /spec/http/0
    - op: test
      path: /spec/http/0/name
      value: b
    - op: remove
      path: /spec/http/1/route
`,
    );
    assert.deepEqual(metadata.labels, { tier: 'front', 'a/b': 'x' });
    assert.deepEqual(spec.hosts, ['first', 'other', 'last']);
    assert.equal(spec.copied, 'a');
    assert.deepEqual(spec.http, [{ name: 'b', timeout: null, retries: null }, { name: 'a' }]);
  });

  it('as JSON, in a file, and in the old field', () => {
    const file = '[{"op": "replace", "path": "/spec/hosts", "value": ["x"]}]';
    const target = 'target: {group: networking.istio.io, version: v1, kind: VirtualService, name: cart}';
    for (const kustomization of [
      `patches:\n- ${target}\n  path: p.json\n`,
      `patchesJson6902:\n- ${target}\n  path: p.json\n`,
      `patches:\n- ${target}\n  patch: '${file}'\n`,
    ]) {
      const objects = render(kustomization, { 'p.json': file });
      assert.deepEqual(objectOf(objects, 'VirtualService').spec.hosts, ['x']);
    }
  });

  it('that do not fit are reported at the operation', () => {
    const tree = {
      'app.yaml': APP,
      'kustomization.yaml': `resources: [app.yaml]
patches:
- target: {kind: Service}
  patch: |-
    - op: add
      path: /spec/type
      value: NodePort
    - op: remove
      path: /spec/nothing
`,
    };
    assert.deepEqual(problemsOf(tree, buildTree(tree)), ['kustomization.yaml:8 patch-failed']);
  });
});

describe('kustomize: patchesStrategicMerge', () => {
  it('takes paths and texts', () => {
    const objects = render(
      `patchesStrategicMerge:
- p.yaml
- |-
  apiVersion: v1
  kind: Service
  metadata: {name: cart}
  spec: {type: NodePort}
`,
      { 'p.yaml': deployment('{nodeName: x}') },
    );
    assert.equal(podOf(objects).nodeName, 'x');
    assert.equal(objectOf(objects, 'Service').spec.type, 'NodePort');
  });
});
