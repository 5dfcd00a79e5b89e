// Ambient and proxyless clients in the table and in explanations.
import assert from 'node:assert/strict';
import { workloadKey } from '../../../server/src/mesh/workload';
import { meshTable } from '../../../server/src/report/table';
import {
  app,
  destinationRule,
  explanationOf,
  namespace,
  onlyMesh,
  peerAuthentication,
  service,
  snapshotOf,
} from './workspace';

const account = (place: string, name: string): string =>
  app(place, name).replace('containers:', `serviceAccountName: ${name}, containers:`);
const AMBIENT = namespace('shop').replace('istio-injection: enabled', 'istio.io/dataplane-mode: ambient');
const NO_HBONE = 'annotations: {proxy.istio.io/config: "proxyMetadata: {ISTIO_META_ENABLE_HBONE: \\"false\\"}"}';
const MESH =
  AMBIENT +
  account('shop', 'cli') +
  account('shop', 'web') +
  account('shop', 'api') +
  service('shop', 'web') +
  namespace('side') +
  account('side', 'car').replace('labels: {app: car}', `labels: {app: car}, ${NO_HBONE}`) +
  service('side', 'car') +
  namespace('old', 'disabled') +
  app('old', 'bat') +
  service('old', 'bat');
const STRICT = peerAuthentication('istio-system', 'default', 'mtls: {mode: STRICT}');
const WAYPOINT = `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: gate, namespace: shop}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}\n---\n`;
const BEHIND = service('shop', 'api').replace(
  'namespace: shop',
  'namespace: shop, labels: {istio.io/use-waypoint: gate}',
);
const ONLY_API = `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: only-api, namespace: shop}, spec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/api]}}]}]}}\n---\n`;

/** `host STATUS server client: clients`, one line a row. */
function rows(manifests: string, host: string): string[] {
  const view = onlyMesh(snapshotOf(manifests, { ambient: true }));
  return meshTable(view)
    .rows.filter(({ service: { object } }) => object.metadata.name === host)
    .map(
      ({ status, server, client, clients }) =>
        `${status} ${server} ${client}: ${clients.map(workloadKey).sort().join(' ')}`,
    );
}
const explain = (manifests: string, client: string, host: string): string =>
  explanationOf(manifests, { client, host, assume: { ambient: true } }).text;

describe('ambient in the table', () => {
  it('ztunnel tunnels to ambient servers, and STRICT refuses clients without identity', () => {
    assert.deepEqual(rows(MESH + STRICT, 'web'), [
      'CONFLICT STRICT (ambient) plaintext: old/bat',
      'OK STRICT (ambient) mTLS (HBONE): shop/api shop/cli side/car',
    ]);
    assert.deepEqual(rows(MESH, 'web').at(-1), 'OK PERMISSIVE (ambient) plaintext: old/bat');
  });

  it('ztunnel sends plaintext to sidecars without HBONE, which STRICT refuses', () => {
    assert.deepEqual(rows(MESH + STRICT + account('side', 'rpc'), 'car'), [
      'CONFLICT STRICT plaintext: old/bat shop/api shop/cli shop/web',
      'OK STRICT mTLS: side/rpc',
    ]);
  });

  it('reads no rules', () => {
    const rule = destinationRule('shop', 'web', 'web', 'trafficPolicy: {tls: {mode: DISABLE}}');
    assert.ok(rows(MESH + rule, 'web').includes('OK PERMISSIVE (ambient) mTLS (HBONE): shop/api shop/cli side/car'));
  });

  it('names waypoints, on the way there and as clients; their own Service has no row', () => {
    const found = rows(MESH + WAYPOINT + BEHIND, 'api');
    assert.ok(found.includes('OK waypoint shop/gate mTLS (HBONE): shop/cli shop/web'));
    assert.ok(
      found.some((row) => row.startsWith('OK PERMISSIVE (ambient) mTLS (HBONE): ') && row.includes('shop/gate')),
    );
    assert.deepEqual(rows(MESH + WAYPOINT + BEHIND, 'gate'), []);
  });

  it('tells clients of one namespace apart where policies of the server do', () => {
    assert.deepEqual(rows(MESH + ONLY_API, 'web'), [
      'CONFLICT PERMISSIVE (ambient) mTLS (HBONE): shop/cli side/car',
      'CONFLICT PERMISSIVE (ambient) plaintext: old/bat',
      'OK PERMISSIVE (ambient) mTLS (HBONE): shop/api',
    ]);
  });
});

describe('ambient in an explanation', () => {
  it('shows the tunnel', () => {
    const text = explain(MESH + STRICT, 'shop/api', 'web');
    assert.match(text, /:80 {3}mTLS$/m);
    assert.match(text, /^client +sends mTLS \(HBONE\), through ztunnel$/m);
    assert.match(text, /Namespace shop is labelled istio\.io\/dataplane-mode/);
    assert.match(text, /^server +is ambient: ztunnel lets in clients with an identity \(HBONE\) only/m);
    assert.match(text, /PeerAuthentication istio-system\/default makes ztunnel refuse clients without identity/);
    assert.match(text, /client shows spiffe:\/\/cluster\.local\/ns\/shop\/sa\/api to open the tunnel/);
  });

  it('of a client without identity names ztunnel, not a sidecar', () => {
    const text = explain(MESH + STRICT, 'old/bat', 'web.shop');
    assert.match(text, /^result +ztunnel at the server closes a connection without identity$/m);
    assert.match(text, /or enrol it: istio\.io\/dataplane-mode: ambient/);
  });

  it('of a refusal by a policy names the policy', () => {
    const text = explain(MESH + ONLY_API, 'shop/cli', 'web');
    assert.match(text, /stops: the tunnel stands, and a policy of the server closes it/);
    assert.match(text, /^access +denied: no rule of AuthorizationPolicy shop\/only-api lets it in$/m);
  });

  it('names the waypoint and the label that puts it there', () => {
    const text = explain(MESH + WAYPOINT + BEHIND, 'shop/web', 'api');
    assert.match(text, /^client +sends mTLS \(HBONE\) to the waypoint shop\/gate, through ztunnel$/m);
    assert.match(text, /Service shop\/api is labelled istio\.io\/use-waypoint/);
    assert.match(text, /explain shop\/gate as the client for the way on to the pods/);
  });

  it('lists rules as not read', () => {
    const rule = destinationRule('shop', 'web', 'web', 'trafficPolicy: {tls: {mode: DISABLE}}');
    assert.match(explain(MESH + rule, 'shop/api', 'web'), /DestinationRule shop\/web .* is not read: ztunnel sends/);
  });
});

describe('a proxyless gRPC client', () => {
  const GRPC = account('side', 'rpc').replace(
    'labels: {app: rpc}',
    'labels: {app: rpc}, annotations: {inject.istio.io/templates: grpc-agent}',
  );
  const SIDE = namespace('side') + account('side', 'car') + service('side', 'car') + GRPC;
  const rule = (mode: string): string => destinationRule('side', 'car', 'car', `trafficPolicy: {tls: {mode: ${mode}}}`);

  it('sends plaintext unless a rule says ISTIO_MUTUAL', () => {
    const ask = (more: string): string => explanationOf(SIDE + more, { client: 'rpc', host: 'car' }).text;
    assert.match(ask(''), /:80 {3}plaintext$/m);
    assert.match(ask(''), /a proxyless gRPC client encrypts only where a DestinationRule says ISTIO_MUTUAL/);
    assert.match(ask(rule('ISTIO_MUTUAL')), /:80 {3}mTLS$/m);
    assert.match(ask(rule('SIMPLE')), /:80 {3}plaintext$/m);
  });

  it('is refused by STRICT, and sees what gRPC shows', () => {
    const strict = peerAuthentication('side', 'default', 'mtls: {mode: STRICT}');
    const { text } = explanationOf(SIDE + strict, { client: 'rpc', host: 'car' });
    assert.match(text, /:80 {3}refused$/m);
    assert.match(text, /^seen +UNAVAILABLE \(14\): connection reset by peer$/m);
    assert.match(text, /^remedy +add a DestinationRule for car\.side\S+ with tls\.mode: ISTIO_MUTUAL$/m);
  });
});
