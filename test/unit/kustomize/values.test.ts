// Values that go from one object to another: replacements and vars.
import assert from 'node:assert/strict';
import { buildTree, objectOf, objectsOf, problemsOf } from './support';

const APP = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {PORT: "8080", HOST: pay.shop.svc, LIST: a-b-c}
---
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec: {ports: [{name: http, port: 80}], type: $(KIND)}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pay, labels: {a: b}}
spec:
  template:
    metadata: {annotations: {sidecar.istio.io/port: "1", text: "$(HOST) $$(HOST) $(OTHER)"}}
    spec:
      containers:
      - {name: one, image: "repo/one:1", args: ["--port=$(PORT)", $(PORT)], ports: [{containerPort: 80}]}
      - {name: two, image: "repo/two:1"}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: pay}
spec:
  hosts: [x.y.z]
  http: [{route: [{destination: {host: x, port: {number: 1}}}]}]
`;

const replaced = (entry: string) =>
  objectsOf({ 'app.yaml': APP, 'kustomization.yaml': `resources: [app.yaml]\nreplacements:\n${entry}` });

describe('kustomize: replacements', () => {
  it('whole values take the type of the field that they go to', () => {
    const objects = replaced(`- source: {kind: ConfigMap, name: settings, fieldPath: data.PORT}
  targets:
  - select: {kind: VirtualService}
    fieldPaths: [spec.http.0.route.0.destination.port.number]
  - select: {kind: Deployment}
    fieldPaths: ["spec.template.metadata.annotations.[sidecar.istio.io/port]"]
`);
    assert.equal(objectOf(objects, 'VirtualService').spec.http[0].route[0].destination.port.number, 8080);
    assert.equal(objectOf(objects, 'Deployment').spec.template.metadata.annotations['sidecar.istio.io/port'], '8080');
  });

  it('parts of texts, by delimiter and index, in front and behind', () => {
    const host = (options: string): string =>
      objectOf(
        replaced(`- source: {kind: Service, fieldPath: metadata.namespace}
  targets:
  - select: {kind: VirtualService}
    fieldPaths: [spec.hosts.0]
    options: ${options}
`),
        'VirtualService',
      ).spec.hosts[0];
    assert.equal(host('{delimiter: ., index: 1}'), 'x.shop.z');
    assert.equal(host('{delimiter: .}'), 'shop.y.z');
    assert.equal(host('{delimiter: ., index: -1}'), 'shop.x.y.z');
    assert.equal(host('{delimiter: ., index: 9}'), 'x.y.z.shop');
  });

  it('part of a source, elements by name, all elements, fields that are made', () => {
    const objects = replaced(`- source: {kind: ConfigMap, fieldPath: data.LIST, options: {delimiter: "-", index: 2}}
  targets:
  - select: {kind: Deployment}
    fieldPaths:
    - spec.template.spec.containers.[name=two].image
    - spec.template.spec.nodeSelector.zone
    options: {create: true}
  - select: {name: pay}
    reject: [{kind: Service}, {kind: VirtualService}]
    fieldPaths: [spec.template.spec.containers.*.name]
`);
    const { containers, nodeSelector } = objectOf(objects, 'Deployment').spec.template.spec;
    assert.equal(containers[1].image, 'c');
    assert.deepEqual(nodeSelector, { zone: 'c' });
    assert.deepEqual(
      containers.map(({ name }: { name: string }) => name),
      ['c', 'c'],
    );
  });

  it('the name where no field is named, mappings, files of replacements', () => {
    const objects = objectsOf({
      'app.yaml': APP,
      'kustomization.yaml': 'resources: [app.yaml]\nreplacements: [{path: r.yaml}]\n',
      'r.yaml': `- source: {kind: Service}
  targets: [{select: {kind: VirtualService}, fieldPaths: ["spec.http.[route=x].name", spec.hosts.0]}]
- source: {kind: Deployment, fieldPath: metadata.labels}
  targets: [{select: {kind: VirtualService}, fieldPaths: [metadata.labels], options: {create: true}}]
`.replace('"spec.http.[route=x].name", ', ''),
    });
    assert.deepEqual(objectOf(objects, 'VirtualService').spec.hosts, ['pay']);
    assert.deepEqual(objectOf(objects, 'VirtualService').metadata.labels, { a: 'b' });
  });

  it('without source or target field', () => {
    const problems = (entry: string) => {
      const tree = { 'app.yaml': APP, 'kustomization.yaml': `resources: [app.yaml]\nreplacements:\n${entry}` };
      return problemsOf(tree, buildTree(tree));
    };
    const targets = '  targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]\n';
    assert.deepEqual(problems(`- source: {kind: Pod}\n${targets}`), [
      'kustomization.yaml:3 replacement-source-missing',
    ]);
    assert.deepEqual(problems(`- source: {name: pay}\n${targets}`), [
      'kustomization.yaml:3 replacement-source-missing',
    ]);
    assert.deepEqual(problems(`- source: {kind: Service, fieldPath: spec.x}\n${targets}`), [
      'kustomization.yaml:3 replacement-source-missing',
    ]);
    assert.deepEqual(
      problems('- source: {kind: Service}\n  targets:\n  - select: {kind: Service}\n    fieldPaths: [a.b]\n'),
      ['kustomization.yaml:6 field-not-found'],
    );
  });
});

describe('kustomize: vars', () => {
  it('in the fields that are known for it, with the names at the end of the build', () => {
    const objects = objectsOf({
      'app.yaml': APP,
      'kustomization.yaml': `resources: [app.yaml]
namePrefix: a-
configurations: [fields.yaml]
vars:
- name: PORT
  objref: {apiVersion: v1, kind: ConfigMap, name: settings}
  fieldref: {fieldpath: data.PORT}
- name: HOST
  objref: {apiVersion: v1, kind: Service, name: pay}
- name: NUMBER
  objref: {apiVersion: v1, kind: Service, name: pay}
  fieldref: {fieldPath: "spec.ports[0].port"}
`,
      'fields.yaml': 'varReference: [{kind: VirtualService, path: spec/hosts}]\n',
    });
    const { metadata, spec } = objectOf(objects, 'Deployment').spec.template;
    assert.deepEqual(spec.containers[0].args, ['--port=8080', '8080']);
    assert.equal(metadata.annotations.text, 'a-pay $(HOST) $(OTHER)');
    assert.equal(objectOf(objects, 'Service').spec.type, '$(KIND)');
  });

  it('that nothing gives a value', () => {
    const tree = {
      'app.yaml': APP,
      'kustomization.yaml': 'resources: [app.yaml]\nvars:\n- {name: A, objref: {apiVersion: v1, kind: Pod, name: x}}\n',
    };
    assert.deepEqual(problemsOf(tree, buildTree(tree)), ['kustomization.yaml:3 variable-unresolved']);
  });
});
