// Settings that are shown bear on answers: which namespaces istiod looks into, and what OpenShift's operator makes.
import assert from 'node:assert/strict';
import { hover } from '../../../server/src/features/hover';
import { connectionsFrom } from '../../../server/src/mtls/connections';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../../server/src/rules/rule';
import {
  app,
  destinationRule,
  explanationOf,
  namespace,
  onlyMesh,
  peerAuthentication,
  service,
  snapshotOf,
} from '../report/workspace';
import { connection, meshConfig, meshOf, workloadOf } from '../traps/support';

const labelled = (name: string, label: string): string =>
  namespace(name).replace('istio-injection: enabled', `istio-injection: enabled, ${label}`);
const discovery = (selectors: string): string => meshConfig(`discoverySelectors: ${selectors}`);
const SELECTORS =
  '[{matchLabels: {team: shop}}, {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [istio-system]}]}]';
const both = (name: string): string =>
  app(name, 'web') + service(name, 'web') + app(name, 'api') + service(name, 'api');
const MESH =
  discovery(SELECTORS) + labelled('shop', 'team: shop') + labelled('pay', 'team: pay') + both('shop') + both('pay');

describe('discoverySelectors', () => {
  it('keep services of other namespaces from istiod, while their pods can still call', () => {
    const { mesh, ...mtls } = meshOf(MESH);
    assert.deepEqual(
      mesh.services.map(({ host }) => host).filter((host) => host.includes('.pay.')),
      [],
    );
    assert.equal(connection({ mesh, ...mtls }, 'pay/web', 'api.shop', 80).outcome, 'mtls');
    const open = meshOf(MESH.replace(SELECTORS, '[]'));
    assert.equal(connection(open, 'shop/web', 'api.pay', 80).outcome, 'mtls');
  });

  it('keep policies and rules of other namespaces from it, those of the root namespace too', () => {
    const strict = peerAuthentication('istio-system', 'default', 'mtls: {mode: STRICT}');
    const here = meshOf(MESH + strict + peerAuthentication('pay', 'default', 'mtls: {mode: DISABLE}'));
    assert.equal(here.accepts(workloadOf(here, 'shop/api'), 8080)?.mode.mode, 'STRICT');
    assert.equal(here.accepts(workloadOf(here, 'pay/api'), 8080)?.mode.mode, 'STRICT');
    const root = '{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}\n---\n';
    const without = MESH.replace(SELECTORS, '[{matchLabels: {team: shop}}]');
    const away = meshOf(without + root + strict);
    assert.equal(away.accepts(workloadOf(away, 'shop/api'), 8080)?.mode.mode, 'PERMISSIVE');
    const { text } = explanationOf(without + root + strict, { client: 'shop/web', host: 'api.shop' });
    assert.match(
      text,
      /istio-system\/default does not exist for istiod: its namespace is not among the discovered ones/,
    );
  });

  it('take a namespace whose labels nothing shows', () => {
    const mtls = meshOf(MESH.replace(labelled('pay', 'team: pay'), ''));
    assert.equal(mtls.mesh.services.length, 4);
  });

  it('are named by the hover of what they leave out', () => {
    const rule = destinationRule('pay', 'api', 'api.shop.svc.cluster.local', 'trafficPolicy: {tls: {mode: DISABLE}}');
    const snapshot = snapshotOf(MESH + rule);
    const { mesh } = onlyMesh(snapshot);
    const object = mesh.in('pay').objects.find(({ kind }) => kind === 'DestinationRule')!;
    assert.deepEqual(mesh.ignoredReason(object), { code: 'undiscovered' });
    const text = MESH + rule;
    const found = hover(snapshot, 'mesh.yaml', text.indexOf('DestinationRule') + 3);
    assert.match(found!.markdown, /does not exist for istiod: the namespace `pay` has no labels/);
  });
});

describe('mTLS of an OpenShift control plane', () => {
  const plane = (security: string): string =>
    `{apiVersion: maistra.io/v2, kind: ServiceMeshControlPlane, metadata: {name: basic, namespace: mesh}, spec: {version: v2.6, security: {dataPlane: {${security}}}}}\n---\n` +
    '{apiVersion: maistra.io/v1, kind: ServiceMeshMemberRoll, metadata: {name: default, namespace: mesh}, spec: {members: [shop]}}\n---\n';
  const pods = (name: string, inject: string): string =>
    app('shop', name).replace(
      'labels: {',
      `annotations: {sidecar.istio.io/inject: "${inject}"}, labels: {sidecar.istio.io/inject: "${inject}", `,
    );
  const SHOP =
    '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n' +
    pods('web', 'true') +
    pods('api', 'true') +
    pods('old', 'false') +
    service('shop', 'api');
  const modeOf = (manifests: string): string => {
    const mtls = meshOf(SHOP + manifests);
    const { mode, level } = mtls.accepts(workloadOf(mtls, 'shop/api'), 8080)!.mode;
    return `${mode} ${level}`;
  };

  it('is a policy for the whole mesh, which the operator makes', () => {
    assert.equal(modeOf(plane('mtls: true')), 'STRICT mesh');
    assert.equal(modeOf(plane('mtls: false')), 'PERMISSIVE default');
    assert.equal(
      modeOf(plane('mtls: true') + peerAuthentication('shop', 'own', 'mtls: {mode: PERMISSIVE}')),
      'PERMISSIVE namespace',
    );
    assert.equal(
      modeOf(plane('mtls: true') + peerAuthentication('mesh', 'default', 'mtls: {mode: DISABLE}')),
      'DISABLE mesh',
    );
    // then rules come with it for every host, which are not computed
    assert.equal(modeOf(plane('mtls: true, automtls: false')), 'PERMISSIVE default');
  });

  it('refuses clients without sidecar, and is told by the field that asks for it', () => {
    const manifests = SHOP + plane('mtls: true');
    const { text } = explanationOf(manifests, { client: 'shop/old', host: 'api' });
    assert.match(text, /:80 {3}refused$/m);
    const line = manifests.slice(0, manifests.indexOf('mtls: true')).split('\n').length;
    assert.match(
      text,
      new RegExp(
        `PeerAuthentication mesh/default sets STRICT for the mesh, made by the operator for ServiceMeshControlPlane mesh/basic +\\(mesh\\.yaml:${line}\\)`,
      ),
    );
    const snapshot = snapshotOf(manifests);
    for (const problem of checkSnapshot(snapshot, DEFAULT_OPTIONS))
      for (const fix of problem.fixes?.() ?? []) assert.doesNotMatch(JSON.stringify(fix), /mtls: true/);
    const { mtls } = onlyMesh(snapshot);
    const api = mtls.mesh.services[0]!;
    assert.equal(connectionsFrom(mtls, workloadOf(mtls, 'shop/web'), api, api.ports[0]!)[0]?.outcome, 'mtls');
  });
});
