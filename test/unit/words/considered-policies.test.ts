// Every AuthorizationPolicy that could have decided is named with the part that it has, at sidecars, gateways, waypoints
// and ztunnels.
import assert from 'node:assert/strict';
import type { PolicyPart } from '../../../server/src/authorization/considered';
import { app, explanationOf, namespace, service } from '../report/workspace';

const policy = (place: string, name: string, spec: string, metadata = ''): string =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ${name}, namespace: ${place}${metadata}}, spec: {${spec}}}\n---\n`;
const FROM_WEB = 'rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/default]}}]}]';
const FROM_PAY = 'rules: [{from: [{source: {namespaces: [pay]}}]}]';
const MESH = namespace('shop') + namespace('pay') + app('shop', 'web') + app('shop', 'api') + service('shop', 'api');

function partsOf(
  manifests: string,
  asked: Parameters<typeof explanationOf>[1] = { client: 'shop/web', host: 'api.shop' },
): Record<string, PolicyPart> {
  const { explanation } = explanationOf(manifests, asked);
  return Object.fromEntries(
    explanation.authorizationPolicies.map(({ policy: { metadata }, part }) => [
      `${metadata.namespace}/${metadata.name}`,
      part,
    ]),
  );
}

describe('AuthorizationPolicies in an explanation', () => {
  it('have each their part at a sidecar', () => {
    const policies = [
      policy('shop', 'lets-in', FROM_WEB),
      policy('shop', 'for-pay', FROM_PAY),
      policy('shop', 'refuses-pay', `action: DENY, ${FROM_PAY}`),
      policy('shop', 'other-pods', `selector: {matchLabels: {app: db}}, ${FROM_WEB}`),
      policy('shop', 'for-gateways', `targetRefs: [{group: "", kind: Service, name: api}], ${FROM_WEB}`),
      policy('shop', 'logs', `action: AUDIT, ${FROM_WEB}`),
      policy('shop', 'trial', `action: DENY, ${FROM_WEB}`, ', annotations: {istio.io/dry-run: "true"}'),
      policy('shop', 'canary', FROM_PAY, ', labels: {istio.io/rev: canary}'),
      policy('pay', 'misplaced', `selector: {matchLabels: {app: api}}, ${FROM_WEB}`),
      policy('pay', 'elsewhere', FROM_WEB),
    ];
    const manifests = MESH + policies.join('');
    assert.deepEqual(partsOf(manifests), {
      'shop/lets-in': 'decides',
      'shop/for-pay': 'no-rule-matches',
      'shop/refuses-pay': 'no-rule-matches',
      'shop/other-pods': 'selector-differs',
      'shop/for-gateways': 'targets-gateways',
      'shop/logs': 'only-logs',
      'shop/trial': 'dry-run',
      'shop/canary': 'revision',
      'pay/misplaced': 'other-namespace',
    });
    const { text } = explanationOf(manifests, { client: 'shop/web', host: 'api.shop' });
    assert.match(text, /^access +allowed by AuthorizationPolicy shop\/lets-in$/m);
    assert.match(text, /shop\/trial only logs: it is a dry run +\(mesh\.yaml:\d+\)/);
    assert.match(text, /and \d more that have no say/);
    // turned round, nothing changes
    assert.deepEqual(partsOf(MESH + [...policies].reverse().join('')), partsOf(manifests));
  });

  it('are not asked where a DENY has decided', () => {
    assert.deepEqual(
      partsOf(MESH + policy('shop', 'allow', FROM_WEB) + policy('shop', 'deny', `action: DENY, ${FROM_WEB}`)),
      {
        'shop/deny': 'decides',
        'shop/allow': 'decided-before',
      },
    );
  });

  it('that nobody holds to are named where one may believe in them', () => {
    const misplaced = policy('pay', 'misplaced', `selector: {matchLabels: {app: api}}, ${FROM_PAY}`);
    const { text } = explanationOf(MESH + misplaced, { client: 'shop/web', host: 'api.shop' });
    assert.match(text, /^access +no AuthorizationPolicy decides here$/m);
    assert.match(text, /pay\/misplaced has no effect here: its selector fits, but it is of another namespace/);
    const other = policy('shop', 'db', `selector: {matchLabels: {app: db}}, ${FROM_PAY}`);
    assert.doesNotMatch(explanationOf(MESH + other, { client: 'shop/web', host: 'api.shop' }).text, /^access/m);
    const bare = namespace('old', 'disabled') + app('old', 'api') + service('old', 'api');
    const parts = partsOf(MESH + bare + policy('old', 'all', FROM_PAY), { client: 'shop/web', host: 'api.old' });
    assert.deepEqual(parts, { 'old/all': 'no-proxy' });
  });
});

const GATEWAY =
  namespace('shop') +
  app('shop', 'web') +
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: egress, namespace: edge}, spec: {template: {metadata: {labels: {istio: egress, sidecar.istio.io/inject: "true"}, annotations: {inject.istio.io/templates: gateway}}, spec: {containers: [{name: istio-proxy, image: auto}]}}}}\n---\n` +
  `{apiVersion: v1, kind: Service, metadata: {name: egress, namespace: edge}, spec: {selector: {istio: egress}, ports: [{name: https, port: 443, targetPort: 8443}, {name: http, port: 80, targetPort: 8080}]}}\n---\n`;
const server = (number: number, protocol: string, tls = ''): string =>
  `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: gw-${number}, namespace: edge}, spec: {selector: {istio: egress}, servers: [{port: {number: ${number}, name: p, protocol: ${protocol}}, hosts: ["*"]${tls}}]}}\n---\n`;
const MUTUAL = server(443, 'HTTPS', ', tls: {mode: ISTIO_MUTUAL}');
const RULE = `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: egress, namespace: edge}, spec: {host: egress, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}}\n---\n`;
const ask = (manifests: string, port: number): string =>
  explanationOf(GATEWAY + manifests, { client: 'shop/web', host: 'egress.edge', port }).text;

describe('a gateway in an explanation', () => {
  it('takes what the servers of its Gateways take', () => {
    assert.match(ask(MUTUAL + RULE, 443), /:443 {3}mTLS$/m);
    assert.match(ask(MUTUAL + RULE, 443), /Gateway edge\/gw-443: spec\.servers\[0\] tls\.mode ISTIO_MUTUAL +\(mesh/);
    assert.match(ask(MUTUAL, 443), /:443 {3}refused$/m);
    assert.match(ask(MUTUAL, 443), /the server takes only mTLS and closes a plaintext connection/);
    assert.match(ask(server(80, 'HTTP') + RULE, 80), /:80 {3}refused$/m);
    assert.match(ask(server(80, 'HTTP') + RULE, 80), /no server of a Gateway ends Istio's mTLS on this port/);
    assert.match(ask('', 80), /is a gateway, and no Gateway here has a server on 8080/);
  });

  it('holds to policies, with the identity that the connection shows', () => {
    const only = policy('edge', 'only', FROM_WEB);
    assert.match(ask(MUTUAL + RULE + only, 443), /^access +allowed by AuthorizationPolicy edge\/only$/m);
    const plain = ask(server(80, 'HTTP') + only, 80);
    assert.match(plain, /:80 {3}plaintext, denied$/m);
    assert.match(plain, /the client shows no identity/);
    const selected = policy(
      'edge',
      'get',
      'selector: {matchLabels: {istio: egress}}, rules: [{to: [{operation: {methods: [GET]}}]}]',
    );
    assert.match(ask(server(80, 'HTTP') + selected, 80), /^access +depends on the request: methods$/m);
    assert.match(ask(server(443, 'TLS', ', tls: {mode: PASSTHROUGH}') + selected, 443), /^access +denied: no rule of/m);
    const ports = policy('edge', 'ports', 'rules: [{to: [{operation: {ports: ["8080"]}}]}]');
    assert.match(ask(server(80, 'HTTP') + ports, 80), /^access +allowed by AuthorizationPolicy edge\/ports$/m);
  });
});

const AMBIENT =
  namespace('shop').replace('istio-injection: enabled', 'istio.io/dataplane-mode: ambient') +
  `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: waypoint, namespace: shop}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}\n---\n` +
  app('shop', 'web') +
  app('shop', 'api') +
  service('shop', 'api').replace('name: api,', 'name: api, labels: {istio.io/use-waypoint: waypoint},');
const ambient = { client: 'shop/web', host: 'api.shop', assume: { ambient: true } };
const target = (kind: string, name: string, group = ''): string =>
  `targetRefs: [{group: "${group}", kind: ${kind}, name: ${name}}]`;

describe('a waypoint in an explanation', () => {
  it('holds to policies that name the service or the waypoint, and to no others', () => {
    const policies =
      policy('shop', 'of-service', `${target('Service', 'api')}, ${FROM_WEB}`) +
      policy('shop', 'of-waypoint', `${target('Gateway', 'waypoint', 'gateway.networking.k8s.io')}, ${FROM_PAY}`) +
      policy('shop', 'of-another', `${target('Service', 'db')}, ${FROM_WEB}`) +
      policy('shop', 'of-pods', `selector: {matchLabels: {app: api}}, ${FROM_PAY}`);
    assert.deepEqual(partsOf(AMBIENT + policies, ambient), {
      'shop/of-service': 'decides',
      'shop/of-waypoint': 'no-rule-matches',
      'shop/of-another': 'target-differs',
      'shop/of-pods': 'target-differs',
    });
    const { text } = explanationOf(AMBIENT + policies, ambient);
    assert.match(text, /^access +allowed by AuthorizationPolicy shop\/of-service, at the waypoint shop\/waypoint$/m);
  });

  it('is the one who calls the pods', () => {
    const onPods = policy('shop', 'of-pods', `selector: {matchLabels: {app: api}}, ${FROM_WEB}`);
    const asked = { ...ambient, client: 'shop/waypoint' };
    assert.deepEqual(partsOf(AMBIENT + onPods, asked), { 'shop/of-pods': 'decides' });
    assert.match(
      explanationOf(AMBIENT + onPods, asked).text,
      /^access +denied: no rule of AuthorizationPolicy shop\/of-pods/m,
    );
  });

  it('and a ztunnel pass over what is not for them', () => {
    const plain = AMBIENT.replace('istio.io/use-waypoint: waypoint', 'app: api');
    const policies =
      policy('shop', 'web', FROM_WEB) +
      policy('shop', 'custom', `action: AUDIT, ${FROM_WEB}`) +
      policy('shop', 'empty', `selector: {}, ${FROM_PAY}`) +
      policy('shop', 'of-service', `${target('Service', 'api')}, ${FROM_PAY}`);
    assert.deepEqual(partsOf(plain + policies, ambient), {
      'shop/web': 'decides',
      'shop/custom': 'ztunnel-action',
      'shop/empty': 'ztunnel-selector',
      'shop/of-service': 'targets-gateways',
    });
  });
});
