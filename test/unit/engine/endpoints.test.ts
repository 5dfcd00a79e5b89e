// Where the ports of Services and ServiceEntries lead.
import assert from 'node:assert/strict';
import { deployment, injected, sendsOf, service } from './support';

const base = [injected('shop'), deployment('shop', 'curl')];
const sends = (...documents: string[]): string[] => sendsOf('shop/curl', ...base, ...documents);

describe('endpoints', () => {
  const entry = `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm, namespace: shop}
spec: {address: 10.0.0.1, labels: {app: web}, serviceAccount: web}
`;
  it('a Service takes WorkloadEntries, a headless one does not', () => {
    assert.deepEqual(sends(service('shop', 'web', ['http:80']), entry), [
      'web.shop.svc.cluster.local:80 -> ISTIO_MUTUAL 10.0.0.1:80',
    ]);
    // headless and without endpoints: plaintext to whatever the client picks
    const headless = service('shop', 'web', ['http:80'], 'clusterIP: None');
    assert.deepEqual(sends(headless, deployment('shop', 'web'), entry), [
      'web.shop.svc.cluster.local:80 -> ISTIO_MUTUAL shop/web:80',
    ]);
  });
  it('a UDP port of the same number has a target of its own', () => {
    const dns = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports:
    - {name: dns, port: 53, targetPort: 5353, protocol: UDP}
    - {name: dns-tcp, port: 53, targetPort: 5354}
`;
    assert.deepEqual(sends(dns, deployment('shop', 'web')), [
      'web.shop.svc.cluster.local:53 -> ISTIO_MUTUAL shop/web:5354',
    ]);
  });
  it('a DNS entry without addresses has no cluster, whatever a rule makes of it', () => {
    const selecting = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api, namespace: shop}
spec:
  hosts: [api.example.com]
  ports: [{name: http, number: 80, protocol: HTTP}]
  resolution: DNS
  workloadSelector: {labels: {app: nobody}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec: {host: api.example.com, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}}
`;
    assert.deepEqual(sends(selecting), []);
  });
  it('an endpoint list leaves out names, which only DNS could resolve (eds/endpoint_builder.go)', () => {
    const entry = (name: string, spec: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: shop}
spec: {hosts: [db.example.com], ports: [{name: tcp, number: 5432, protocol: TCP}], ${spec}}
`;
    const fixed = 'resolution: STATIC, endpoints: [{address: 10.0.0.1}]';
    // the older entry says how the host is found; the addresses of both count
    const cluster = 'db.example.com:5432 -> PLAINTEXT';
    assert.deepEqual(sends(entry('a', fixed), entry('b', 'resolution: DNS')), [`${cluster} 10.0.0.1:5432`]);
    assert.deepEqual(sends(entry('a', 'resolution: DNS'), entry('b', fixed)), [
      `${cluster} db.example.com:5432, PLAINTEXT 10.0.0.1:5432`,
    ]);
  });
});
