// What a Sidecar and the VirtualServices that it imports let a client reach.
import assert from 'node:assert/strict';
import { deployment, injected, reachableFrom, service } from './support';

const base = [
  injected('shop'),
  injected('client'),
  deployment('client', 'curl'),
  service('shop', 'web', ['http:80', 'http-admin:90']),
];
const sidecar = (egress: string): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: client}
spec: {egress: [${egress}]}
`;
const virtualService = (http: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: store, namespace: client}
spec:
  hosts: [store.example.com]
  http: [${http}]
`;
const WEB = 'web.shop.svc.cluster.local';
const to = (port?: number): string =>
  `{destination: {host: ${WEB}${port ? `, port: {number: ${port}}` : ''}}, weight: 50}`;

describe('services that a VirtualService leads to', () => {
  const reached = (egress: string, http: string): string[] =>
    reachableFrom('client/curl', ...base, sidecar(egress), virtualService(http));

  it('come with the ports that its routes name', () => {
    assert.deepEqual(reached('{hosts: [./*]}', `{route: [${to(80)}]}`), [`${WEB}:80`]);
    assert.deepEqual(reached('{hosts: [./*]}', `{route: [${to(80)}]}, {route: [${to(90)}]}`), [
      `${WEB}:80`,
      `${WEB}:90`,
    ]);
  });
  it('come with all ports where a route names none', () => {
    assert.deepEqual(reached('{hosts: [./*]}', `{route: [${to(80)}, ${to()}]}`), [`${WEB}:80`, `${WEB}:90`]);
  });
  it("come with the listener's port where it has one, whatever the routes name", () => {
    const listener = '{port: {number: 90, name: http, protocol: HTTP}, hosts: [./*]}';
    assert.deepEqual(reached(listener, `{route: [${to(80)}]}`), [`${WEB}:90`]);
  });
  it('stay out where the route is for other namespaces', () => {
    const route = (namespace: string): string => `{match: [{sourceNamespace: ${namespace}}], route: [${to(80)}]}`;
    assert.deepEqual(reached('{hosts: [./*]}', route('other')), []);
    assert.deepEqual(reached('{hosts: [./*]}', route('client')), [`${WEB}:80`]);
  });
});

describe('a delegate', () => {
  it('brings its destinations, seen from its own namespace', () => {
    const delegate = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: rest, namespace: shop}
spec: {http: [{route: [{destination: {host: web, port: {number: 90}}}]}]}
`;
    const root = virtualService('{delegate: {name: rest, namespace: shop}}');
    const reached = reachableFrom('client/curl', ...base, sidecar('{hosts: [./*]}'), root, delegate);
    assert.deepEqual(reached, [`${WEB}:90`]);
  });
});

describe('services of one host in two namespaces', () => {
  const entry = (namespace: string, number: number): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api, namespace: ${namespace}}
spec:
  hosts: [api.example.com]
  ports: [{name: http, number: ${number}, protocol: HTTP}]
  resolution: DNS
`;
  it('a sidecar takes that of its own namespace, a gateway the first, unless a sidecar there goes before it', () => {
    const gateway = deployment('client', 'ingress').replace(
      'metadata: {labels: {app: ingress}}',
      "metadata: {labels: {app: ingress}, annotations: {'inject.istio.io/templates': gateway}}",
    );
    const entries = [entry('alpha', 80), entry('client', 90)];
    const reached = (client: string, ...documents: string[]): string[] =>
      reachableFrom(`client/${client}`, injected('client'), ...documents, ...entries);
    const curl = deployment('client', 'curl');
    assert.deepEqual(reached('curl', curl), ['api.example.com:90']);
    assert.deepEqual(reached('ingress', gateway, curl), ['api.example.com:80']);
    assert.deepEqual(reached('ingress', curl, gateway), ['api.example.com:90']);
    assert.deepEqual(reached('ingress', curl, gateway, sidecar('{hosts: ["./*"]}')), ['api.example.com:80']);
  });
  it('or in one, shown to others: each client looks at those that it may see', () => {
    const shown = (document: string, name: string, exportTo: string): string =>
      document
        .replace('name: api', `name: ${name}`)
        .replace('resolution: DNS', `resolution: DNS\n  exportTo: [${exportTo}]`);
    const documents = [
      ...base.slice(0, 3),
      deployment('shop', 'cart'),
      shown(entry('shop', 90), 'a', '"*"'),
      shown(entry('shop', 80), 'b', '.'),
    ];
    assert.deepEqual(reachableFrom('client/curl', ...documents), ['api.example.com:90']);
    assert.deepEqual(reachableFrom('shop/cart', ...documents), ['api.example.com:80']);
  });
  it('a listener with a port passes over the one without that port', () => {
    const listener = '{port: {number: 90, name: http, protocol: HTTP}, hosts: ["*/*"]}';
    assert.deepEqual(
      reachableFrom('client/curl', ...base.slice(0, 3), entry('alpha', 80), entry('beta', 90), sidecar(listener)),
      ['api.example.com:90'],
    );
  });
});

describe('defaultServiceExportTo', () => {
  it('is a list as any other', () => {
    const from = (list: string): string[] => {
      const data = `{mesh: "defaultServiceExportTo: ${list}"}`;
      const mesh = `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: ${data}
`;
      return reachableFrom('client/curl', ...base, mesh);
    };
    const all = [`${WEB}:80`, `${WEB}:90`];
    for (const list of ["['*']", '[client]', '[., client]', '[]']) assert.deepEqual(from(list), all, list);
    for (const list of ['[.]', '[shop, other]', "['~']"]) assert.deepEqual(from(list), [], list);
  });
});

describe('an egress host with ~ before the namespace', () => {
  const from = (hosts: string): string[] => reachableFrom('client/curl', ...base, sidecar(`{hosts: [${hosts}]}`));

  it('takes its host out of what the others import (model/sidecar.go:convertIstioListenerToWrapper)', () => {
    assert.deepEqual(from(`~shop/${WEB}, "*/*"`), []);
    assert.deepEqual(from('~client/*, shop/*'), [`${WEB}:80`, `${WEB}:90`]);
  });
  it('leaves nothing where it is ~/*, whatever stands beside it', () => {
    assert.deepEqual(from('~/*, shop/*'), []);
    assert.deepEqual(from(`"*/*", ~/${WEB}`), []);
  });
});
