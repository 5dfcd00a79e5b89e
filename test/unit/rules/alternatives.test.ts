// Files beside each other of which a person applies one: what hangs on the choice is no error.
import assert from 'node:assert/strict';
import { check } from './annotated';

const SHOP = `apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, version: v1 } }
    spec: { containers: [{ name: web, image: example/web:1, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: client, namespace: shop }
spec:
  selector: { matchLabels: { app: client } }
  template:
    metadata: { labels: { app: client } }
    spec: { containers: [{ name: client, image: example/client:1 }] }
`;

const policy = (name: string, mode: string): string => `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: shop }
spec: { mtls: { mode: ${mode} } }
`;

const rule = (name: string, spec: string): string => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: shop }
spec: ${spec}
`;

const MUTUAL = '{ host: web, trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }';
const PLAIN = '{ host: web, trafficPolicy: { tls: { mode: DISABLE } } }';

function of(id: string, files: Readonly<Record<string, string>>) {
  const { problems } = check(new Map([['shop.yaml', SHOP], ...Object.entries(files)]));
  return problems.filter((problem) => problem.rule === id).map(({ severity, message }) => ({ severity, message }));
}

describe('alternatives', () => {
  it('of one policy: what fails with one of them says which', () => {
    const [found, ...more] = of('istio-mtls-rejected', {
      'disable-mtls.yaml': policy('default', 'DISABLE'),
      'enable-mtls.yaml': policy('default', 'STRICT'),
      'rule.yaml': rule('web', MUTUAL),
    });
    assert.equal(more.length, 0);
    assert.equal(found?.severity, 'information');
    assert.match(
      found.message,
      /That is so if `PeerAuthentication shop\/default` is applied from `disable-mtls\.yaml`/,
    );
    assert.match(found.message, /`enable-mtls\.yaml` defines it otherwise/);
  });

  it('with one definition, or with two that agree, it is an error', () => {
    const again: Record<string, string> = { 'disable-again.yaml': policy('default', 'DISABLE') };
    for (const others of [{}, again]) {
      const files = { 'disable-mtls.yaml': policy('default', 'DISABLE'), 'rule.yaml': rule('web', MUTUAL), ...others };
      assert.deepEqual(
        of('istio-mtls-rejected', files).map(({ severity }) => severity),
        ['error'],
      );
    }
  });

  it('of one scope under two names: the age decides', () => {
    const [found] = of('plaintext-refused', {
      'a.yaml': policy('a', 'STRICT'),
      'b.yaml': policy('b', 'PERMISSIVE'),
      'rule.yaml': rule('web', PLAIN),
    });
    assert.equal(found?.severity, 'information');
    assert.match(found.message, /if `PeerAuthentication shop\/a` counts: `PeerAuthentication shop\/b` is for the same/);
  });

  it('in one file both are applied, and the name decides', () => {
    const [found] = of('plaintext-refused', {
      'policies.yaml': `${policy('a', 'STRICT')}---\n${policy('b', 'PERMISSIVE')}`,
      'rule.yaml': rule('web', PLAIN),
    });
    assert.equal(found?.severity, 'error');
  });

  it('that say no namespace may go to two', () => {
    const nowhere = (name: string, mode: string): string => policy(name, mode).replace(', namespace: shop', '');
    const files = { 'a.yaml': nowhere('a', 'STRICT'), 'b.yaml': nowhere('b', 'DISABLE') };
    assert.deepEqual(
      of('peer-authentication-ignored', files).map(({ severity }) => severity),
      ['information'],
    );
    const stated = { 'a.yaml': policy('a', 'STRICT'), 'b.yaml': policy('b', 'DISABLE') };
    assert.deepEqual(
      of('peer-authentication-ignored', stated).map(({ severity }) => severity),
      ['warning'],
    );
  });

  it('of rules for one host', () => {
    const [found] = of('plaintext-refused', {
      'policy.yaml': policy('default', 'STRICT'),
      'a.yaml': rule('a', PLAIN),
      'b.yaml': rule('b', MUTUAL),
    });
    assert.equal(found?.severity, 'information');
    const [lost] = of('destination-rule-merge-loses', { 'a.yaml': rule('a', PLAIN), 'b.yaml': rule('b', MUTUAL) });
    assert.match(lost!.message, /comes first by name if both are applied together, else the older one counts/);
  });

  it('of a rule with other subsets', () => {
    const route = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec: { hosts: [web], http: [{ route: [{ destination: { host: web, subset: v2 } }] }] }
`;
    const subsets = (version: string): string =>
      `{ host: web, subsets: [{ name: ${version}, labels: { version: ${version} } }] }`;
    const one = { 'route.yaml': route, 'v1.yaml': rule('web', subsets('v1')) };
    assert.equal(of('virtual-service-subset-unknown', one)[0]?.severity, 'error');
    const two = { ...one, 'v2.yaml': rule('web', subsets('v2')) };
    assert.equal(of('virtual-service-subset-unknown', two)[0]?.severity, 'information');
  });
});
