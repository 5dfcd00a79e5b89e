// What protocol a workload's port speaks, seen by what an application's own TLS meets there.
import assert from 'node:assert/strict';
import { answerCase } from '../../conformance/cases';
import { deployment, injected, service } from './support';

const base = [injected('shop'), deployment('shop', 'old'), deployment('shop', 'new')];
const entry = (name: string, port: string, extra = ''): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: shop}
spec:
  hosts: [${extra || 'db.example.com'}]
  ports: [{name: main, ${port}}]
  resolution: STATIC
  workloadSelector: {labels: {app: ${name}}}
`;

/** What becomes of TLS at each port that something names. */
function tlsAt(workload: string, ...documents: readonly string[]): Record<string, string> {
  const answers = answerCase({ id: '', manifests: [...base, ...documents].join('\n---\n') });
  const accepts = Object.entries(answers.find((each) => each.workload === workload)?.accepts ?? {});
  const named = accepts.filter(([port]) => port !== '61234');
  return Object.fromEntries(named.map(([port, wire]) => [port, 'tls' in wire ? wire.tls : '']));
}

describe('the protocol of a port', () => {
  it('is what its own ServiceEntry says, also where clients know the host by another (core/listener_inbound.go)', () => {
    const twins = [entry('new', 'number: 80, protocol: HTTP'), entry('old', 'number: 80, protocol: TCP')];
    assert.deepEqual(tlsAt('shop/new', ...twins), { 80: 'rejected' });
    assert.deepEqual(tlsAt('shop/old', ...twins), { 80: 'forwarded' });
    const apart = [entry('new', 'number: 80, protocol: HTTP'), entry('old', 'number: 90, protocol: HTTP')];
    assert.deepEqual(tlsAt('shop/old', ...apart), { 90: 'rejected' });
  });
  it('is not that of a Service of the same host with other pods', () => {
    const host = 'new.shop.svc.cluster.local';
    const documents = [service('shop', 'new', ['tcp:80']), entry('old', 'number: 80, protocol: HTTP', host)];
    assert.deepEqual(tlsAt('shop/new', ...documents), { 80: 'forwarded' });
    assert.deepEqual(tlsAt('shop/old', ...documents), { 80: 'rejected' });
  });
  it('is TCP where an older Service means UDP by that port', () => {
    const named = (name: string, protocol: string): string =>
      service('shop', name, ['http:80'])
        .replace(`{app: ${name}}`, '{app: new}')
        .replace('port: 80', `port: 80, protocol: ${protocol}`);
    assert.deepEqual(tlsAt('shop/new', named('a', 'UDP'), named('b', 'TCP')), { 80: 'forwarded' });
    assert.deepEqual(tlsAt('shop/new', named('a', 'TCP'), named('b', 'UDP')), { 80: 'rejected' });
  });
});
