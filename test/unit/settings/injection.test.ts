// What the settings found do to injection.
import assert from 'node:assert/strict';
import { dataplaneWords } from '../../../server/src/words/reasons';
import { meshOf } from './support';

const pod = (labels = '', namespace = 'shop', annotations = ''): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: ${namespace}, labels: {app: web${labels}}, annotations: {${annotations}}}, spec: {containers: [{name: a, image: a}]}}`;
const namespace = (labels: string, name = 'shop'): string =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {${labels}}}}`;
const operator = (values: string): string =>
  `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, spec: {values: {${values}}}}`;

/** `sidecar: why` of the one pod. */
function dataplane(...documents: string[]): string {
  const [workload] = meshOf(documents.join('\n---\n')).mesh.workloads;
  return `${workload!.dataplane}: ${dataplaneWords(workload!.reason)}`;
}

describe('injection', () => {
  it('of namespaces without label, where the mesh is installed so', () => {
    const everywhere = operator('sidecarInjectorWebhook: {enableNamespacesByDefault: true}');
    assert.match(dataplane(everywhere, namespace(''), pod()), /^sidecar: the mesh is installed with/);
    assert.match(dataplane(everywhere, namespace('istio-injection: disabled'), pod()), /^none/);
    assert.match(dataplane(everywhere, namespace(''), pod(', sidecar.istio.io/inject: "false"')), /^none/);
    // its labels may well opt out
    assert.match(dataplane(everywhere, pod()), /^unknown/);
    assert.match(dataplane(namespace(''), pod()), /^none/);
  });

  it('is left to the policy and selectors of the injector where a pod says nothing', () => {
    const off = operator(
      'global: {proxy: {autoInject: disabled}}, sidecarInjectorWebhook: {alwaysInjectSelector: [{matchLabels: {must: a}}]}',
    );
    const enabled = namespace('istio-injection: enabled');
    assert.match(dataplane(off, enabled, pod()), /^none: the injector's policy/);
    assert.match(dataplane(off, enabled, pod(', sidecar.istio.io/inject: "true"')), /^sidecar/);
    assert.match(dataplane(off, enabled, pod(', must: a')), /^sidecar/);
    const never = operator(
      'sidecarInjectorWebhook: {neverInjectSelector: [{matchExpressions: [{key: build, operator: Exists}]}, {}]}',
    );
    assert.match(dataplane(never, enabled, pod(', build: "1"')), /^none/);
    assert.match(dataplane(never, enabled, pod()), /^sidecar/);
  });

  it('follows the webhooks that manifests show', () => {
    const webhooks = (...selectors: string[]): string =>
      `{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: istio-sidecar-injector, labels: {istio.io/rev: default}}, webhooks: [${selectors
        .map((each) => `{name: namespace.sidecar-injector.istio.io, clientConfig: {}, ${each}}`)
        .join(', ')}]}`;
    const own = webhooks('namespaceSelector: {matchLabels: {mesh: corp}}');
    assert.match(dataplane(own, namespace('mesh: corp'), pod()), /^sidecar: the injector's webhooks select/);
    assert.match(dataplane(own, namespace('istio-injection: enabled'), pod()), /^none: the injector's webhooks, as/);
    // another revision's webhooks may stand elsewhere
    assert.match(dataplane(own, namespace('istio.io/rev: canary'), pod()), /^unknown/);
    const byName = webhooks(
      'namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop]}]}',
    );
    assert.match(dataplane(byName, namespace(''), pod()), /^sidecar/);
    const usual = webhooks(
      'namespaceSelector: {matchExpressions: [{key: istio-injection, operator: In, values: [enabled]}]}, objectSelector: {matchExpressions: [{key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}]}',
    );
    assert.match(dataplane(usual, namespace('istio-injection: enabled'), pod()), /^sidecar: `Namespace shop`/);
    // a patch of the webhooks lacks their selectors, and says nothing
    const patch = usual.replaceAll('clientConfig: {}, ', '');
    assert.match(dataplane(patch, namespace(''), pod()), /^none/);
  });

  it('of a revision and a tag that manifests install is certain', () => {
    const plane = operator('revision: canary, revisionTags: [prod]');
    assert.match(dataplane(plane, namespace('istio.io/rev: prod'), pod()), /^sidecar/);
    assert.match(dataplane(plane, namespace('istio.io/rev: canary'), pod()), /^sidecar/);
    assert.match(dataplane(plane, namespace('istio.io/rev: other'), pod()), /^unknown/);
  });

  it('of an OpenShift mesh goes by membership, and by what pods ask', () => {
    const plane =
      '{apiVersion: maistra.io/v2, kind: ServiceMeshControlPlane, metadata: {name: basic, namespace: mesh}}';
    const roll = (spec: string): string =>
      `{apiVersion: maistra.io/v1, kind: ServiceMeshMemberRoll, metadata: {name: default, namespace: mesh}, spec: {${spec}}}`;
    const asking = (name: string): string => pod('', name, 'sidecar.istio.io/inject: "true"');
    assert.match(dataplane(plane, roll('members: [shop]'), asking('shop')), /^sidecar/);
    assert.match(dataplane(plane, roll('members: [shop]'), pod('', 'bank')), /^none: the namespace is no member/);
    // another mesh may be meant, or another namespace
    assert.match(dataplane(plane, roll('members: [shop]'), asking('bank')), /^unknown/);
    assert.match(dataplane(plane, roll('members: [shop]'), pod().replace(', namespace: shop', '')), /^unknown/);
    assert.match(dataplane(plane, roll('members: [shop], memberSelectors: [{}]'), asking('bank')), /^unknown/);
    assert.match(dataplane(plane, asking('bank')), /^unknown/);
    const elsewhere = roll('members: [shop]').replace('namespace: mesh', 'namespace: other');
    assert.match(dataplane(plane, elsewhere, asking('shop')), /^unknown/);
  });
});
