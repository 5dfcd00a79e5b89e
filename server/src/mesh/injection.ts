// Does this pod get a sidecar? The webhook's selectors first, then istiod's own decision.

import { selectsLabels } from '../manifest/kinds/label-selector';
import type { PodTemplate } from '../manifest/kinds/workload';
import type { Labels, ObjectRef } from '../manifest/object';
import type { MeshSettings } from './settings';

/** What runs beside (or instead of) the application. `unknown`: the manifests do not show it. */
export type Dataplane = 'sidecar' | 'gateway' | 'proxyless' | 'ambient' | 'waypoint' | 'none' | 'unknown';

/** Why a pod has the data plane it has, as data; `report` words it. */
export interface DataplaneReason {
  readonly code:
    | 'injected-by-namespace'
    | 'injected-by-pod'
    | 'injected-by-hand'
    | 'injected-by-default'
    | 'injected-by-webhook'
    | 'webhook-passes-over'
    | 'default-injection-unknown'
    | 'never-injected'
    | 'not-a-member'
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
  /** False where the manifest leaves it to whoever applies it. */
  readonly namespaceStated: boolean;
  /** Undefined where no Namespace manifest exists: its labels are unknown. */
  readonly namespaceLabels: Labels | undefined;
  readonly template: PodTemplate;
  readonly settings: Pick<
    MeshSettings,
    | 'revisions'
    | 'revisionsStated'
    | 'enableNamespacesByDefault'
    | 'autoInject'
    | 'neverInjectSelector'
    | 'alwaysInjectSelector'
    | 'injectors'
    | 'members'
  >;
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
  const member = asMember(input);
  if (member) return member;
  if (!namespaceLabels) return withoutNamespace(input);
  const webhook = selectedByWebhook(namespaceLabels, input);
  return webhook.injected ? (required(input) ?? webhook) : webhook;
}

/** A pod of a namespace without manifest: the pod's own labels decide if they say yes, else nobody knows. */
function withoutNamespace(input: InjectionInput): Injection {
  const { assumeInjected } = input;
  const byPod = labelledPod({}, input);
  if (byPod.injected === true && byPod.reason.code === 'injected-by-pod') return required(input) ?? byPod;
  if (assumeInjected) return required(input) ?? { injected: true, reason: { code: 'assumed-injected' } };
  return required(input) ?? { injected: 'unknown', reason: { code: 'namespace-labels-unknown' } };
}

/**
 * Members of an OpenShift mesh: pods ask for a sidecar by annotation or label, and a namespace that is no member gets
 * none. Where such a namespace asks all the same, it may well be of another mesh; what members' namespaces ask for is
 * left to their labels.
 */
function asMember(input: InjectionInput): Injection | undefined {
  const { namespace, namespaceStated, namespaceLabels = {}, template, settings } = input;
  const { members } = settings;
  if (!members) return undefined;
  const asks = (template.labels[INJECT] ?? template.annotations[INJECT]) === 'true';
  if (members.namespaces.includes(namespace))
    return asks ? { injected: true, reason: { code: 'injected-by-pod', label: INJECT } } : undefined;
  if (members.open || !namespaceStated) return undefined;
  const isLabelled = [namespaceLabels['istio-injection'], namespaceLabels[REVISION], template.labels[REVISION]].some(
    (label) => label !== undefined,
  );
  return { injected: asks || isLabelled ? 'unknown' : false, reason: { code: 'not-a-member' } };
}

/** The webhooks that manifests show decide for the revisions that they are of; Istio's own selectors for others. */
function selectedByWebhook(labels: Labels, input: InjectionInput): Injection {
  const { injectors } = input.settings;
  const byLabels = labelledPod(labels, input);
  if (injectors.length === 0 || byLabels.injected === 'unknown') return byLabels;
  // the API server adds it to every namespace
  const namespace = { 'kubernetes.io/metadata.name': input.namespace, ...labels };
  const hits = injectors.filter(
    ({ namespaceSelector, objectSelector }) =>
      selectsLabels(namespaceSelector, namespace) && selectsLabels(objectSelector, input.template.labels),
  );
  if (!byLabels.injected) {
    return hits.length > 0 ? { injected: true, reason: { code: 'injected-by-webhook' } } : byLabels;
  }
  const asked = askedRevision(labels, input.template.labels);
  const isShown = injectors.some((each) => each.asked === asked);
  return isShown && hits.length === 0 ? { injected: false, reason: { code: 'webhook-passes-over' } } : byLabels;
}

/** The revision that labels ask for, the namespace's before the pod's. */
function askedRevision(namespace: Labels, pod: Labels): string {
  return namespace['istio-injection'] !== undefined ? 'default' : (namespace[REVISION] ?? pod[REVISION] ?? 'default');
}

/** charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml and revision-tags-mwc.yaml */
function labelledPod(namespace: Labels, input: InjectionInput): Injection {
  const { revisions, revisionsStated, enableNamespacesByDefault } = input.settings;
  const pod = input.template.labels;
  const no = (code: DataplaneReason['code'], label?: string): Injection => ({
    injected: false,
    reason: { code, ...(label && { label }) },
  });
  const by = (revision: string, code: DataplaneReason['code'], label: string): Injection => {
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
  if (enableNamespacesByDefault === true && pod[INJECT] === undefined)
    return by('default', 'injected-by-default', 'enableNamespacesByDefault');
  if (enableNamespacesByDefault === 'unknown' && pod[INJECT] === undefined)
    return { injected: 'unknown', reason: { code: 'default-injection-unknown' } };
  return no('no-injection-label');
}

/**
 * inject/inject.go:injectRequired: the label is looked at first, only exact values count, and then the annotation; a
 * pod that says neither is left to the injector's selectors and policy. Undefined where it is injected.
 */
function required({ template, settings }: InjectionInput): Injection | undefined {
  const { labels, annotations } = template;
  const value = labels[INJECT] ?? annotations[INJECT];
  if (value === 'false') return { injected: false, reason: { code: 'pod-opts-out', label: INJECT } };
  if (value === 'true') return undefined;
  const selected = (selectors: MeshSettings['neverInjectSelector']): boolean =>
    selectors.some((selector) => isWritten(selector) && selectsLabels(selector, labels));
  const isOut = selected(settings.neverInjectSelector);
  if (!isOut && (settings.autoInject || selected(settings.alwaysInjectSelector))) return undefined;
  return { injected: false, reason: { code: 'never-injected' } };
}

/** An empty selector of these lists is passed over. */
function isWritten({ matchLabels, matchExpressions }: MeshSettings['neverInjectSelector'][number]): boolean {
  return Object.keys(matchLabels).length > 0 || matchExpressions.length > 0;
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
