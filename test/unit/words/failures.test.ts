// What a user sees of a failure depends on what is spoken on the port and on who notices.
import assert from 'node:assert/strict';
import { app, destinationRule, explanationOf, namespace, peerAuthentication, service } from '../report/workspace';

const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
const seen = (port: string, more: string, client = 'web'): string[] => {
  const shop =
    namespace('shop') +
    namespace('old', 'disabled') +
    app('old', 'bat') +
    app('shop', 'web') +
    app('shop', 'api') +
    service('shop', 'api').replace('name: http', `name: ${port}`);
  const { explanation } = explanationOf(shop + more, { client, host: 'api.shop' });
  return explanation.steps.filter(({ name }) => name === 'seen').map(({ text }) => text);
};
const tls = (mode: string): string => destinationRule('shop', 'api', 'api', `trafficPolicy: {tls: {mode: ${mode}}}`);

describe('what is seen of a failure', () => {
  it('without a proxy: a reset', () => {
    assert.match(seen('http', STRICT, 'old/bat').join(), /^connection reset by peer/);
    assert.match(seen('grpc-web', STRICT, 'old/bat').join(), /^connection reset by peer/);
    assert.match(seen('grpc', STRICT, 'old/bat').join(), /^UNAVAILABLE \(14\): connection reset by peer$/);
  });

  it('with a proxy: its own answer on HTTP, nothing but the end on TCP', () => {
    assert.match(seen('http', STRICT + tls('DISABLE')).join(), /^503 .*connection termination$/);
    assert.match(seen('grpc', STRICT + tls('DISABLE')).join(), /^UNAVAILABLE \(14\)/);
    assert.deepEqual(seen('tcp', STRICT + tls('DISABLE')), ['connection closed']);
  });

  it('both where the proxy finds out by itself', () => {
    const texts = seen('web', STRICT + tls('DISABLE'));
    assert.equal(texts.length, 2);
    assert.match(texts[0]!, /^HTTP: 503 /);
    assert.match(texts[1]!, /^other TCP: connection closed$/);
  });

  it('mTLS that nobody ends: a wrong version, or garbage', () => {
    const off = peerAuthentication('shop', 'default', 'mtls: {mode: DISABLE}');
    assert.match(seen('http', off + tls('ISTIO_MUTUAL')).join(), /WRONG_VERSION_NUMBER$/);
    assert.match(seen('tcp', off + tls('ISTIO_MUTUAL')).join(), /^garbage or a hang/);
  });

  it('TLS of another kind: an unknown authority under STRICT, an end under PERMISSIVE', () => {
    assert.match(seen('http', STRICT + tls('SIMPLE')).join(), /CERTIFICATE_VERIFY_FAILED$/);
    assert.match(seen('http', tls('SIMPLE')).join(), /connection termination$/);
  });

  it('nothing where it works', () => {
    assert.deepEqual(seen('http', STRICT), []);
  });
});

describe('an unknown', () => {
  it('names the missing fact, both outcomes, and how to state it', () => {
    const bare = app('shop', 'web') + app('shop', 'api') + service('shop', 'api') + STRICT;
    const { text } = explanationOf(bare, { client: 'web', host: 'api' });
    assert.match(text, /^result +depends on whether shop is injected: no Namespace manifest is here$/m);
    assert.match(text, /client with a sidecar, server with one: mTLS/);
    assert.match(text, /^remedy +add the Namespace manifest of shop .*--assume-injected shop$/m);
  });

  it('of a revision asks for the revisions', () => {
    const canary = namespace('shop').replace('istio-injection: enabled', 'istio.io/rev: canary');
    const { text } = explanationOf(canary + app('shop', 'web') + app('shop', 'api') + service('shop', 'api'), {
      client: 'web',
      host: 'api',
    });
    assert.match(text, /^result +depends on whether shop is injected: the revision that its label names/m);
    assert.match(text, /mutual\.assume\.revisions/);
  });
});
