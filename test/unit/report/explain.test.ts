// What an explanation says where a connection is not the simple case.
import assert from 'node:assert/strict';
import { app, destinationRule, explanationOf, namespace, peerAuthentication, service, sidecar } from './workspace';

const explain = (manifests: string, client: string, host: string, subset?: string): string =>
  explanationOf(manifests, { client, host, ...(subset !== undefined && { subset }) }).text;

const SHOP = namespace('shop') + app('shop', 'web') + app('shop', 'api') + service('shop', 'api');
const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');

describe('explanations', () => {
  it('name the Sidecar that hides a host, and mend it there', () => {
    const text = explain(
      SHOP +
        STRICT +
        sidecar('shop', 'web', 'workloadSelector: {labels: {app: web}}, egress: [{hosts: ["istio-system/*"]}]'),
      'web',
      'api',
    );
    assert.match(text, /refused/);
    assert.match(text, /^client +sends what the application sends: its sidecar does not know the host/m);
    assert.match(text, /Sidecar shop\/web imports other hosts only/);
    assert.match(text, /^remedy +mesh\.yaml:\d+ +add shop\/api\.shop\.svc\.cluster\.local to egress\.hosts$/m);
  });

  it('tell of a host that is blocked', () => {
    const text = explain(
      SHOP +
        sidecar(
          'shop',
          'default',
          'egress: [{hosts: ["istio-system/*"]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}',
        ),
      'web',
      'api',
    );
    assert.match(text, /:80 {3}blocked$/m);
    assert.match(text, /^result +the sidecar of the client answers itself/m);
  });

  it('name every policy that a workload policy overrides, and the ones without effect', () => {
    const text = explain(
      SHOP +
        STRICT +
        peerAuthentication('istio-system', 'default', 'mtls: {mode: DISABLE}') +
        peerAuthentication('istio-system', 'api', 'selector: {matchLabels: {app: api}}, mtls: {mode: DISABLE}') +
        peerAuthentication('shop', 'a-first', 'selector: {matchLabels: {app: api}}, mtls: {mode: PERMISSIVE}') +
        peerAuthentication('shop', 'b-second', 'selector: {matchLabels: {app: api}}, mtls: {mode: STRICT}') +
        peerAuthentication('shop', 'later', 'mtls: {mode: DISABLE}'),
      'web',
      'api',
    );
    assert.match(text, /PeerAuthentication shop\/a-first sets PERMISSIVE for the workload/);
    assert.match(
      text,
      /PeerAuthentication shop\/b-second is ignored: PeerAuthentication shop\/a-first matches the same pods/,
    );
    assert.match(
      text,
      /PeerAuthentication istio-system\/api is ignored: a selector has no effect in the root namespace/,
    );
    assert.match(
      text,
      /PeerAuthentication shop\/default \(STRICT\) is overridden: a workload selector is more specific/,
    );
    assert.match(text, /PeerAuthentication istio-system\/default \(DISABLE\) is overridden/);
    assert.match(
      text,
      /PeerAuthentication shop\/later is ignored: PeerAuthentication shop\/default is the first policy/,
    );
  });

  it('name every rule that covers the host, with the reason why it lost', () => {
    const tls = 'trafficPolicy: {tls: {mode: DISABLE}}';
    const text = explain(
      SHOP +
        namespace('other') +
        destinationRule('shop', 'exact', 'api', 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}') +
        destinationRule('shop', 'wide', '*.shop.svc.cluster.local', tls) +
        destinationRule('shop', 'twin', 'api.shop.svc.cluster.local', tls) +
        destinationRule('istio-system', 'all', '*.local', tls) +
        destinationRule('other', 'foreign', 'api.shop.svc.cluster.local', tls),
      'web',
      'api',
    );
    assert.match(text, /DestinationRule shop\/exact for host api: spec\.trafficPolicy\.tls\.mode ISTIO_MUTUAL/);
    assert.match(text, /DestinationRule shop\/wide for host \S+ is not used: its host is less specific/);
    assert.match(text, /DestinationRule shop\/twin for host \S+ is merged in, but only the first traffic policy/);
    assert.match(text, /DestinationRule istio-system\/all for host \S+ is not used: a rule was found before/);
    assert.match(text, /DestinationRule other\/foreign for host \S+ is not looked at/);
  });

  it('do not mend one pod by breaking another', () => {
    const mixed = SHOP + STRICT + app('shop', 'api-old', ', sidecar.istio.io/inject: "false"');
    const rule = destinationRule('shop', 'api', 'api', 'trafficPolicy: {tls: {mode: DISABLE}}');
    const text = explain(mixed + rule, 'web', 'api');
    assert.match(text, /partly refused/);
    assert.match(text, /1 of 2 endpoints refuse/);
    assert.match(text, /^remedy +\S+ +remove the tls block: auto mTLS then follows the server$/m);
    const headless = (mixed + rule).replace('targetPort: 8080}]}', 'targetPort: 8080}], clusterIP: None}');
    assert.match(explain(headless, 'web', 'api'), /^remedy +\S+ +give Deployment shop\/api-old a sidecar/m);
  });

  it('lay out both cases where a fact is missing, and never guess', () => {
    const text = explain(app('shop', 'web') + app('shop', 'api') + service('shop', 'api') + STRICT, 'web', 'api');
    assert.match(text, /:80 {3}unknown$/m);
    assert.match(text, /client with a sidecar, server with one: mTLS/);
    assert.match(text, /client without a sidecar, server with one: refused/);
    assert.match(text, /^remedy +add the Namespace manifest of shop .*--assume-injected shop$/m);
  });

  it('explain a subset by itself', () => {
    const rule = destinationRule(
      'shop',
      'api',
      'api',
      'subsets: [{name: plain, labels: {app: api}, trafficPolicy: {tls: {mode: DISABLE}}}]',
    );
    assert.match(explain(SHOP + STRICT + rule, 'web', 'api'), /:80 {3}mTLS$/m);
    const text = explain(SHOP + STRICT + rule, 'web', 'api', 'plain');
    assert.match(text, /:80 subset plain {3}refused$/m);
    assert.match(text, /spec\.subsets\[0\]\.trafficPolicy\.tls\.mode DISABLE/);
  });
});
