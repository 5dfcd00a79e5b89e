// Workloads as running pods: one pod stands for all that a template makes.

import { isMapping } from '../manifest/fields';
import type { KubernetesGateway } from '../manifest/kinds/routing';
import type { Container, WorkloadObject } from '../manifest/kinds/workload';
import { type Labels, type ObjectRef, refOf } from '../manifest/object';
import type { Namespace } from '../manifest/read';
import { parseDocuments } from '../yaml/document';
import { type Dataplane, type DataplaneReason, injectedDataplane, injection } from './injection';
import type { Assumptions, MeshSettings } from './settings';

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly object: WorkloadObject | KubernetesGateway;
  /** Of the running pod: the template's, and those that the injector adds. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly serviceAccount: string;
  readonly containers: readonly Container[];
  readonly dataplane: Dataplane;
  /** A proxy ends HBONE on port 15008. */
  readonly listensForHbone: boolean;
  readonly reason: DataplaneReason;
}

/** As much of a workload as bears on what it sends. */
export type Client = Pick<Workload, 'namespace' | 'name' | 'labels' | 'annotations' | 'serviceAccount' | 'dataplane'>;

/** The key of a workload in maps and in answers: `namespace/name`. */
export function workloadKey(workload: Pick<Workload, 'namespace' | 'name'>): string {
  return `${workload.namespace}/${workload.name}`;
}

const TLS_MODE = 'security.istio.io/tlsMode';
const TUNNEL = 'networking.istio.io/tunnel';

/**
 * The pod that `object` makes.
 * @param namespaceObject undefined where its labels are unknown
 */
export function readWorkloadPod(
  object: WorkloadObject,
  namespaceObject: Namespace | undefined,
  settings: MeshSettings,
  assume: Assumptions,
): Workload {
  const { template } = object.spec;
  const { namespace, name } = object.metadata;
  const assumed = assume.injectedNamespaces ?? [];
  const { injected, reason } = injection({
    namespace,
    namespaceStated: object.metadata.namespaceStated,
    namespaceLabels: namespaceObject?.metadata.labels,
    template,
    settings,
    assumeInjected: assumed.includes(namespace) || assumed.includes('*'),
  });
  const base = {
    namespace,
    name,
    object,
    annotations: template.annotations,
    serviceAccount: template.serviceAccountName,
    containers: [
      ...template.containers,
      ...template.initContainers.filter((container) => container.restartPolicy === 'Always'),
    ],
  };
  const because: DataplaneReason = { ...reason, ...reasonObject(reason, object, namespaceObject) };
  if (injected === true) {
    const dataplane = injectedDataplane(template);
    const hbone = dataplane === 'sidecar' && listensForHbone(object, settings);
    return {
      ...base,
      dataplane,
      reason: because,
      listensForHbone: hbone,
      // the injector passes over a pod that has its proxy already
      labels: reason.code === 'injected-by-hand' ? template.labels : injectedLabels(object, dataplane, hbone),
    };
  }
  const ambient = settings.ambient && ambientReason(object, namespaceObject);
  if (ambient)
    return { ...base, dataplane: 'ambient', listensForHbone: true, reason: ambient, labels: template.labels };
  return {
    ...base,
    dataplane: injected === 'unknown' ? 'unknown' : 'none',
    listensForHbone: false,
    reason: because,
    labels: template.labels,
  };
}

const WITHOUT_OBJECT: ReadonlySet<string> = new Set([
  'namespace-labels-unknown',
  'default-injection-unknown',
  'not-a-member',
  'never-injected',
]);

function reasonObject(
  reason: DataplaneReason,
  object: WorkloadObject,
  namespace: Namespace | undefined,
): { object?: ObjectRef } {
  const byNamespace = [
    'injected-by-namespace',
    'namespace-opts-out',
    'no-injection-label',
    'revision-not-installed',
    'revision-unknown',
    'injected-by-default',
    'webhook-passes-over',
  ];
  if (namespace && byNamespace.includes(reason.code)) return { object: refOf(namespace) };
  return WITHOUT_OBJECT.has(reason.code) ? {} : { object: refOf(object) };
}

/** cni/pkg/util/enablement_selector.go: only the exact values count, and only `none` opts a pod out. */
export function ambientReason(object: WorkloadObject, namespace: Namespace | undefined): DataplaneReason | undefined {
  const label = 'istio.io/dataplane-mode';
  const { template } = object.spec;
  if (template.hostNetwork || object.metadata.namespace === 'kube-system') return undefined;
  if (template.labels[label] === 'ambient') return { code: 'ambient-pod', object: refOf(object), label };
  if (namespace?.metadata.labels[label] === 'ambient' && template.labels[label] !== 'none') {
    return { code: 'ambient-namespace', object: refOf(namespace), label };
  }
  return undefined;
}

/**
 * Labels that the injection templates add (charts/istio-control/istio-discovery/files/injection-template.yaml); an empty
 * value counts as none there.
 */
function injectedLabels(object: WorkloadObject, dataplane: Dataplane, hbone: boolean): Labels {
  const { labels } = object.spec.template;
  const added: Record<string, string> = {
    'service.istio.io/canonical-name':
      labels['service.istio.io/canonical-name'] ||
      labels['app.kubernetes.io/name'] ||
      labels.app ||
      object.metadata.name,
    'service.istio.io/canonical-revision':
      labels['service.istio.io/canonical-revision'] ||
      labels['app.kubernetes.io/version'] ||
      labels.version ||
      'latest',
  };
  if (dataplane === 'sidecar') {
    added[TLS_MODE] = labels[TLS_MODE] || 'istio';
    if (hbone) added[TUNNEL] = labels[TUNNEL] || 'http';
  }
  return { ...labels, ...added };
}

/** The pod's own proxy configuration goes over the mesh's. */
function listensForHbone(object: WorkloadObject, settings: MeshSettings): boolean {
  const own = object.spec.template.annotations['proxy.istio.io/config'];
  const config = own === undefined ? undefined : parseDocuments(own)[0]?.value;
  const metadata = isMapping(config) ? config.proxyMetadata : undefined;
  const stated = isMapping(metadata) ? metadata.ISTIO_META_ENABLE_HBONE : undefined;
  return stated === undefined ? settings.sidecarHbone : String(stated) === 'true';
}

/** Whether an endpoint says that it takes Istio mTLS: its label, whatever really runs there (model/service.go). */
export function tlsModeOf(labels: Labels): string {
  return labels[TLS_MODE] ?? 'disabled';
}
