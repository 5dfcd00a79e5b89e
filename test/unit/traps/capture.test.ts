// Traps of traffic that goes past a sidecar, by the ids of our list of traps.
import assert from 'node:assert/strict';
import { explainConnection } from '../../../server/src/words/explain';
import { namespace, onlyMesh, peerAuthentication, sidecar, snapshotOf } from '../report/workspace';
import { connection, meshOf, pods, portOf, serviceOf, serviceWith, workloadOf } from './support';

const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
const annotation = (name: string, value: string): string => `traffic.sidecar.istio.io/${name}: "${value}"`;

describe('traps: ports that the server keeps from its sidecar', () => {
  const of = (annotations: string, ...more: string[]): string => {
    const manifests = namespace('shop') + namespace('legacy', 'disabled') + STRICT + more.join('');
    const mtls = meshOf(
      manifests +
        pods('shop', 'api', annotations) +
        pods('shop', 'web') +
        pods('legacy', 'old') +
        serviceWith('shop', 'api', 'name: http, port: 8080'),
    );
    const outcome = (client: string): string => connection(mtls, client, 'api.shop', 8080).outcome;
    return `sidecar ${outcome('shop/web')}, no sidecar ${outcome('legacy/old')}`;
  };
  it('PA-20 plaintext gets in whatever the policy says, and auto mTLS breaks', () => {
    assert.equal(of(annotation('excludeInboundPorts', '8080')), 'sidecar fail, no sidecar plaintext');
    assert.equal(of(annotation('includeInboundPorts', '9090')), 'sidecar fail, no sidecar plaintext');
    assert.equal(of(annotation('includeInboundPorts', '')), 'sidecar fail, no sidecar plaintext');
    assert.equal(of(annotation('excludeInboundPorts', '9090, 7070')), 'sidecar mtls, no sidecar fail');
  });
  it('PA-20 a port-level DISABLE on that port mends it', () => {
    const exempt = peerAuthentication(
      'shop',
      'api',
      'selector: {matchLabels: {app: api}}, portLevelMtls: {8080: {mode: DISABLE}}',
    );
    assert.equal(of(annotation('excludeInboundPorts', '8080'), exempt), 'sidecar plaintext, no sidecar plaintext');
  });
  it('excluded ports have no effect beside a list of included ones', () => {
    const both = `${annotation('includeInboundPorts', '8080')}, ${annotation('excludeInboundPorts', '8080')}`;
    assert.equal(of(both), 'sidecar mtls, no sidecar fail');
  });
  it('without redirection only what a Sidecar binds is captured', () => {
    const none = 'sidecar.istio.io/interceptionMode: NONE';
    const bound = sidecar(
      'shop',
      'api',
      'workloadSelector: {labels: {app: api}}, ingress: [{port: {number: 8080, protocol: HTTP, name: in}, defaultEndpoint: "127.0.0.1:8081"}]',
    );
    assert.equal(of(none), 'sidecar fail, no sidecar plaintext');
    assert.equal(of(`proxy.istio.io/config: "interceptionMode: NONE"`), 'sidecar fail, no sidecar plaintext');
    assert.equal(of(none, bound), 'sidecar mtls, no sidecar fail');
  });
});

describe('traps: traffic that the client keeps from its sidecar', () => {
  const manifests = (annotations: string): string =>
    namespace('shop') +
    STRICT +
    pods('shop', 'web', annotations) +
    pods('shop', 'db') +
    serviceWith('shop', 'db', 'name: tcp, port: 5432');
  const of = (...annotations: string[]): string => {
    const { route, outcome } = connection(meshOf(manifests(annotations.join(', '))), 'shop/web', 'db.shop', 5432);
    return `${route} ${outcome}`;
  };
  it('SC-08 an excluded port leaves in plaintext, which STRICT refuses', () => {
    assert.equal(of(annotation('excludeOutboundPorts', '5432')), 'excluded fail');
    assert.equal(of(annotation('excludeOutboundPorts', '3306')), 'cluster mtls');
  });
  it('SC-08 the explanation names the annotation', () => {
    const view = onlyMesh(snapshotOf(manifests(annotation('excludeOutboundPorts', '5432'))));
    const service = serviceOf(view.mtls, 'db.shop');
    const found = explainConnection(view, workloadOf(view.mtls, 'shop/web'), service, portOf(service, 5432));
    assert.equal(found?.verdict, 'refused');
    const [client] = found.steps;
    assert.match(client!.because[0]!.text, /excludeOutboundPorts` of `Deployment shop\/web` leads port `5432` past/);
    assert.equal(client!.because[0]!.path?.at(-1), 'traffic.sidecar.istio.io/excludeOutboundPorts');
    assert.ok(found.steps.some(({ name, text }) => name === 'remedy' && text.includes('excludeOutboundPorts')));
  });
  it('ranges decide where they are all or nothing', () => {
    assert.equal(of(annotation('excludeOutboundIPRanges', '0.0.0.0/0')), 'excluded fail');
    assert.equal(of(annotation('includeOutboundIPRanges', '')), 'excluded fail');
    assert.equal(
      of(annotation('includeOutboundIPRanges', ''), annotation('includeOutboundPorts', '5432')),
      'cluster mtls',
    );
    assert.equal(of(annotation('includeOutboundIPRanges', '*')), 'cluster mtls');
    assert.equal(of('sidecar.istio.io/interceptionMode: NONE'), 'excluded fail');
  });
  it('ranges that may hold the service leave the answer open, others do not', () => {
    assert.equal(of(annotation('excludeOutboundIPRanges', '10.0.0.0/8')), 'unknown unknown');
    assert.equal(of(annotation('excludeOutboundIPRanges', '169.254.169.254/32,8.8.0.0/16')), 'cluster mtls');
    assert.equal(of(annotation('includeOutboundIPRanges', '10.0.0.0/8')), 'cluster mtls');
    assert.equal(of(annotation('includeOutboundIPRanges', '8.8.0.0/16')), 'excluded fail');
  });
  it('an open answer says what it hangs on', () => {
    const view = onlyMesh(snapshotOf(manifests(annotation('excludeOutboundIPRanges', '10.0.0.0/8'))));
    const service = serviceOf(view.mtls, 'db.shop');
    const found = explainConnection(view, workloadOf(view.mtls, 'shop/web'), service, portOf(service, 5432));
    const result = found?.steps.find(({ name }) => name === 'result');
    assert.match(result!.text, /depends on addresses: `traffic.sidecar.istio.io\/excludeOutboundIPRanges` of/);
    assert.deepEqual(
      result!.because.map(({ text }) => text),
      ["through the client's sidecar: mTLS", "past the client's sidecar: refused"],
    );
  });
  it('clients that are captured differently are told apart', () => {
    const twins = manifests(annotation('excludeOutboundPorts', '5432')) + pods('shop', 'other');
    const mtls = meshOf(twins);
    assert.equal(connection(mtls, 'shop/web', 'db.shop', 5432).route, 'excluded');
    assert.equal(connection(mtls, 'shop/other', 'db.shop', 5432).route, 'cluster');
  });
});
