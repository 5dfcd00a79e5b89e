// What minor versions of Istio do differently.
import assert from 'node:assert/strict';
import { parseVersion } from '../../../server/src/mesh/version';
import { destinationRule, namespace, service, sidecar } from '../report/workspace';
import { connection, meshOf, pods, workloadOf } from './support';

const SHOP = namespace('shop') + namespace('client') + pods('shop', 'web') + pods('client', 'curl');
const WEB = 'web.shop.svc.cluster.local';

const entry = (place: string, name: string, host: string, spec: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}, namespace: ${place}}, spec: {hosts: [${host}], location: MESH_INTERNAL, ports: [{number: 80, name: http, protocol: HTTP}], ${spec}}}\n---\n`;

/** The namespace whose service `client/curl` reaches under a host. */
function reached(host: string, version: string, ...manifests: string[]): string | undefined {
  const mtls = meshOf(SHOP + manifests.join(''), { istioVersion: version });
  return mtls.mesh.scopeOf(workloadOf(mtls, 'client/curl')).services.get(host)?.service.namespace;
}

describe('istioVersion', () => {
  it('is read with and without its patch version', () => {
    assert.equal(parseVersion('1.28'), 28);
    assert.equal(parseVersion('v1.24.3-rc.1'), 24);
    for (const text of ['1.19', '2.0', '1', 'latest', '', '1.2x']) assert.equal(parseVersion(text), undefined, text);
  });

  it('1.24: rules with other readers stay apart', () => {
    // DR-12: the older has no exportTo, the newer says `*`
    const rules =
      destinationRule('shop', 'a', 'web', 'trafficPolicy: {tls: {mode: DISABLE}}') +
      destinationRule('shop', 'b', 'web', 'exportTo: ["*"], trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}');
    const sent = (istioVersion: string): unknown =>
      connection(meshOf(SHOP + service('shop', 'web') + rules, { istioVersion }), 'client/curl', 'web.shop', 80).send
        ?.whole?.tls;
    assert.equal(sent('1.24'), 'ISTIO_MUTUAL');
    assert.equal(sent('1.23'), 'PLAINTEXT');
  });

  it('1.24: the own namespace goes first, with a Sidecar and without', () => {
    const both = service('shop', 'web') + entry('client', 'web', WEB, 'resolution: STATIC');
    const imports = sidecar('client', 'default', 'egress: [{hosts: ["*/*"]}]');
    assert.equal(reached(WEB, '1.24', both), 'client');
    assert.equal(reached(WEB, '1.23', both), 'shop');
    assert.equal(reached(WEB, '1.23', both, imports), 'client');
  });

  it('1.31: the defaults for exportTo may list namespaces', () => {
    const settings = (list: string): string =>
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "defaultServiceExportTo: ${list}"}}\n---\n`;
    for (const list of ['[client]', '[., client]']) {
      assert.equal(reached(WEB, '1.31', service('shop', 'web'), settings(list)), 'shop');
      assert.equal(reached(WEB, '1.30', service('shop', 'web'), settings(list)), undefined);
    }
  });

  it('1.28: DYNAMIC_DNS exists', () => {
    const dynamic = entry('shop', 'api', "'*.example.com'", 'resolution: DYNAMIC_DNS').replace(
      'MESH_INTERNAL',
      'MESH_EXTERNAL',
    );
    assert.equal(reached('*.example.com', '1.28', dynamic), 'shop');
    assert.equal(reached('*.example.com', '1.27', dynamic), undefined);
  });

  it('1.30: a route leads to a Kubernetes Service before other namespaces of the alphabet', () => {
    const rival = entry('alpha', 'web', WEB, 'resolution: STATIC') + service('shop', 'web');
    const route = `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: web, namespace: client}, spec: {hosts: [web.example.com], http: [{route: [{destination: {host: ${WEB}}}]}]}}\n---\n`;
    const imports = sidecar('client', 'default', 'egress: [{hosts: ["./*"]}]');
    assert.equal(reached(WEB, '1.30', rival, route, imports), 'shop');
    assert.equal(reached(WEB, '1.29', rival, route, imports), 'alpha');
  });

  it('1.31: a Sidecar can exclude', () => {
    const of = (hosts: string, version: string): string | undefined =>
      reached(WEB, version, service('shop', 'web'), sidecar('client', 'default', `egress: [{hosts: [${hosts}]}]`));
    assert.equal(of('"*/*", "~shop/*"', '1.31'), undefined);
    assert.equal(of('"./*", "~shop/*"', '1.30'), 'shop', 'refused: there is no Sidecar');
    assert.equal(of(`"*/*", "~/${WEB}"`, '1.31'), undefined);
    assert.equal(of(`"*/*", "~/${WEB}"`, '1.30'), 'shop');
  });

  it('counts as the newest where it is none', () => {
    const mtls = meshOf(SHOP, { istioVersion: 'latest' });
    assert.equal(mtls.mesh.settings.istioVersion, 31);
    assert.equal(meshOf(SHOP, { istioVersion: '1.40' }).mesh.settings.istioVersion, 40);
  });
});
