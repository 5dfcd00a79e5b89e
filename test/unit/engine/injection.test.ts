// Which pods get a sidecar, and what it adds to their labels.
import assert from 'node:assert/strict';
import { answerCase } from '../../conformance/cases';
import { deployment, injected, sendsOf, service } from './support';

const dataplane = (...documents: string[]): string | undefined =>
  answerCase({ id: '', manifests: documents.join('\n---\n') })[0]?.dataplane;

describe('injection', () => {
  it('follows the pod where no Namespace object is known', () => {
    assert.equal(dataplane(deployment('shop', 'web', ', istio.io/rev: default')), 'sidecar');
    assert.equal(dataplane(deployment('shop', 'web', ', sidecar.istio.io/inject: "true"')), 'sidecar');
    assert.equal(
      dataplane(deployment('shop', 'web', ', istio.io/rev: canary, sidecar.istio.io/inject: "true"')),
      'none',
    );
  });
  it('takes an empty tlsMode label for none', () => {
    const pod = deployment('shop', 'web', ', security.istio.io/tlsMode: ""');
    const sends = sendsOf('shop/web', injected('shop'), pod, service('shop', 'web', ['http:80']));
    assert.deepEqual(sends, ['web.shop.svc.cluster.local:80 -> ISTIO_MUTUAL shop/web:80']);
  });
});

describe('the mesh configuration', () => {
  it('is the ConfigMap istio of istio-system, wherever others stand', () => {
    const map = (namespace: string, on: boolean): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: ${namespace}}
data: {mesh: "enableAutoMtls: ${on}"}
`;
    const mesh = [injected('shop'), deployment('shop', 'web'), service('shop', 'web', ['http:80'])];
    assert.deepEqual(sendsOf('shop/web', ...mesh, map('alpha', false), map('istio-system', true)), [
      'web.shop.svc.cluster.local:80 -> ISTIO_MUTUAL shop/web:80',
    ]);
  });
});
