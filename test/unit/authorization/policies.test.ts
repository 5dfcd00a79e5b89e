// AuthorizationPolicy: attachment, order, identity, trust domains, TCP (traps AZ-01 … AZ-15, AZ-19, AZ-22 … AZ-25).
import assert from 'node:assert/strict';
import { ask, DISABLE, meshConfig, meshWith, PLAINTEXT, policy, STRICT } from './support';

const TCP = { port: 9090, raw: true };

describe('AuthorizationPolicy', () => {
  it('AZ-01 an empty spec denies everything, unless another policy allows it', () => {
    const empty = policy('shop/nothing', '{}');
    assert.equal(ask(meshWith(empty)), 'deny http');
    assert.equal(ask(meshWith(empty), TCP), 'deny tcp');
    assert.equal(ask(meshWith(empty, policy('shop/all', '{rules: [{}]}'))), 'allow http shop/all[0]');
  });

  it('AZ-02 an empty rule matches everything', () => {
    assert.equal(ask(meshWith(policy('shop/all', '{rules: [{}]}')), PLAINTEXT), 'allow http shop/all[0]');
    assert.equal(ask(meshWith(policy('shop/all', '{action: DENY, rules: [{}]}'))), 'deny http shop/all[0]');
  });

  it('AZ-03 with a selector in the root namespace it acts on every namespace', () => {
    const spec = '{selector: {matchLabels: {app: web}}, action: DENY, rules: [{}]}';
    assert.equal(ask(meshWith(policy('istio-system/no', spec))), 'deny http istio-system/no[0]');
    assert.equal(ask(meshWith(policy('pay/no', spec))), 'allow http');
  });

  it('AZ-04 ALLOW notNamespaces lets plaintext in', () => {
    const mesh = meshWith(policy('shop/not', '{rules: [{from: [{source: {notNamespaces: [pay]}}]}]}'));
    assert.equal(ask(mesh), 'deny http');
    assert.equal(ask(mesh, PLAINTEXT), 'allow http shop/not[0]');
  });

  it('AZ-05 DENY by namespace does not stop plaintext, STRICT does', () => {
    const deny = policy('shop/bad', '{action: DENY, rules: [{from: [{source: {namespaces: [pay]}}]}]}');
    assert.equal(ask(meshWith(deny)), 'deny http shop/bad[0]');
    assert.equal(ask(meshWith(deny), PLAINTEXT), 'allow http');
    assert.equal(ask(meshWith(deny, STRICT), PLAINTEXT), 'refused -');
  });

  it('AZ-06 ALLOW by principal refuses everybody where mTLS is off', () => {
    const allow = policy('shop/job', '{rules: [{from: [{source: {principals: [cluster.local/ns/pay/sa/job]}}]}]}');
    assert.equal(ask(meshWith(allow)), 'allow http shop/job[0]');
    assert.equal(ask(meshWith(allow), PLAINTEXT), 'deny http');
    assert.equal(ask(meshWith(allow, DISABLE), PLAINTEXT), 'deny http');
    assert.equal(ask(meshWith(allow, DISABLE)), 'refused -');
  });

  it('AZ-07 an ALLOW rule with an HTTP field is gone on TCP', () => {
    const mesh = meshWith(
      policy('shop/get', '{rules: [{to: [{operation: {methods: [GET]}}, {operation: {ports: ["9090"]}}]}]}'),
    );
    assert.equal(ask(mesh), 'allow http shop/get[0]');
    assert.equal(ask(mesh, TCP), 'deny tcp');
    assert.equal(ask(mesh, { port: 9090 }), 'deny tcp');
    assert.equal(ask(mesh, { port: 7070 }), 'allow http shop/get[0]');
  });

  it('AZ-08 a DENY rule loses its HTTP fields on TCP and gets wider', () => {
    const mesh = meshWith(policy('shop/no', '{action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}'));
    assert.equal(ask(mesh), 'allow http');
    assert.equal(ask(mesh, TCP), 'deny tcp shop/no[0]');
    const ports = meshWith(
      policy('shop/no', '{action: DENY, rules: [{to: [{operation: {methods: [DELETE], ports: ["8080"]}}]}]}'),
    );
    assert.equal(ask(ports, TCP), 'allow tcp');
  });

  it('AZ-09 ports are the ports of the pod', () => {
    const mesh = meshWith(policy('shop/p', '{rules: [{to: [{operation: {ports: ["80"]}}]}]}'));
    assert.equal(ask(mesh), 'deny http');
  });

  it('AZ-10 principals take one star at an end, namespaces any', () => {
    const from = (source: string): string =>
      ask(meshWith(policy('shop/p', `{rules: [{from: [{source: ${source}}]}]}`)));
    assert.equal(from('{principals: ["*/ns/pay/*"]}'), 'deny http');
    assert.equal(from('{principals: ["cluster.local/ns/*/sa/job"]}'), 'deny http');
    assert.equal(from('{principals: ["*/sa/job"]}'), 'allow http shop/p[0]');
    assert.equal(from('{principals: ["cluster.local/ns/pay/*"]}'), 'allow http shop/p[0]');
    assert.equal(from('{namespaces: ["p*y"]}'), 'allow http shop/p[0]');
  });

  it('AZ-11 a principal has no spiffe://', () => {
    const mesh = meshWith(
      policy('shop/p', '{rules: [{from: [{source: {principals: ["spiffe://cluster.local/ns/pay/sa/job"]}}]}]}'),
    );
    assert.equal(ask(mesh), 'deny http');
  });

  it('AZ-12 cluster.local and aliases stand for the whole mesh, in whole identities only', () => {
    const config = meshConfig('{trustDomain: corp, trustDomainAliases: [former]}');
    const from = (source: string, principal: string): string =>
      ask(meshWith(config, policy('shop/p', `{rules: [{from: [{source: ${source}}]}]}`)), { principal });
    const yes = 'allow http shop/p[0]';
    assert.equal(from('{principals: [cluster.local/ns/pay/sa/job]}', 'corp/ns/pay/sa/job'), yes);
    assert.equal(from('{principals: [former/ns/pay/sa/job]}', 'corp/ns/pay/sa/job'), yes);
    assert.equal(from('{principals: [corp/ns/pay/sa/*]}', 'former/ns/pay/sa/job'), yes);
    assert.equal(from('{principals: [corp/ns/pay/*]}', 'former/ns/pay/sa/job'), 'deny http');
    assert.equal(from('{principals: ["*orp/ns/pay/sa/job"]}', 'former/ns/pay/sa/job'), yes);
    assert.equal(from('{trustDomains: [cluster.local]}', 'corp/ns/pay/sa/job'), 'deny http');
    assert.equal(from('{trustDomains: [former]}', 'corp/ns/pay/sa/job'), yes);
    assert.equal(from('{}', 'cluster.local/ns/pay/sa/job'), 'refused -');
  });

  it('AZ-12f a certificate of a foreign trust domain ends the handshake', () => {
    assert.equal(ask(meshWith(), { principal: 'foreign/ns/pay/sa/job' }), 'refused -');
    const trusting = meshConfig('{caCertificates: [{trustDomains: [foreign]}]}');
    assert.equal(ask(meshWith(trusting), { principal: 'foreign/ns/pay/sa/job' }), 'allow http');
  });

  it('AZ-13 a DENY of any namespace beats every ALLOW', () => {
    const deny = policy('istio-system/no', '{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}');
    assert.equal(ask(meshWith(policy('shop/yes', '{rules: [{}]}'), deny)), 'deny http istio-system/no[0]');
  });

  it('AZ-14 a bare service account is one of the policy’s namespace', () => {
    const from = (name: string): string =>
      ask(meshWith(policy('shop/p', `{rules: [{from: [{source: {serviceAccounts: [${name}]}}]}]}`)));
    assert.equal(from('job'), 'deny http');
    assert.equal(from('pay/job'), 'allow http shop/p[0]');
    assert.equal(from('pay/jo'), 'deny http');
  });

  it('AZ-15 targetRefs are not for sidecars', () => {
    const ref = '{group: gateway.networking.k8s.io, kind: Gateway, name: web}';
    assert.equal(ask(meshWith(policy('shop/p', `{targetRefs: [${ref}], action: DENY, rules: [{}]}`))), 'allow http');
  });

  it('AZ-19 a dry run neither restricts nor allows', () => {
    const dry = policy('shop/dry', '{rules: [{to: [{operation: {methods: [GET]}}]}]}', '{istio.io/dry-run: "true"}');
    assert.equal(ask(meshWith(dry), { http: { method: 'PUT' } }), 'allow http');
    assert.equal(ask(meshWith(dry, policy('shop/empty', '{}'))), 'deny http');
  });

  it('AZ-22 CUSTOM with an unknown provider denies what it matches; on TCP without its HTTP fields', () => {
    const custom = policy(
      'shop/ext',
      '{action: CUSTOM, provider: {name: nobody}, rules: [{to: [{operation: {paths: [/admin*]}}]}]}',
    );
    assert.equal(ask(meshWith(custom)), 'allow http');
    assert.equal(ask(meshWith(custom), { http: { path: '/admin' } }), 'deny http shop/ext[0]');
    assert.equal(ask(meshWith(custom), TCP), 'deny tcp shop/ext[0]');
  });

  it('a provider that exists decides itself, unless a DENY does before', () => {
    const config = meshConfig('{extensionProviders: [{name: ext, envoyExtAuthzHttp: {service: a, port: 80}}]}');
    const custom = policy('shop/ext', '{action: CUSTOM, provider: {name: ext}, rules: [{}]}');
    assert.equal(ask(meshWith(config, custom)), 'depends http');
    assert.equal(ask(meshWith(config, custom), TCP), 'allow tcp');
    const deny = policy('shop/no', '{action: DENY, rules: [{}]}');
    assert.equal(ask(meshWith(config, custom, deny)), 'deny http shop/no[0]');
  });

  it('AZ-23 AUDIT decides nothing', () => {
    assert.equal(
      ask(meshWith(policy('shop/log', '{action: AUDIT, rules: [{to: [{operation: {methods: [PUT]}}]}]}'))),
      'allow http',
    );
  });

  it('AZ-24 fields of a source are all needed, sources are alternatives', () => {
    const sources = '[{source: {namespaces: [pay], ipBlocks: [10.9.0.0/16]}}, {source: {namespaces: [a]}}]';
    const mesh = meshWith(policy('shop/f', `{rules: [{from: ${sources}}]}`));
    assert.equal(ask(mesh, { ip: '10.9.3.1' }), 'allow http shop/f[0]');
    assert.equal(ask(mesh), 'deny http');
    assert.equal(ask(mesh, { principal: 'cluster.local/ns/a/sa/x' }), 'allow http shop/f[0]');
  });

  it('AZ-25 two conditions with one key must both hold', () => {
    const when = '[{key: source.namespace, values: [pay]}, {key: source.namespace, values: [shop]}]';
    assert.equal(ask(meshWith(policy('shop/w', `{rules: [{when: ${when}}]}`))), 'deny http');
  });

  it('what admission refuses is not there', () => {
    for (const spec of [
      '{action: DENY}',
      '{action: deny, rules: [{}]}',
      '{rules: [{from: [{}]}]}',
      '{rules: [{to: [{operation: {ports: [8080]}}]}]}',
      '{rules: [{from: [{source: {serviceAccounts: [x], namespaces: [shop]}}]}]}',
      '{rules: [{when: [{key: source.namespaces, values: [a]}]}]}',
      '{rules: [null]}',
    ]) {
      const { mesh } = meshWith(policy('shop/p', spec));
      assert.equal(mesh.ignoredReason(mesh.ignored[0]!)?.code, 'rejected', spec);
    }
  });

  it('no proxy judges nothing, and ends no mTLS', () => {
    const mesh = meshWith(policy('old/no', '{action: DENY, rules: [{}]}'));
    assert.equal(ask(mesh, { ...PLAINTEXT, to: 'old/web' }), 'allow none');
    assert.equal(ask(mesh, { to: 'old/web' }), 'refused -');
  });

  it('bytes that are not HTTP do not pass an HTTP port', () => {
    assert.equal(ask(meshWith(), { raw: true }), 'refused -');
    assert.equal(ask(meshWith(), { raw: true, port: 7070 }), 'allow tcp');
  });
});
