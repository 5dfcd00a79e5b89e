// The handshake as an explanation tells it: who shows what, who checks what, and where it stops.
import assert from 'node:assert/strict';
import { app, destinationRule, explanationOf, namespace, peerAuthentication, service } from '../report/workspace';

const account = (name: string): string =>
  app('shop', name).replace('containers:', `serviceAccountName: ${name}, containers:`);
const SHOP = namespace('shop') + account('web') + account('api') + service('shop', 'api');
const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
const tls = (text: string): string => destinationRule('shop', 'api', 'api', `trafficPolicy: {tls: ${text}}`);
const meshConfig = (text: string): string =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: '${text}'}}\n---\n`;

const text = (manifests: string): string => explanationOf(manifests, { client: 'web', host: 'api' }).text;

describe('the handshake in an explanation', () => {
  it('names both identities, the root, and the service accounts that the client expects', () => {
    const told = text(SHOP);
    assert.match(told, /^handshake +client shows spiffe:\/\/cluster\.local\/ns\/shop\/sa\/web$/m);
    assert.match(told, /^ +server shows spiffe:\/\/cluster\.local\/ns\/shop\/sa\/api$/m);
    assert.match(
      told,
      /client checks that the mesh root signed it, for spiffe:\/\/cluster\.local\/ns\/shop\/sa\/api\n +the names are the service accounts of all endpoints of Service shop\/api +\(mesh\.yaml:\d+\)/,
    );
    assert.match(told, /server checks that the mesh root signed it, of trust domain cluster\.local$/m);
  });

  it('has the service accounts of every endpoint of the service', () => {
    const twin = account('api').replace('name: api', 'name: api-old').replace('Name: api', 'Name: legacy');
    const { explanation } = explanationOf(SHOP + twin, { client: 'web', host: 'api' });
    assert.deepEqual(explanation.handshakes[0]?.clientVerifies.names, [
      'spiffe://cluster.local/ns/shop/sa/api',
      'spiffe://cluster.local/ns/shop/sa/legacy',
    ]);
  });

  it('takes every trust domain of the mesh, and expects any of them', () => {
    const { explanation } = explanationOf(SHOP + meshConfig('{trustDomain: corp, trustDomainAliases: [old]}'), {
      client: 'web',
      host: 'api',
    });
    const [handshake] = explanation.handshakes;
    assert.deepEqual(handshake?.client, { kind: 'mesh', identity: 'spiffe://corp/ns/shop/sa/web' });
    assert.deepEqual(handshake?.serverVerifies?.trustDomains, ['corp', 'old']);
    assert.deepEqual(handshake?.clientVerifies.names, ['spiffe://corp/ns/shop/sa/api', 'spiffe://old/ns/shop/sa/api']);
  });

  it('stops where a rule expects another identity, and says which to add', () => {
    const told = text(SHOP + tls('{mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/other"]}'));
    assert.match(told, /:80 {3}refused$/m);
    assert.match(told, /subjectAltNames of DestinationRule shop\/api replaces every other list/);
    assert.match(told, /stops: the client does not expect spiffe:\/\/cluster\.local\/ns\/shop\/sa\/api/);
    assert.match(told, /^seen +503 .*CERTIFICATE_VERIFY_FAILED/m);
    assert.match(
      told,
      /^remedy +mesh\.yaml:\d+ +add spiffe:\/\/cluster\.local\/ns\/shop\/sa\/api to subjectAltNames$/m,
    );
  });

  it('passes where the rule expects the right one', () => {
    const told = text(SHOP + tls('{mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/api"]}'));
    assert.match(told, /:80 {3}mTLS$/m);
  });

  it('stops at the first message where nobody answers in TLS', () => {
    const bare = SHOP.replace('labels: {app: api}', 'labels: {app: api, sidecar.istio.io/inject: "false"}');
    const told = text(bare + tls('{mode: ISTIO_MUTUAL}'));
    assert.match(told, /server shows no certificate/);
    assert.match(told, /stops: nobody there answers the client's first message in TLS/);
  });

  it('of SIMPLE to a STRICT port stops at the certificate of the mesh', () => {
    const told = text(SHOP + STRICT + tls('{mode: SIMPLE}'));
    assert.match(told, /client shows no certificate/);
    assert.match(told, /client checks that an authority of the proxy's system store signed it, for the host that it/);
    assert.match(told, /stops: the server's certificate is of the mesh, whose root the client does not know/);
    assert.match(told, /^seen +503 .*CERTIFICATE_VERIFY_FAILED/m);
  });

  it('of MUTUAL shows mounted files', () => {
    const files =
      'clientCertificate: /etc/certs/me.pem, privateKey: /etc/certs/key.pem, caCertificates: /etc/certs/ca.pem';
    const told = text(SHOP + tls(`{mode: MUTUAL, ${files}, subjectAltNames: [api.example]}`));
    assert.match(told, /client shows the certificate mounted at \/etc\/certs\/me\.pem/);
    assert.match(told, /client checks that an authority of caCertificates signed it, for api\.example/);
  });

  it('is not told of plaintext', () => {
    assert.doesNotMatch(text(SHOP + tls('{mode: DISABLE}')), /^handshake/m);
  });
});
