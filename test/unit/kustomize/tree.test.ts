// How kustomizations are put together, what breaks them, and what of them is not here.
import assert from 'node:assert/strict';
import { buildTree, namesOf, objectOf, objectsOf, problemsOf, type Tree } from './support';

const object = (kind: string, name: string, rest = ''): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n${rest}`;

describe('kustomize: trees', () => {
  it('files, folders, bases and components', () => {
    const tree = {
      'a/kustomization.yml': 'resources: [./x/../service.yaml]\n',
      'a/service.yaml': object('Service', 'a'),
      'b/Kustomization': 'resources: [service.yaml]\nnamespace: b\n',
      'b/service.yaml': object('Service', 'b'),
      'c/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [extra.yaml]
namePrefix: c-
patches:
- target: {kind: Service}
  patch: '[{"op": "add", "path": "/metadata/labels", "value": {c: "1"}}]'
`.replace('{c: "1"}', '{"c": "1"}'),
      'c/extra.yaml': object('Service', 'extra'),
      'top/kustomization.yaml': 'resources: [../a]\nbases: [../b/]\ncomponents: [../c]\nnameSuffix: -z\n',
    };
    const objects = objectsOf(tree, 'top');
    assert.deepEqual(namesOf(objects), ['Service /c-a-z', 'Service /c-extra-z', 'Service b/c-b-z']);
    assert.deepEqual((objects[0]!.value as { metadata: { labels: unknown } }).metadata.labels, { c: '1' });
  });

  it('a file with a space, a plus and a letter that URIs write otherwise', () => {
    const tree = { 'kustomization.yaml': 'resources: ["a b+ü.yaml"]\n', 'a b+ü.yaml': object('Service', 'a') };
    assert.ok(buildTree(tree).reads.has('file:///repo/a%20b+%C3%BC.yaml'));
    assert.deepEqual(namesOf(objectsOf(tree)), ['Service /a']);
  });

  const broken = (tree: Tree, folder = ''): string[] => problemsOf(tree, buildTree(tree, folder));

  it('a missing file is one problem, and nothing that follows from it', () => {
    const tree = {
      'kustomization.yaml': `resources:
- gone.yaml
- there.yaml
patches:
- patch: '{apiVersion: v1, kind: Service, metadata: {name: gone}}'
replicas: [{name: gone, count: 1}]
`,
      'there.yaml': object('Service', 'there'),
    };
    assert.deepEqual(broken(tree), ['kustomization.yaml:2 file-missing']);
    assert.deepEqual(namesOf(buildTree(tree).objects), ['Service /there']);
  });

  it('cycles: the folder itself, folders that name each other, a folder above', () => {
    assert.deepEqual(broken({ 'kustomization.yaml': 'resources: [.]\n' }), ['kustomization.yaml:1 cycle']);
    const two = { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' };
    assert.deepEqual(broken(two, 'a'), ['b/kustomization.yaml:1 cycle']);
    const above = { 'kustomization.yaml': 'namespace: x\n', 'dev/kustomization.yaml': 'bases: [..]\n' };
    assert.deepEqual(broken(above, 'dev'), ['dev/kustomization.yaml:1 cycle']);
  });

  it('kustomizations that cannot be read', () => {
    const one = (text: string): string[] => broken({ 'kustomization.yaml': text });
    assert.deepEqual(one('namespace: [\n'), ['kustomization.yaml:1 not-yaml']);
    assert.deepEqual(one('namespace: x\nresource: [a]\n'), ['kustomization.yaml:2 kustomization-invalid']);
    assert.deepEqual(one('namespace: x\ncommonLabels:\n  a: 1\n'), ['kustomization.yaml:3 kustomization-invalid']);
    assert.deepEqual(one('namespace: x\nkind: Other\n'), ['kustomization.yaml:2 kustomization-invalid']);
    assert.deepEqual(one('apiVersion: v1\nnamespace: x\n'), ['kustomization.yaml:1 kustomization-invalid']);
    assert.deepEqual(one('kind: Kustomization\n'), ['kustomization.yaml:1 kustomization-empty']);
    assert.deepEqual(one('resources: []\n'), []);
    assert.deepEqual(broken({}), ['kustomization.yaml:1 kustomization-missing']);
    const both = { 'kustomization.yaml': 'namespace: x\n', 'kustomization.yml': 'namespace: x\n' };
    assert.deepEqual(broken(both), ['kustomization.yaml:1 kustomization-ambiguous']);
  });

  it('resources that are none', () => {
    const one = (text: string): string[] => broken({ 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': text });
    assert.deepEqual(one('apiVersion: v1\nkind: Service\nmetadata: {}\n'), ['a.yaml:3 not-an-object']);
    assert.deepEqual(one('a: b\n'), ['a.yaml:1 not-an-object']);
    assert.deepEqual(one('just text\n'), ['a.yaml:1 not-an-object']);
    assert.deepEqual(one(object('Service', 'a', 'spec: {a: 1,\n')), ['a.yaml:4 not-yaml']);
    assert.deepEqual(one(object('Service', 'a', 'spec:\n  a: 1\n  a: 2\n')), ['a.yaml:6 not-yaml']);
    assert.deepEqual(one(`${object('Service', 'a')}---\n${object('Service', 'a')}`), ['a.yaml:5 object-repeated']);
  });

  it('components among resources and the other way round', () => {
    const component = 'kind: Component\nnamespace: x\n';
    const tree = { 'kustomization.yaml': 'resources: [c]\n', 'c/kustomization.yaml': component };
    assert.deepEqual(broken(tree), ['kustomization.yaml:1 wrong-kind']);
    const other = { 'kustomization.yaml': 'components: [c]\n', 'c/kustomization.yaml': 'namespace: x\n' };
    assert.deepEqual(broken(other), ['kustomization.yaml:1 wrong-kind']);
  });

  it('patches for objects that are not there', () => {
    const tree = {
      'kustomization.yaml': 'resources: [a.yaml]\npatches:\n- path: p.yaml\n',
      'a.yaml': object('Service', 'a'),
      'p.yaml': object('Service', 'b'),
    };
    assert.deepEqual(broken(tree), ['p.yaml:3 patch-target-missing']);
  });

  it('keys in any case', () => {
    const tree = { 'kustomization.yaml': 'Resources: [a.yaml]\nnameprefix: x-\n', 'a.yaml': object('Service', 'a') };
    assert.equal(objectOf(objectsOf(tree), 'Service').metadata.name, 'x-a');
  });
});

describe('kustomize: what is not here', () => {
  it('remote bases are unknown, and nothing is said about what they would bring', () => {
    for (const reference of [
      'https://github.com/istio/istio//samples?ref=1.20',
      'github.com/istio/istio/samples?ref=main',
      'git@github.com:istio/istio.git',
      'ssh://git@host.example/repo',
      'https://example.com/file.yaml',
    ]) {
      const tree = {
        'kustomization.yaml': `resources: [${JSON.stringify(reference)}, a.yaml]\npatches:\n- patch: '{kind: Service, metadata: {name: b}}'\n`,
        'a.yaml': object('Service', 'a'),
      };
      const result = buildTree(tree);
      assert.deepEqual(
        result.incomplete.map(({ reason, reference: written }) => `${reason} ${written}`),
        [`remote ${reference}`],
      );
      assert.deepEqual(result.problems, []);
      assert.deepEqual(namesOf(result.objects), ['Service /a']);
    }
  });

  it('charts and plugins are unknown', () => {
    const tree = { 'kustomization.yaml': 'namespace: x\nhelmCharts: [{name: istiod, repo: x}]\n' };
    assert.deepEqual(
      buildTree(tree).incomplete.map(({ reason, reference }) => `${reason} ${reference}`),
      ['plugin istiod'],
    );
  });
});
