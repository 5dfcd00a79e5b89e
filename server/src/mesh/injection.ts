// Does this pod get a sidecar? The webhook's selectors first, then istiod's own decision.

import type { PodTemplate } from '../manifest/kinds/workload';
import type { Labels, ObjectRef } from '../manifest/object';

/** What runs beside (or instead of) the application. `unknown`: the manifests do not show it. */
export type Dataplane = 'sidecar' | 'gateway' | 'proxyless' | 'ambient' | 'waypoint' | 'none' | 'unknown';

/** Why a pod has the data plane it has, as data; `report` words it. */
export interface DataplaneReason {
  readonly code:
    | 'injected-by-namespace'
    | 'injected-by-pod'
    | 'injected-by-hand'
    | 'assumed-injected'
    | 'no-injection-label'
    | 'namespace-opts-out'
    | 'pod-opts-out'
    | 'revision-not-installed'
    | 'revision-unknown'
    | 'host-network'
    | 'system-namespace'
    | 'namespace-labels-unknown'
    | 'ambient-namespace'
    | 'ambient-pod'
    | 'waypoint';
  readonly object?: ObjectRef;
  readonly label?: string;
}

export interface InjectionInput {
  readonly namespace: string;
  /** Undefined where no Namespace manifest exists: its labels are unknown. */
  readonly namespaceLabels: Labels | undefined;
  readonly template: PodTemplate;
  readonly revisions: readonly string[];
  /** The user has said which revisions there are; otherwise another one may well be installed. */
  readonly revisionsStated: boolean;
  readonly assumeInjected: boolean;
}
export interface Injection {
  readonly injected: boolean | 'unknown';
  readonly reason: DataplaneReason;
}

const INJECT = 'sidecar.istio.io/inject';
const REVISION = 'istio.io/rev';
/** inject/initializer.go */
const IGNORED_NAMESPACES = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

/** Whether the injector acts on a pod; each filter may refuse. */
export function injection(input: InjectionInput): Injection {
  const { template, namespaceLabels } = input;
  if (isHandInjected(template)) return { injected: true, reason: { code: 'injected-by-hand' } };
  if (template.hostNetwork) return { injected: false, reason: { code: 'host-network' } };
  if (IGNORED_NAMESPACES.has(input.namespace)) return { injected: false, reason: { code: 'system-namespace' } };
  if (template.labels[INJECT] === 'false') return { injected: false, reason: { code: 'pod-opts-out', label: INJECT } };
  if (!namespaceLabels) return withoutNamespace(input);
  const webhook = selectedByWebhook(namespaceLabels, input);
  return webhook.injected ? (required(template) ?? webhook) : webhook;
}

/** A pod of a namespace without manifest: the pod's own labels decide if they say yes, else nobody knows. */
function withoutNamespace(input: InjectionInput): Injection {
  const { template, assumeInjected } = input;
  const byPod = selectedByWebhook({}, input);
  if (byPod.injected === true) return required(template) ?? byPod;
  if (assumeInjected) return required(template) ?? { injected: true, reason: { code: 'assumed-injected' } };
  return required(template) ?? { injected: 'unknown', reason: { code: 'namespace-labels-unknown' } };
}

/** charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml and revision-tags-mwc.yaml */
function selectedByWebhook(namespace: Labels, input: InjectionInput): Injection {
  const { revisions, revisionsStated } = input;
  const pod = input.template.labels;
  const no = (code: DataplaneReason['code'], label?: string): Injection => ({
    injected: false,
    reason: { code, ...(label && { label }) },
  });
  const by = (revision: string, code: 'injected-by-namespace' | 'injected-by-pod', label: string): Injection => {
    if (revisions.includes(revision)) return { injected: true, reason: { code, label } };
    if (revisionsStated) return no('revision-not-installed', label);
    return { injected: 'unknown', reason: { code: 'revision-unknown', label } };
  };
  const inject = namespace['istio-injection'];
  if (inject !== undefined) {
    if (inject !== 'enabled') return no('namespace-opts-out', 'istio-injection');
    return by('default', 'injected-by-namespace', 'istio-injection');
  }
  const revision = namespace[REVISION];
  if (revision !== undefined) return by(revision, 'injected-by-namespace', REVISION);
  const podRevision = pod[REVISION];
  if (podRevision !== undefined) return by(podRevision, 'injected-by-pod', REVISION);
  if (pod[INJECT] === 'true') return by('default', 'injected-by-pod', INJECT);
  return no('no-injection-label');
}

/** inject/inject.go:injectRequired: the label is looked at first, only exact values count, and then the annotation. */
function required(template: PodTemplate): Injection | undefined {
  const label = template.labels[INJECT];
  const value = label ?? template.annotations[INJECT];
  return value === 'false' ? { injected: false, reason: { code: 'pod-opts-out', label: INJECT } } : undefined;
}

function isHandInjected(template: PodTemplate): boolean {
  return [...template.containers, ...template.initContainers].some(
    (container) => container.name === 'istio-proxy' && container.args[0] === 'proxy',
  );
}

/** What the injector puts into the pod (inject/inject.go:selectTemplates). */
export function injectedDataplane(template: PodTemplate): 'sidecar' | 'gateway' | 'proxyless' | 'unknown' {
  const proxy = [...template.containers, ...template.initContainers].find(
    (container) => container.name === 'istio-proxy',
  );
  if (proxy?.args[0] === 'proxy' && proxy.args[1] === 'router') return 'gateway';
  const annotation = template.annotations['inject.istio.io/templates'];
  if (annotation === undefined) return 'sidecar';
  const templates = annotation.split(',').map((name) => name.trim());
  if (templates.includes('gateway')) return 'gateway';
  if (templates.includes('sidecar')) return 'sidecar';
  return templates.some((name) => name.startsWith('grpc-')) ? 'proxyless' : 'unknown';
}
