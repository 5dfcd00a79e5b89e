// Traps of ways that no Service name leads, of gateways and of installations, by the ids of our list of traps.
import assert from 'node:assert/strict';
import { callByAddress, callFromOutside, withApplicationTls } from '../../../server/src/mtls/addresses';
import { outcomeOf } from '../../../server/src/mtls/outcome';
import { explainConnection } from '../../../server/src/words/explain';
import { destinationRule, namespace, onlyMesh, peerAuthentication, sidecar, snapshotOf } from '../report/workspace';
import { connection, meshConfig, meshOf, pods, portOf, serviceOf, serviceWith, workloadOf } from './support';

const SHOP =
  namespace('shop') +
  namespace('legacy', 'disabled') +
  pods('shop', 'web') +
  pods('shop', 'api') +
  pods('legacy', 'old');
const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
const API = serviceWith('shop', 'api', 'name: http, port: 8080');

function direct(client: string, ...manifests: string[]): string {
  const mtls = meshOf(SHOP + manifests.join(''));
  const { route, outcome, failure } = callByAddress(mtls, workloadOf(mtls, client), workloadOf(mtls, 'shop/api'), 8080);
  return [route, outcome, failure].filter(Boolean).join(' ');
}

describe('traps: direct addresses', () => {
  it("SC-07 a pod's own address passes through in plaintext, which STRICT refuses", () => {
    assert.equal(direct('shop/web', STRICT, API), 'passthrough fail plaintext-refused');
    assert.equal(direct('shop/web', API), 'passthrough plaintext');
    assert.equal(direct('legacy/old', STRICT, API), 'no-sidecar fail plaintext-refused');
  });
  it('is blocked where unknown hosts are', () => {
    const blocked = sidecar('shop', 'default', 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}');
    assert.equal(direct('shop/web', STRICT, API, blocked), 'blocked blocked');
  });
  it('finds the cluster of a headless Service', () => {
    const headless = serviceWith('shop', 'api', 'name: http, port: 8080', ', clusterIP: None');
    assert.equal(direct('shop/web', STRICT, headless), 'cluster mtls');
  });
  it('goes by HBONE between ambient pods', () => {
    const ambient =
      '{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}}\n---\n';
    const mtls = meshOf(ambient + pods('shop', 'web') + pods('shop', 'api') + STRICT, { ambient: true });
    const { route, outcome } = callByAddress(mtls, workloadOf(mtls, 'shop/web'), workloadOf(mtls, 'shop/api'), 8080);
    assert.equal(`${route} ${outcome}`, 'ztunnel mtls');
  });
  it('row 1: node ports and load balancers come to the pod without a sidecar', () => {
    for (const type of ['NodePort', 'LoadBalancer']) {
      const mtls = meshOf(SHOP + STRICT + serviceWith('shop', 'api', 'name: http, port: 8080', `, type: ${type}`));
      const service = serviceOf(mtls, 'api.shop');
      const answers = callFromOutside(mtls, service, portOf(service, 8080));
      assert.deepEqual(
        answers?.map(({ outcome }) => outcome),
        ['fail'],
      );
    }
    const inner = meshOf(SHOP + API);
    const service = serviceOf(inner, 'api.shop');
    assert.equal(callFromOutside(inner, service, portOf(service, 8080)), undefined);
  });
});

describe('traps: TLS of the application', () => {
  const outcome = (client: string, port: string, policy: string): string => {
    const mtls = meshOf(SHOP + policy + serviceWith('shop', 'api', port));
    const { endpoints, port: clientPort } = connection(mtls, client, 'api.shop', 443);
    const { endpoint, accepts, decision } = endpoints[0]!;
    return withApplicationTls(decision?.tls, clientPort.protocol, { endpoint, wire: accepts?.wire });
  };
  const permissive = peerAuthentication('shop', 'default', 'mtls: {mode: PERMISSIVE}');

  it('TL-17 inside of mTLS it works', () => {
    assert.equal(outcome('shop/web', 'name: https, port: 443', STRICT), 'mtls');
  });
  it('TL-18 from a pod without a sidecar STRICT refuses it', () => {
    assert.equal(outcome('legacy/old', 'name: https, port: 443', STRICT), 'fail');
    assert.equal(outcome('legacy/old', 'name: https, port: 443', permissive), 'app-tls');
    assert.equal(outcome('legacy/old', 'name: http, port: 443', permissive), 'fail');
  });
  it('cannot be read where the client takes the port for HTTP', () => {
    assert.equal(outcome('shop/web', 'name: http-api, port: 443', permissive), 'fail');
  });
});

describe('traps: identity', () => {
  const names = (account: string): string =>
    destinationRule(
      'shop',
      'api',
      'api.shop.svc.cluster.local',
      `trafficPolicy: {tls: {mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/${account}"]}}`,
    );
  it('TL-22 a rule that expects another identity breaks Istio mTLS', () => {
    const of = (account: string): unknown => {
      const { outcome, endpoints } = connection(meshOf(SHOP + API + names(account)), 'shop/web', 'api.shop', 8080);
      return [outcome, endpoints[0]?.failure];
    };
    assert.deepEqual(of('other'), ['fail', 'identity-refused']);
    assert.deepEqual(of('default'), ['mtls', undefined]);
  });
});

describe('traps: plaintext and policies', () => {
  const rule = destinationRule('shop', 'api', 'api.shop.svc.cluster.local', 'trafficPolicy: {tls: {mode: DISABLE}}');
  const callers =
    '{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: callers, namespace: shop}, spec: {selector: {matchLabels: {app: api}}, rules: [{from: [{source: {principals: ["cluster.local/ns/shop/sa/default"]}}]}]}}\n---\n';
  const decision = (...manifests: string[]): string => {
    const view = onlyMesh(snapshotOf(SHOP + API + callers + manifests.join('')));
    const service = serviceOf(view.mtls, 'api.shop');
    const found = explainConnection(view, workloadOf(view.mtls, 'shop/web'), service, portOf(service, 8080));
    return `${found?.verdict}, ${found?.access[0]?.decision}`;
  };
  it('TL-21 a BackendTLSPolicy holds for sidecars as well, and is named as the reason', () => {
    const made =
      '{apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: api-tls, namespace: shop}, spec: {targetRefs: [{group: "", kind: Service, name: api}], validation: {hostname: api.example.com, wellKnownCACertificates: System}}}\n---\n';
    const view = onlyMesh(snapshotOf(SHOP + API + made));
    const service = serviceOf(view.mtls, 'api.shop');
    const found = explainConnection(view, workloadOf(view.mtls, 'shop/web'), service, portOf(service, 8080));
    assert.equal(found?.verdict, 'refused');
    assert.match(found.steps[0]!.because[0]!.text, /^`BackendTLSPolicy shop\/api-tls` asks for TLS/);
    assert.match(found.steps.at(-1)!.text, /take `BackendTLSPolicy shop\/api-tls` away/);
  });
  it('TL-14 a rule with DISABLE works towards PERMISSIVE, but a policy that names callers denies', () => {
    assert.equal(decision(rule), 'plaintext, denied');
    assert.equal(decision(), 'mTLS, allowed');
  });
});

describe('traps: gateways and installations', () => {
  it('PA-19 STRICT for the mesh changes nothing about a gateway', () => {
    const gateway =
      pods('ingress', 'gw', 'inject.istio.io/templates: gateway') +
      serviceWith('ingress', 'gw', 'name: http, port: 80', ', type: LoadBalancer');
    const mtls = meshOf(
      namespace('ingress') + gateway + peerAuthentication('istio-system', 'default', 'mtls: {mode: STRICT}'),
    );
    const pod = workloadOf(mtls, 'ingress/gw');
    assert.equal(pod.dataplane, 'gateway');
    assert.equal(mtls.accepts(pod, 80), undefined);
    const service = serviceOf(mtls, 'gw.ingress');
    const [answer] = callFromOutside(mtls, service, portOf(service, 80))!;
    assert.equal(answer?.outcome, outcomeOf('PLAINTEXT', { endpoint: answer!.endpoint, wire: undefined }));
    assert.equal(answer?.outcome, 'plaintext');
  });
  it('IN-10 istio-injection: enabled injects nothing where only another revision is installed', () => {
    const web = (revisions: string[] | undefined): string => {
      const mtls = meshOf(namespace('shop') + pods('shop', 'web'), { ...(revisions && { revisions }) });
      const { dataplane, reason } = workloadOf(mtls, 'shop/web');
      return `${dataplane} ${reason.code}`;
    };
    assert.equal(web(['1-31']), 'none revision-not-installed');
    assert.equal(web(['1-31', 'default']), 'sidecar injected-by-namespace');
    assert.equal(web(undefined), 'sidecar injected-by-namespace');
  });
  it('PA-21 the root namespace is what the mesh configuration says', () => {
    const policy = peerAuthentication('istio-system', 'default', 'mtls: {mode: STRICT}');
    const mtls = meshOf(SHOP + policy + meshConfig('rootNamespace: mesh-root'));
    assert.equal(mtls.policyOf(workloadOf(mtls, 'shop/web')).base.mode, 'PERMISSIVE');
  });
});
