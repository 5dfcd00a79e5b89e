// Objects that the API server or Istio's webhook refuses, and some that look as if they were.
import assert from 'node:assert/strict';
import { isRejected } from '../../../server/src/manifest/object';
import { readObjects } from '../../../server/src/manifest/read';
import { parseDocuments } from '../../../server/src/yaml/document';

function refused(kind: string, spec: string, group = 'networking.istio.io'): boolean {
  const text = `apiVersion: ${group}/v1\nkind: ${kind}\nmetadata: {name: x, namespace: shop}\nspec: ${spec}`;
  const [object] = parseDocuments(text).flatMap((document) => readObjects('x.yaml', document));
  assert.ok(object);
  return isRejected(object);
}

const REFUSED: readonly (readonly [string, string])[] = [
  ['ServiceEntry', '{hosts: [a.example], ports: [{name: http, number: 80, protocol: HTTPX}], resolution: DNS}'],
  [
    'ServiceEntry',
    '{hosts: [a.example, b.example], ports: [{name: db, number: 5432, protocol: TCP}], resolution: DNS}',
  ],
  ['ServiceEntry', '{hosts: [a.example], addresses: [a.example], ports: [{name: http, number: 80}]}'],
  [
    'ServiceEntry',
    '{hosts: [a.example], ports: [{name: http, number: 80}], resolution: STATIC, endpoints: [{address: 10.0.0.1, ports: {https: 1}}]}',
  ],
  ['WorkloadEntry', '{address: not_a_host}'],
  ['Sidecar', '{ingress: [{port: {number: 80, name: http, protocol: HTTPX}, defaultEndpoint: "127.0.0.1:80"}]}'],
  ['DestinationRule', '{host: web, subsets: [{name: v1, labels: {version: "v 1"}}]}'],
  ['DestinationRule', '{host: web, trafficPolicy: {connectionPool: {}}}'],
  ['VirtualService', "{hosts: ['*'], http: [{route: [{destination: {host: web}}]}]}"],
  ['VirtualService', '{hosts: [web], http: [{timeout: 1s}]}'],
  ['VirtualService', '{hosts: [web], http: [{route: [{destination: {}}]}]}'],
  // what the CRD alone refuses
  ['WorkloadEntry', '{network: ""}'],
  ['WorkloadEntry', '{address: "unix:///tmp/socket", ports: {}}'],
  ['WorkloadEntry', '{address: 10.0.0.1, weight: 1.5}'],
  ['WorkloadEntry', '{address: 10.0.0.1, weight: 10000000000}'],
  ['DestinationRule', '{host: web, trafficPolicy: {retryBudget: {percent: 600}}}'],
  [
    'DestinationRule',
    '{host: web, trafficPolicy: {loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}}',
  ],
  ['DestinationRule', '{host: web, trafficPolicy: {loadBalancer: {warmupDurationSecs: 100ns}}}'],
  [
    'DestinationRule',
    '{host: web, trafficPolicy: {tunnel: {protocol: HTTP, targetHost: db.example, targetPort: 443}}}',
  ],
  ['DestinationRule', '{host: web, trafficPolicy: {tunnel: {targetHost: "", targetPort: 443}}}'],
  ['DestinationRule', '{host: web, trafficPolicy: {tls: {credentialName: "configmap://other/ca"}}}'],
  ['DestinationRule', `{host: web, workloadSelector: {matchLabels: {app: ${'x'.repeat(64)}}}}`],
  ['VirtualService', '{hosts: [web], http: [{route: []}]}'],
  ['ServiceEntry', '{hosts: [a.example], ports: [{name: http, number: 80, protocol: grpc-web-x}]}'],
  ['ServiceEntry', '{hosts: [a.example], resolution: STATIC, endpoints: [{address: "unix:///tmp/socket"}]}'],
  ['ServiceEntry', '{hosts: [a.example], workloadSelector: {labels: {app: web}}, endpoints: []}'],
  ['Sidecar', '{egress: [{port: {number: 80, targetPort: 8080}, hosts: ["*/*"]}]}'],
  ['Sidecar', '{egress: [{port: {protocol: TCP}, hosts: ["*/*"]}]}'],
  ['Sidecar', '{egress: [{port: {number: 80, name: a_b}, hosts: ["*/*"]}]}'],
  ['Sidecar', '{egress: [{port: {number: 80}, bind: "unix:///tmp/socket", hosts: ["*/*"]}]}'],
  ['Sidecar', '{ingress: [{port: {number: 80}, defaultEndpoint: "127.0.0.1:0"}]}'],
  ['Sidecar', '{ingress: [{port: {number: 80}, bind: web}]}'],
];
/** Of `security.istio.io`. */
const POLICIES_REFUSED: readonly (readonly [string, string])[] = [
  // to the CRD's rules an empty list is there
  ['AuthorizationPolicy', '{rules: [{from: [{source: {serviceAccounts: [web], principals: []}}]}]}'],
  ['AuthorizationPolicy', '{selector: {matchLabels: {app: web}}, targetRefs: [], rules: [{}]}'],
  ['PeerAuthentication', '{selector: {matchLabels: {app: web}}, portLevelMtls: {"080": {mode: STRICT}}}'],
  ['AuthorizationPolicy', '{rules: [{from: [{source: {ipBlocks: ["010.0.0.1"]}}]}]}'],
  ['AuthorizationPolicy', '{rules: [{from: [{source: {ipBlocks: ["1::2::3"]}}]}]}'],
  ['AuthorizationPolicy', '{rules: [{from: [{source: {ipBlocks: ["fe80::1%eth0/64"]}}]}]}'],
];
const POLICIES_ACCEPTED: readonly (readonly [string, string])[] = [
  ['AuthorizationPolicy', '{rules: [{from: [{source: {ipBlocks: ["fe80::1%eth0", "::ffff:10.0.0.0/104"]}}]}]}'],
  ['AuthorizationPolicy', '{rules: [{when: [{key: "request.auth.claims[a[b]]", values: [c]}]}]}'],
];
const ACCEPTED: readonly (readonly [string, string])[] = [
  [
    'ServiceEntry',
    '{hosts: [a.example, b.example], ports: [{name: https, number: 443, protocol: https}], resolution: DNS}',
  ],
  ['ServiceEntry', '{hosts: [a.example, b.example], ports: [{name: db, number: 5432, protocol: TCP}]}'],
  ['ServiceEntry', '{hosts: [a.example], addresses: [10.0.0.0/8, "fd00::/8"], ports: [{name: http, number: 80}]}'],
  ['WorkloadEntry', '{address: vm.example.com}'],
  ['Sidecar', '{egress: [{port: {protocol: TCP}, bind: "unix:///tmp/socket", hosts: ["*/*"]}]}'],
  ['Sidecar', '{ingress: [{port: {number: 80}, bind: 10.0.0.1, defaultEndpoint: "[::1]:80"}]}'],
  ['DestinationRule', '{host: web, trafficPolicy: {tls: {credentialName: "configmap://shop/ca"}}}'],
  ['DestinationRule', '{host: web, trafficPolicy: {retryBudget: {percent: 12.5}}}'],
  ['DestinationRule', '{host: web, trafficPolicy: {connectionPool: {tcp: {connectTimeout: +5s}}}}'],
  ['DestinationRule', '{host: web, subsets: [{name: v1, labels: {app.kubernetes.io/version: v1.2_3, empty: ""}}]}'],
  ['VirtualService', "{hosts: ['*'], gateways: [edge], http: [{route: [{destination: {host: web}}]}]}"],
  ['VirtualService', '{http: [{route: [{destination: {host: web}}]}]}'],
];

describe('admission', () => {
  for (const [kind, spec] of REFUSED) it(`refuses ${kind} ${spec}`, () => assert.ok(refused(kind, spec)));
  for (const [kind, spec] of ACCEPTED) it(`accepts ${kind} ${spec}`, () => assert.ok(!refused(kind, spec)));
  const group = 'security.istio.io';
  for (const [kind, spec] of POLICIES_REFUSED)
    it(`refuses ${kind} ${spec}`, () => assert.ok(refused(kind, spec, group)));
  for (const [kind, spec] of POLICIES_ACCEPTED)
    it(`accepts ${kind} ${spec}`, () => assert.ok(!refused(kind, spec, group)));
});
