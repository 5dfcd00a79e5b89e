// What policies make of a call, as an explanation tells it.
import assert from 'node:assert/strict';
import { app, destinationRule, explanationOf, namespace, peerAuthentication, service } from '../report/workspace';

const account = (name: string): string =>
  app('shop', name).replace('containers:', `serviceAccountName: ${name}, containers:`);
const PORTS = 'ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-db, port: 90}, {name: grpc, port: 70}]';
const SHOP =
  namespace('shop') +
  account('web') +
  account('job') +
  account('api') +
  service('shop', 'api').replace(/ports: \[.*?\]/, PORTS);
const policy = (name: string, spec: string): string =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ${name}, namespace: shop}, spec: {${spec}}}\n---\n`;
const TOKENS = `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: jwt, namespace: shop}, spec: {jwtRules: [{issuer: https://issuer.example}]}}\n---\n`;
const ONLY_WEB = policy('only-web', 'rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]');

const ask = (manifests: string, client = 'web', port = 80): ReturnType<typeof explanationOf> =>
  explanationOf(SHOP + manifests, { client, host: 'api', port });

describe('access in an explanation', () => {
  it('is not spoken of where no policy acts', () => {
    assert.doesNotMatch(ask('').text, /^access/m);
  });

  it('names the rule that lets the client in, and what plaintext would get', () => {
    const { text } = ask(ONLY_WEB);
    assert.match(text, /:80 {3}mTLS$/m);
    assert.match(text, /^access +allowed by AuthorizationPolicy shop\/only-web$/m);
    assert.match(text, /only-web lets in principals cluster\.local\/ns\/shop\/sa\/web +\(mesh\.yaml:\d+\)/);
    assert.match(text, /in plaintext, without identity: denied/);
  });

  it('says what does not fit, what one sees, and what to add', () => {
    const { text } = ask(ONLY_WEB, 'job');
    assert.match(text, /:80 {3}mTLS, denied$/m);
    assert.match(text, /^access +denied: no rule of AuthorizationPolicy shop\/only-web lets it in$/m);
    assert.match(text, /asks for principals \S+sa\/web; the client is cluster\.local\/ns\/shop\/sa\/job/);
    assert.match(text, /^seen +403 RBAC: access denied$/m);
    assert.match(text, /^remedy +\S+ +let it in: a rule with principals: \["cluster\.local\/ns\/shop\/sa\/job"\]/m);
  });

  it('sends the reader to mTLS where plaintext is the trouble', () => {
    const rule = destinationRule('shop', 'api', 'api', 'trafficPolicy: {tls: {mode: DISABLE}}');
    const { text } = ask(ONLY_WEB + rule);
    assert.match(text, /:80 {3}plaintext, denied$/m);
    assert.match(text, /; the client shows no identity/);
    assert.match(text, /with mTLS: allowed/);
    assert.match(text, /^remedy +\S+ +send mTLS to api\.shop/m);
  });

  it('looks past a connection that is refused', () => {
    const strict = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
    const rule = destinationRule('shop', 'api', 'api', 'trafficPolicy: {tls: {mode: DISABLE}}');
    const { text } = ask(ONLY_WEB + strict + rule, 'job');
    assert.match(text, /:80 {3}refused$/m);
    assert.match(text, /^access +with mTLS it would be denied: no rule of/m);
  });

  it('hangs on the request, by the fields that are asked for', () => {
    const { text } = ask(policy('get', 'rules: [{to: [{operation: {methods: [GET], paths: [/info*]}}]}]'));
    assert.match(text, /:80 {3}mTLS, access depends$/m);
    assert.match(text, /^access +depends on the request: methods, paths$/m);
    assert.match(text, /shop\/get lets in methods GET and paths \/info\*/);
  });

  it('knows where every request needs a token', () => {
    const { text, explanation } = ask(
      TOKENS + policy('token', 'rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]'),
    );
    assert.match(text, /^access +depends on the request: requestPrincipals; every request needs a token$/m);
    assert.match(text, /RequestAuthentication shop\/jwt takes tokens of https:\/\/issuer\.example/);
    assert.equal(explanation.access[0]?.tokenNeeded, true);
    assert.equal(ask(TOKENS).explanation.access[0]?.tokenNeeded, false);
  });

  it('says that HTTP fields mean nothing on plain TCP', () => {
    const { text } = ask(policy('get', 'rules: [{to: [{operation: {methods: [GET]}}]}]'), 'web', 90);
    assert.match(text, /^access +denied/m);
    assert.match(text, /asks for methods, which nobody can answer on plain TCP: the rule is void there/);
    assert.match(text, /^seen +connection closed/m);
  });

  it('is seen as gRPC shows it', () => {
    assert.match(ask(ONLY_WEB, 'job', 70).text, /^seen +PERMISSION_DENIED \(7\)/m);
  });

  it('is allowed where no proxy could refuse', () => {
    const bare = 'labels: {app: api, sidecar.istio.io/inject: "false"}';
    const { text } = explanationOf((SHOP + ONLY_WEB).replace('labels: {app: api}', bare), {
      ...{ client: 'job', host: 'api', port: 80 },
    });
    assert.match(text, /^access +allowed: no proxy is there to hold to policies$/m);
  });

  it('an ALLOW policy without rules lets nobody in', () => {
    assert.match(ask(policy('none', '')).text, /^access +denied: an ALLOW policy without rules lets nobody in$/m);
  });
});
