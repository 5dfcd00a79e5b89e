// What the injected grammar marks in YAML, and what it takes for nothing of Istio's.
import assert from 'node:assert/strict';
import type { IGrammar } from 'vscode-textmate';
import { commentText, hosts, load, marks, tokenise } from './engine';

const KIND = 'entity.name.type.kind.istio';
const MODE = 'constant.language.mode.istio';
const HOST = 'variable.other.constant.host.istio';
const NAMESPACE = 'entity.name.namespace.istio';
const SLASH = 'punctuation.separator.namespace.istio';
const PORT = 'constant.numeric.port.istio';
const PRINCIPAL = 'string.other.principal.istio';
const ACCOUNT = 'variable.other.constant.service-account.istio';

for (const [name, host] of Object.entries(hosts)) {
  describe(`grammar, in ${name}`, () => {
    let grammar: IGrammar;
    before(async () => {
      grammar = await load(host, true);
    });

    it('marks kind, mode and the ports of portLevelMtls in a PeerAuthentication', () => {
      const text = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: payments
  namespace: finance
spec:
  selector:
    matchLabels:
      app: payments
  mtls:
    mode: STRICT
  portLevelMtls: # ports of the workload
    # metrics
    9090:
      mode: PERMISSIVE # scraped from outside

    "8080": { mode: DISABLE }
`;
      assert.deepEqual(marks(grammar, text), [
        `PeerAuthentication  ${KIND}`,
        `STRICT  ${MODE}`,
        `9090  ${PORT}`,
        `PERMISSIVE  ${MODE}`,
        `8080  ${PORT}`,
        `DISABLE  ${MODE}`,
      ]);
      const comment = commentText(tokenise(grammar, text));
      assert.equal(comment, '# ports of the workload # metrics # scraped from outside');
    });

    it('leaves portLevelMtls with the first key that is no port', () => {
      const text = `spec:
  portLevelMtls:
    8080:
      mode: STRICT
  responses:
    200:
      description: fine
`;
      assert.deepEqual(marks(grammar, text), [`8080  ${PORT}`, `STRICT  ${MODE}`]);
    });

    it('marks portLevelMtls on one line', () => {
      assert.deepEqual(marks(grammar, 'portLevelMtls: {8080: {mode: DISABLE}, 9090: {mode: STRICT}}\nport: 80'), [
        `8080  ${PORT}`,
        `DISABLE  ${MODE}`,
        `9090  ${PORT}`,
        `STRICT  ${MODE}`,
      ]);
    });

    it('marks host and mode in a DestinationRule, plain, quoted and on one line', () => {
      const text = `kind: "DestinationRule"
spec:
  host: "*.finance.svc.cluster.local"
  trafficPolicy:
    tls:
      mode: 'ISTIO_MUTUAL'
---
kind: DestinationRule # the short name
spec:
  host: payments   # of this namespace
  trafficPolicy: {tls: {mode: SIMPLE}}
`;
      assert.deepEqual(marks(grammar, text), [
        `DestinationRule  ${KIND}`,
        `*.finance.svc.cluster.local  ${HOST}`,
        `ISTIO_MUTUAL  ${MODE}`,
        `DestinationRule  ${KIND}`,
        `payments  ${HOST}`,
        `SIMPLE  ${MODE}`,
      ]);
    });

    it('marks every mode, and nothing that only resembles one', () => {
      for (const mode of ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET', 'ISTIO_MUTUAL', 'MUTUAL', 'SIMPLE']) {
        assert.deepEqual(marks(grammar, `mode: ${mode}`), [`${mode}  ${MODE}`]);
        assert.deepEqual(marks(grammar, `    mode:   ${mode}`), [`${mode}  ${MODE}`]);
      }
      for (const line of [
        'mode: strict',
        'mode: STRICTER',
        'mode: STRICT please',
        'mode: "STRICT',
        'xmode: STRICT',
        'x-mode: STRICT',
        'mode: 0644',
      ]) {
        assert.deepEqual(marks(grammar, line), [], line);
      }
    });

    it("marks Istio's kinds and no others", () => {
      const kinds = [
        'RequestAuthentication',
        'AuthorizationPolicy',
        'Sidecar',
        'ServiceEntry',
        'WorkloadEntry',
        'VirtualService',
        'Gateway',
      ];
      for (const kind of kinds) assert.deepEqual(marks(grammar, `kind: ${kind}`), [`${kind}  ${KIND}`]);
      for (const kind of ['Deployment', 'Service', 'GatewayClass', 'gateway'])
        assert.deepEqual(marks(grammar, `kind: ${kind}`), []);
    });

    it('marks namespace and host in the lists of a Sidecar and a Gateway', () => {
      const text = `kind: Sidecar
spec:
  egress:
  - hosts:
    - "./*"
    - istio-system/*
    - ~/ads.shop.svc.cluster.local # not this one
    # all of finance
    - finance/*.finance.svc.cluster.local
    port:
      number: 80
  - hosts: ["*/*", ./cart.shop.svc.cluster.local]
---
kind: Gateway
spec:
  servers:
  - hosts:
    - shop.example.com
  - port:
      number: 443
    hosts:
      - "*"
`;
      assert.deepEqual(marks(grammar, text), [
        `Sidecar  ${KIND}`,
        `.  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*  ${HOST}`,
        `istio-system  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*  ${HOST}`,
        `~  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `ads.shop.svc.cluster.local  ${HOST}`,
        `finance  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*.finance.svc.cluster.local  ${HOST}`,
        `*  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*  ${HOST}`,
        `.  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `cart.shop.svc.cluster.local  ${HOST}`,
        `Gateway  ${KIND}`,
        `shop.example.com  ${HOST}`,
        `*  ${HOST}`,
      ]);
    });

    it('marks a full service name in any list', () => {
      assert.deepEqual(
        marks(grammar, 'exclude:\n  - cart.shop.svc.cluster.local\n  - "*.shop.svc.cluster.local"\n  - src/index.ts'),
        [`cart.shop.svc.cluster.local  ${HOST}`, `*.shop.svc.cluster.local  ${HOST}`],
      );
    });

    it('marks namespace and service account of a principal', () => {
      const text = `principals:
  - cluster.local/ns/shop/sa/web
  - "cluster.local/ns/finance/*"
subjectAltNames: ["spiffe://cluster.local/ns/finance/sa/payments", '*/sa/batch']
`;
      assert.deepEqual(marks(grammar, text), [
        `cluster.local/  ${PRINCIPAL}`,
        `ns/  ${PRINCIPAL}`,
        `shop  ${NAMESPACE}`,
        `/sa/  ${PRINCIPAL}`,
        `web  ${ACCOUNT}`,
        `cluster.local/  ${PRINCIPAL}`,
        `ns/  ${PRINCIPAL}`,
        `finance  ${NAMESPACE}`,
        `/*  ${PRINCIPAL}`,
        `spiffe://cluster.local/  ${PRINCIPAL}`,
        `ns/  ${PRINCIPAL}`,
        `finance  ${NAMESPACE}`,
        `/sa/  ${PRINCIPAL}`,
        `payments  ${ACCOUNT}`,
        `*/  ${PRINCIPAL}`,
        `sa/  ${PRINCIPAL}`,
        `batch  ${ACCOUNT}`,
      ]);
    });

    it('leaves comments, quoted text and block scalars alone', () => {
      const text = `# kind: PeerAuthentication
# mode: STRICT, host: cart.shop
a: 1 # mode: STRICT
note: "mode: STRICT"
other: 'kind: Gateway'
mesh: |
  kind: PeerAuthentication
  mode: STRICT
  hosts:
    - cart.shop.svc.cluster.local
  portLevelMtls:
    8080:
      mode: DISABLE
plain: set the mode STRICT for cluster.local/ns/shop/sa/web now
`;
      assert.deepEqual(marks(grammar, text), []);
    });
  });
}
