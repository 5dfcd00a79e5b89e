// What meshes of one workspace tell each other: settings and labels where all agree, and never where a policy of another
// mesh may act.
import assert from 'node:assert/strict';
import { type MeshView, Workspace } from '../../../server/src/workspace/workspace';
import { app, destinationRule, namespace, peerAuthentication, service } from '../report/workspace';

const OPERATOR = (config: string): string =>
  `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {meshConfig: {${config}}}}\n---\n`;
const SHOP = app('shop', 'web') + service('shop', 'web');

/** A kustomization for each folder, with one file. */
function meshesOf(folders: Readonly<Record<string, string>>, workspace = new Workspace()): Map<string, MeshView> {
  const files = Object.entries(folders).flatMap(([folder, text]): [string, string][] => [
    [`${folder}/kustomization.yaml`, 'resources: [all.yaml]\n'],
    [`${folder}/all.yaml`, text],
  ]);
  workspace.apply({ files: new Map(files) });
  return new Map(workspace.snapshot().meshes.map((view) => [view.name, view]));
}

const dataplane = (view: MeshView | undefined): string | undefined => view?.mesh.workloads[0]?.dataplane;

describe('what meshes tell each other', () => {
  it('labels of a namespace and settings reach a mesh that says nothing of them, with their source', () => {
    const { mesh } = meshesOf({ infra: namespace('shop') + OPERATOR('trustDomain: corp'), shop: SHOP }).get('shop')!;
    assert.equal(mesh.workloads[0]!.dataplane, 'sidecar');
    assert.equal(mesh.settings.trustDomain, 'corp');
    const source = mesh.settings.sources.trustDomain;
    assert.equal(source.by === 'manifest' && source.object.source.uri, 'infra/all.yaml');
    assert.equal(mesh.labelled('shop')?.source.uri, 'infra/all.yaml');
    // it is no object of the mesh
    assert.equal(mesh.namespaces.get('shop'), undefined);
  });

  it('what manifests do not agree on is not told', () => {
    const folders = {
      dev: namespace('shop') + OPERATOR('trustDomain: dev'),
      prod: namespace('shop', 'disabled') + OPERATOR('trustDomain: prod'),
      shop: SHOP,
    };
    const { mesh } = meshesOf(folders).get('shop')!;
    assert.equal(mesh.workloads[0]!.dataplane, 'unknown');
    assert.equal(mesh.settings.sources.trustDomain.by, 'default');
  });

  it('settings that one leaves at the default do not agree either', () => {
    const dev = OPERATOR('accessLogFile: x');
    const { mesh } = meshesOf({ dev, prod: OPERATOR('enableAutoMtls: false'), shop: SHOP }).get('shop')!;
    assert.equal(mesh.settings.enableAutoMtls, true);
  });

  it('a mesh that says how Istio is installed keeps to that', () => {
    const { mesh } = meshesOf({ infra: OPERATOR('trustDomain: a'), shop: SHOP + OPERATOR('rootNamespace: b') }).get(
      'shop',
    )!;
    assert.equal(mesh.settings.trustDomain, 'cluster.local');
  });

  it('where a policy of another mesh may act, no answer becomes certain', () => {
    const mutual = destinationRule('istio-system', 'all', '*.local', 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}');
    const strict = peerAuthentication('shop', 'other', 'mtls: {mode: STRICT}');
    for (const policy of [mutual, strict]) {
      const { mesh } = meshesOf({
        infra: namespace('shop') + OPERATOR('enableAutoMtls: false') + policy,
        shop: SHOP,
      }).get('shop')!;
      assert.equal(mesh.workloads[0]!.dataplane, 'unknown');
      assert.equal(mesh.settings.enableAutoMtls, true);
    }
    const elsewhere = peerAuthentication('pay', 'other', 'mtls: {mode: STRICT}');
    assert.equal(dataplane(meshesOf({ infra: namespace('shop') + elsewhere, shop: SHOP }).get('shop')), 'sidecar');
  });

  it('alternatives with policies of their own are no others', () => {
    const policy = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
    const meshes = meshesOf({ infra: namespace('shop'), dev: SHOP + policy, prod: SHOP + policy });
    assert.deepEqual([dataplane(meshes.get('dev')), dataplane(meshes.get('prod'))], ['sidecar', 'sidecar']);
  });

  it('`default` is not what it says', () => {
    assert.equal(
      dataplane(meshesOf({ infra: namespace('default'), shop: app('default', 'web') }).get('shop')),
      'unknown',
    );
  });

  it('an edit of a label or a setting reaches the other meshes', () => {
    const workspace = new Workspace();
    const look = (text: string): unknown[] => {
      const { mesh } = meshesOf({ infra: text, shop: SHOP }, workspace).get('shop')!;
      return [mesh.workloads[0]!.dataplane, mesh.settings.trustDomain];
    };
    assert.deepEqual(look(namespace('shop') + OPERATOR('trustDomain: a')), ['sidecar', 'a']);
    assert.deepEqual(look(namespace('shop', 'disabled') + OPERATOR('trustDomain: b')), ['none', 'b']);
    assert.deepEqual(look(namespace('pay')), ['unknown', 'cluster.local']);
    // the same in files that nothing renders
    const plain = (label: string): string | undefined => {
      workspace.apply({
        files: new Map([
          ['infra/kustomization.yaml', undefined],
          ['infra/all.yaml', namespace('shop', label)],
        ]),
      });
      return dataplane(workspace.snapshot().meshes.find(({ name }) => name === 'shop'));
    };
    assert.deepEqual([plain('enabled'), plain('disabled'), plain('enabled')], ['sidecar', 'none', 'sidecar']);
    // a policy comes and goes
    const beside = (text: string): string | undefined => {
      workspace.apply({ files: new Map([['infra/all.yaml', namespace('shop') + text]]) });
      return dataplane(workspace.snapshot().meshes.find(({ name }) => name === 'shop'));
    };
    const policy = peerAuthentication('shop', 'x', 'mtls: {mode: STRICT}');
    assert.deepEqual([beside(policy), beside(''), beside(policy)], ['unknown', 'sidecar', 'unknown']);
  });
});
