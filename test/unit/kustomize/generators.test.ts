// ConfigMaps and Secrets that a kustomization makes: their content, their names and what refers to them.
import assert from 'node:assert/strict';
import { buildTree, namesOf, objectOf, objectsOf, problemsOf } from './support';

const JOB = `apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  template:
    spec:
      containers:
      - name: job
        env: [{name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}]
      volumes: [{name: c, configMap: {name: settings}}, {name: d, configMap: {name: other}}]
`;

const generate = (fields: string, files: Record<string, string> = {}) =>
  objectsOf({ 'kustomization.yaml': fields, 'job.yaml': JOB, ...files });

describe('kustomize: generators', () => {
  it('literals, files and environments; names end with a hash, and references follow', () => {
    const objects = generate(
      `resources: [job.yaml]
configMapGenerator:
- name: settings
  literals: [a=1, b="x=y", "c='q'", 'd="']
  files: [app.properties, key=app.properties]
  envs: [app.env]
secretGenerator:
- name: keys
  literals: [a=secret, long=${'0123456789'.repeat(8)}]
`,
      { 'app.properties': 'x: <é> & "😀"\n', 'app.env': '\uFEFF# comment\n\n E1=1\nE2\nE3= a=b \r\n' },
    );
    const settings = objectOf(objects, 'ConfigMap');
    assert.deepEqual(settings.data, {
      E1: '1',
      E2: '',
      E3: ' a=b ',
      a: '1',
      b: 'x=y',
      c: 'q',
      d: '"',
      'app.properties': 'x: <é> & "😀"\n',
      key: 'x: <é> & "😀"\n',
    });
    assert.match(settings.metadata.name, /^settings-[2-9bcdfghkmt]{10}$/);
    const secret = objectOf(objects, 'Secret');
    assert.equal(secret.type, 'Opaque');
    assert.equal(secret.data.a, 'c2VjcmV0');
    assert.equal(secret.data.long.split('\n')[0].length, 70);
    const { containers, volumes } = objectOf(objects, 'Job').spec.template.spec;
    assert.equal(volumes[0].configMap.name, settings.metadata.name);
    assert.equal(volumes[1].configMap.name, 'other');
    assert.equal(containers[0].env[0].valueFrom.secretKeyRef.name, secret.metadata.name);
  });

  it('the hash is that of kustomize', () => {
    const objects = generate('configMapGenerator: [{name: empty}, {name: one, literals: [a=b]}]\n');
    assert.deepEqual(namesOf(objects), ['ConfigMap /empty-6ct58987ht', 'ConfigMap /one-4h2mbtbbt6']);
  });

  it('options: for one, for all, and which of them wins', () => {
    const objects = generate(`configMapGenerator:
- name: plain
  options: {disableNameSuffixHash: true, labels: {a: own}, immutable: true}
- {name: hashed, namespace: shop}
secretGenerator:
- {name: tls, type: kubernetes.io/tls, literals: [k=v]}
generatorOptions: {labels: {a: all, b: all}, annotations: {note: "1"}}
`);
    const [hashed, plain] = ['hashed', 'plain'].map((name) => objects.find((object) => object.name.startsWith(name))!);
    assert.deepEqual(plain!.value, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'plain', labels: { a: 'own', b: 'all' }, annotations: { note: '1' } },
      immutable: true,
    });
    assert.equal(hashed!.namespace, 'shop');
    assert.equal(objectOf(objects, 'Secret').type, 'kubernetes.io/tls');
  });

  it('an overlay merges into a base or replaces its data', () => {
    const tree = (behavior: string) => ({
      'base/kustomization.yaml': 'namePrefix: a-\nconfigMapGenerator: [{name: m, literals: [a=1, b=2]}]\n',
      'kustomization.yaml': `resources: [base]\nconfigMapGenerator:\n- {name: m, behavior: ${behavior}, literals: [b=3, c=4]}\n`,
    });
    assert.deepEqual(objectOf(objectsOf(tree('merge')), 'ConfigMap').data, { a: '1', b: '3', c: '4' });
    assert.deepEqual(objectOf(objectsOf(tree('replace')), 'ConfigMap').data, { b: '3', c: '4' });
    // an object that was not generated keeps its name
    const written = { ...tree('merge'), 'base/kustomization.yaml': 'resources: [m.yaml]\n' };
    const map = { 'base/m.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: "1"}\n' };
    assert.equal(objectOf(objectsOf({ ...written, ...map }), 'ConfigMap').metadata.name, 'm');
    const repeated = tree('create');
    assert.deepEqual(problemsOf(repeated, buildTree(repeated)), ['kustomization.yaml:3 generator-invalid']);
  });

  it('what cannot be generated', () => {
    const problems = (fields: string) => {
      const tree = { 'kustomization.yaml': fields };
      return problemsOf(tree, buildTree(tree));
    };
    assert.deepEqual(problems('configMapGenerator:\n- name: a\n  files:\n  - nothing.txt\n'), [
      'kustomization.yaml:4 file-missing',
    ]);
    assert.deepEqual(problems('configMapGenerator:\n- name: a\n  literals: [a=1, a=2]\n'), [
      'kustomization.yaml:3 generator-invalid',
    ]);
    assert.deepEqual(problems('configMapGenerator:\n- {name: a, behavior: merge}\n'), [
      'kustomization.yaml:2 generator-invalid',
    ]);
    assert.deepEqual(problems('configMapGenerator:\n- literals: [a=1]\n'), ['kustomization.yaml:2 generator-invalid']);
  });
});
