// What hovers say of AuthorizationPolicies and RequestAuthentications, and of workloads on which they act.
import assert from 'node:assert/strict';
import { hover } from '../../../server/src/features/hover';
import { app, destinationRule, namespace, service, snapshotOf } from '../report/workspace';

const account = (name: string): string =>
  app('shop', name).replace('containers:', `serviceAccountName: ${name}, containers:`);
const PORTS = 'ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-db, port: 90}]';
const SHOP =
  namespace('shop') +
  account('web') +
  account('job') +
  account('api') +
  service('shop', 'api').replace(/ports: \[.*?\]/, PORTS);
const policy = (name: string, spec: string): string =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ${name}, namespace: shop}, spec: {${spec}}}\n---\n`;
const API = 'selector: {matchLabels: {app: api}}';
const ONLY_WEB = policy(
  'only-web',
  `${API}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]`,
);
const TOKENS = `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: jwt, namespace: shop}, spec: {jwtRules: [{issuer: https://issuer.example, fromHeaders: [{name: x-token}]}]}}\n---\n`;

function hoverOn(manifests: string, text: string): string {
  const offset = manifests.indexOf(text);
  assert.ok(offset >= 0, text);
  return hover(snapshotOf(manifests), 'mesh.yaml', offset)?.markdown ?? '';
}

describe('hover of an AuthorizationPolicy', () => {
  it('counts the workloads, puts the rules in words, and names who gets in and who does not', () => {
    const text = hoverOn(SHOP + ONLY_WEB, 'kind: AuthorizationPolicy');
    assert.match(text, /^\*\*AuthorizationPolicy shop\/only-web\*\* \(ALLOW\) acts on 1 of 3 workloads in `shop`/);
    assert.match(text, /Lets in principals `cluster\.local\/ns\/shop\/sa\/web`\./);
    assert.match(text, /\| `shop\/api` \| 8080 \| lets in `shop\/web` · \*\*refuses `shop\/job`\*\* \|/);
    assert.match(text, /Plaintext gets to `8080`, `90` too, and is answered otherwise/);
  });

  it('counts what other policies do as well, and leads to them', () => {
    const deny = policy('no-web', `${API}, action: DENY, rules: [{from: [{source: {serviceAccounts: [web]}}]}]`);
    const text = hoverOn(SHOP + ONLY_WEB + deny, 'kind: AuthorizationPolicy');
    assert.match(text, /\| `shop\/api` \| 8080 \| \*\*refuses `shop\/web`, `shop\/job`\*\* \|/);
    assert.match(text, /Acts together with \[AuthorizationPolicy shop\/no-web\]\(mesh\.yaml#L\d+\)\./);
  });

  it('says what plain TCP makes of fields of requests', () => {
    const get = policy('get', `${API}, rules: [{to: [{operation: {methods: [GET]}}]}]`);
    const text = hoverOn(SHOP + get, 'kind: AuthorizationPolicy');
    assert.match(text, /\| 8080 \| `shop\/web`, `shop\/job`: depends on the request: `methods` \|/);
    assert.match(text, /\| 90 \| \*\*refuses `shop\/web`, `shop\/job`\*\* \|/);
    assert.match(
      text,
      /Port `90` carries plain TCP, which has no `methods`: rules that ask for them let nobody in there\./,
    );
  });

  it('says why it acts on nothing', () => {
    const none = policy('none', 'selector: {matchLabels: {app: gone}}, rules: [{}]');
    assert.match(
      hoverOn(SHOP + none, 'kind: AuthorizationPolicy'),
      /acts on none of 3 workloads in `shop`: none has the/,
    );
    const target = policy(
      'gate',
      'targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}], rules: [{}]',
    );
    assert.match(hoverOn(SHOP + target, 'kind: AuthorizationPolicy'), /`targetRefs` are for gateways and waypoints/);
  });

  it('of one that only logs says so', () => {
    const dry = ONLY_WEB.replace('namespace: shop}', 'namespace: shop, annotations: {istio.io/dry-run: "true"}}');
    const text = hoverOn(SHOP + dry, 'kind: AuthorizationPolicy');
    assert.match(text, /\(ALLOW, dry run: it only logs\)/);
    assert.match(text, /\| 8080 \| lets in `shop\/web`, `shop\/job` \|/);
  });
});

describe('hover of a RequestAuthentication', () => {
  it('lists issuers and places, and where a token is needed', () => {
    const asks = policy('token', `${API}, rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]`);
    const text = hoverOn(SHOP + TOKENS + asks, 'kind: RequestAuthentication');
    assert.match(text, /acts on 3 of 3 workloads in `shop`/);
    assert.match(text, /\| `https:\/\/issuer\.example` \| any \| header `x-token` \|/);
    assert.match(text, /\| `shop\/api` \| 8080 \| \*\*refused\*\*: a policy asks for a token \|/);
    assert.match(text, /\| `shop\/api` \| 90 \| no effect: plain TCP \|/);
    assert.match(hoverOn(SHOP + TOKENS, 'kind: RequestAuthentication'), /\| `shop\/api` \| 8080 \| let through \|/);
  });
});

describe('hover of what policies act on', () => {
  it('sums up who may call a workload and a Service', () => {
    const line = /Only `shop\/web` may call `90`, `8080`: \[AuthorizationPolicy shop\/only-web\]\(mesh\.yaml#L\d+\)\./;
    assert.match(hoverOn(SHOP + ONLY_WEB, 'kind: Service'), line);
    const api = SHOP.slice(0, SHOP.indexOf('name: api'));
    const text = hover(snapshotOf(SHOP + ONLY_WEB), 'mesh.yaml', api.length)?.markdown ?? '';
    assert.match(text, line);
  });

  it('leaves out clients that do not even connect, and counts plaintext as nobody', () => {
    const plain = destinationRule('shop', 'api', 'api', 'trafficPolicy: {tls: {mode: DISABLE}}');
    assert.match(hoverOn(SHOP + ONLY_WEB + plain, 'kind: Service'), /\*\*No client here may call `90`, `8080`\*\*/);
  });

  it('says nothing where no policy acts', () => {
    assert.doesNotMatch(hoverOn(SHOP, 'kind: Service'), /may call/);
  });
});
