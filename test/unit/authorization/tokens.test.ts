// RequestAuthentication, and what policies see of a token (traps RA-01 … RA-11).
import assert from 'node:assert/strict';
import { ask, meshWith, PLAINTEXT, policy, token, tokens } from './support';

const ISSUER = '[{issuer: "https://issuer.example", jwksUri: "https://issuer.example/keys"}]';
const required = policy('shop/need', '{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}');
const bad = { http: { token: token({}, { invalid: true }) } };
const good = { http: { token: token() } };

describe('RequestAuthentication', () => {
  it('RA-01 accepts what has no token and refuses a bad one', () => {
    const mesh = meshWith(tokens('shop/jwt', ISSUER));
    assert.equal(ask(mesh), 'allow http');
    assert.equal(ask(mesh, good), 'allow http');
    assert.equal(ask(mesh, bad), 'unauthenticated http');
    assert.equal(
      ask(mesh, { http: { token: token({}, { issuer: 'https://other.example' }) } }),
      'unauthenticated http',
    );
    assert.equal(ask(mesh, { ...bad, port: 9090 }), 'allow tcp');
  });

  it('RA-01 a policy requires it, without mTLS', () => {
    const mesh = meshWith(tokens('shop/jwt', ISSUER), required);
    assert.equal(ask(mesh, PLAINTEXT), 'deny http');
    assert.equal(ask(mesh, { ...PLAINTEXT, ...good }), 'allow http shop/need[0]');
  });

  it('RA-02 presence has no effect', () => {
    const rule = '[{issuer: a, jwksUri: "https://a.example", presence: REQUIRED}]';
    assert.equal(ask(meshWith(tokens('shop/jwt', rule))), 'allow http');
  });

  it('RA-03 a policy for tokens closes TCP ports', () => {
    assert.equal(ask(meshWith(tokens('shop/jwt', ISSUER), required), { port: 9090, raw: true }), 'deny tcp');
  });

  it('RA-04 with a selector in the root namespace it acts everywhere', () => {
    const mesh = meshWith(tokens('istio-system/jwt', ISSUER, ', selector: {matchLabels: {app: web}}'));
    assert.equal(ask(mesh, bad), 'unauthenticated http');
  });

  it('RA-05 of another namespace it reads no token here', () => {
    assert.equal(ask(meshWith(tokens('pay/jwt', ISSUER), required), good), 'deny http');
  });

  it('RA-06 two issuers: a token of either will do', () => {
    const second = '[{issuer: two, jwksUri: "https://two.example"}]';
    const mesh = meshWith(tokens('shop/one', ISSUER), tokens('istio-system/two', second), required);
    assert.equal(ask(mesh, good), 'allow http shop/need[0]');
    assert.equal(ask(mesh, { http: { token: token({}, { issuer: 'two' }) } }), 'allow http shop/need[0]');
  });

  it('RA-07 one issuer twice: the audience of either will do', () => {
    const forAudience = (audience: string): string =>
      `[{issuer: "https://issuer.example", jwksUri: "https://issuer.example/keys", audiences: [${audience}]}]`;
    const mesh = meshWith(tokens('shop/one', forAudience('web')), tokens('shop/two', forAudience('api')));
    assert.equal(ask(mesh, { http: { token: token({ aud: 'web' }) } }), 'allow http');
    assert.equal(ask(mesh, { http: { token: token({ aud: ['x', 'https://api/'] }) } }), 'allow http');
    assert.equal(ask(mesh, good), 'unauthenticated http');
  });

  it('RA-08 targetRefs are not for sidecars', () => {
    const ref = ', targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web}]';
    assert.equal(ask(meshWith(tokens('shop/jwt', ISSUER, ref)), bad), 'allow http');
  });

  it('RA-09 a preflight request passes as one without a token', () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    const preflight = { http: { ...bad.http, method: 'OPTIONS', headers } };
    assert.equal(ask(meshWith(tokens('shop/jwt', ISSUER)), preflight), 'allow http');
    assert.equal(ask(meshWith(tokens('shop/jwt', ISSUER), required), preflight), 'deny http');
    assert.equal(
      ask(meshWith(tokens('shop/jwt', ISSUER)), { http: { ...bad.http, method: 'OPTIONS' } }),
      'unauthenticated http',
    );
  });

  it('RA-10 claims are texts or lists of texts; only scope and permission are split', () => {
    const claims = {
      level: 5,
      admin: true,
      groups: 'dev ops',
      scope: 'read write',
      roles: ['a', 'b'],
      realm: { role: ['x'] },
      'a[b]': 'c',
    };
    const holds = (key: string, value: string): boolean => {
      const rule = `{rules: [{when: [{key: "request.auth.claims${key}", values: ["${value}"]}]}]}`;
      return ask(meshWith(tokens('shop/jwt', ISSUER), policy('shop/c', rule)), {
        http: { token: token(claims) },
      }).startsWith('allow');
    };
    assert.ok(!holds('[level]', '5'));
    assert.ok(!holds('[admin]', 'true'));
    assert.ok(!holds('[groups]', 'dev'));
    assert.ok(holds('[groups]', 'dev*'));
    assert.ok(holds('[scope]', 'write'));
    assert.ok(!holds('[scope]', 'read write'));
    assert.ok(holds('[roles]', 'b'));
    assert.ok(holds('[realm][role]', 'x'));
    assert.ok(holds('[iss]', 'https://issuer.example'));
    assert.ok(!holds('[missing]', '*'));
    assert.ok(holds('[a[b]]', 'c'));
  });

  it('RA-11 a request principal is split at its last slash', () => {
    const holds = (value: string): boolean => {
      const rule = `{rules: [{from: [{source: {requestPrincipals: ["${value}"]}}]}]}`;
      return ask(meshWith(tokens('shop/jwt', ISSUER), policy('shop/p', rule)), good).startsWith('allow');
    };
    assert.ok(holds('https://issuer.example/alice'));
    assert.ok(holds('https://issuer.example/*'));
    assert.ok(holds('*/alice'));
    assert.ok(!holds('https://*'));
    assert.ok(!holds('https://issuer.example/bob'));
  });

  it('a rule that reads another header sees no token', () => {
    const elsewhere = '[{issuer: a, jwksUri: "https://a.example", fromHeaders: [{name: x-token}]}]';
    assert.equal(ask(meshWith(tokens('shop/jwt', elsewhere)), bad), 'allow http');
    const here = '[{issuer: a, jwksUri: "https://a.example", fromHeaders: [{name: Authorization, prefix: "Bearer "}]}]';
    assert.equal(ask(meshWith(tokens('shop/jwt', here)), bad), 'unauthenticated http');
  });
});
