// A selector that fits no pod: what is wrong with it, and how sure that is.
import { memo, perObject } from '../incremental/cells';
import type { WorkloadEntry } from '../manifest/kinds/service-entry';
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import { type KubernetesObject, type Labels, selects } from '../manifest/object';
import { sameItems } from '../mesh/lookup';
import type { Mesh } from '../mesh/mesh';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { meshesAround } from './around';
import { addEntry, offered, setField } from './fixes';
import { podsLabelled } from './labelled-pods';
import { isNamespaceHere, isPatch, isPlaceholder } from './placeholders';
import type { Finding, Fix } from './rule';
import { listed } from './wording';

/** A policy that selects pods by labels. */
export interface Selecting {
  readonly policy: KubernetesObject;
  readonly labels: Labels;
  /** To the labels, from the policy's root. */
  readonly path: Path;
  /** It selects pods of every namespace, not only of its own. */
  readonly everywhere?: boolean;
}

/** The finding about a policy whose selector fits nothing; undefined where it fits, or where that cannot be known. */
export function unselected(snapshot: Snapshot, mesh: Mesh, selecting: Selecting): Finding | undefined {
  const { policy, labels } = selecting;
  if (Object.entries(labels).some(([key, value]) => isGivenAtRunTime(key) || isPlaceholder(value))) return undefined;
  if (isPatch(snapshot, policy)) return undefined;
  // a file that several meshes share may find its workload in another of them
  const meshes = meshesAround(snapshot, policy).map((view) => view.mesh);
  if (meshes.some((each) => isSelected(each, selecting))) return undefined;
  return finding(snapshot, mesh, selecting);
}

function isSelected(mesh: Mesh, selecting: Selecting): boolean {
  return scopesOf(mesh, selecting).some((namespace) =>
    labelSetsIn(mesh, namespace).some((pod) => selects(selecting.labels, pod)),
  );
}

/** Labels that controllers, the injector or istiod add, and those of Istio's own gateways: no manifest shows them. */
export function isGivenAtRunTime(key: string): boolean {
  return /^(?:pod-template-hash|controller-revision-hash|pod-template-generation|job-name|controller-uid)$|^(?:statefulset|apps|batch|topology|failure-domain\.beta)\.kubernetes\.io\/|^kubernetes\.io\/hostname$|^topology\.istio\.io\/|^gateway\.networking\.k8s\.io\/|^(?:gateway|service)\.istio\.io\/|^istio\.io\/gateway-name$|^security\.istio\.io\/|^serving\.knative\.dev\//.test(
    key,
  );
}

/** The namespace in which it looks; undefined for all. */
function scopeOf({ policy, everywhere }: Selecting): string | undefined {
  return everywhere ? undefined : policy.metadata.namespace;
}

/** Everything of a namespace with a pod template, those without replicas and those that do not count included. */
function templatesIn(mesh: Mesh, namespace: string): WorkloadObject[] {
  return mesh
    .in(namespace)
    .objects.filter((object): object is WorkloadObject => WORKLOAD_KINDS.some((kind) => kind === object.kind));
}

/** By namespace, labels of everything that stands for a pod: templates, running pods, WorkloadEntries. */
const podLabels = perObject((mesh: Mesh) =>
  memo((namespace: string): readonly Labels[] => {
    const { objects, workloads } = mesh.in(namespace);
    return [
      ...templatesIn(mesh, namespace).map(({ spec }) => spec.template.labels),
      ...workloads.map(({ labels }) => labels),
      ...objects.flatMap((object) => (object.kind === 'WorkloadEntry' ? [entryLabels(object)] : [])),
    ];
  }, sameItems),
);

const entryLabels = perObject(({ spec, metadata }: WorkloadEntry): Labels => ({ ...spec.labels, ...metadata.labels }));

/** The same for one namespace. */
export function podLabelsIn(mesh: Mesh, namespace: string): readonly Labels[] {
  return podLabels(mesh)(namespace);
}

/** The labels of all that a policy can select in a namespace: endpoints that ServiceEntries list are among it. */
function labelSetsIn(mesh: Mesh, namespace: string): readonly Labels[] {
  const written = writtenLabels(mesh)(namespace);
  return written.length > 0 ? [...podLabelsIn(mesh, namespace), ...written] : podLabelsIn(mesh, namespace);
}

const writtenLabels = perObject((mesh: Mesh) =>
  memo(
    (namespace: string): readonly Labels[] =>
      mesh
        .servicesIn(namespace)
        .flatMap(({ object }) =>
          object.kind === 'ServiceEntry' ? object.spec.endpoints.map(({ labels }) => labels) : [],
        ),
    sameItems,
  ),
);

/** The namespaces in which a policy looks. */
function scopesOf(mesh: Mesh, selecting: Selecting): readonly string[] {
  const scope = scopeOf(selecting);
  return scope === undefined ? mesh.namespaceNames : [scope];
}

function finding(snapshot: Snapshot, mesh: Mesh, selecting: Selecting): Finding | undefined {
  const { policy, labels } = selecting;
  const { namespace, namespaceStated } = policy.metadata;
  const scope = scopeOf(selecting);
  const scopes = scopesOf(mesh, selecting);
  const here = scopes.flatMap((each) => labelSetsIn(mesh, each));
  const elsewhere =
    scope === undefined ? [] : podsLabelled(mesh, labels).filter((workload) => workload.namespace !== scope);
  const onObject = scopes
    .flatMap((each) => templatesIn(mesh, each))
    .filter((object) => selects(labels, object.metadata.labels));
  const has = elsewhere.length === 1 ? 'has' : 'have';
  const entries = Object.entries(labels);
  const text = listed(entries.map(([key, value]) => `${key}: ${value}`));
  const path = labelPath(selecting, entries, here);
  const place = placeOf(policy, path, entries.length > 1 ? 'key' : 'value');
  if (here.length === 0) {
    if (scope === undefined) return undefined;
    const other = elsewhere.length > 0 ? ` ${listed(elsewhere.map(workloadKey), 3)} ${has} these labels.` : '';
    return {
      ...place,
      severity: 'information',
      message: `No workload of namespace \`${namespace}\` is in this workspace, so nothing shows what ${text} selects.${other}`,
      related: elsewhere
        .slice(0, 3)
        .map((workload) => ({ ...placeOf(workload.object), message: workloadKey(workload) })),
    };
  }
  const misspelt = entries.length === 1 ? nearLabel(entries[0]!, here) : undefined;
  const hint =
    onObject.length > 0
      ? ` ${listed(onObject.map(objectName), 2)} has them on itself; a selector reads the labels of the pods, under \`spec.template.metadata.labels\`.`
      : elsewhere.length > 0
        ? ` ${listed(elsewhere.map(workloadKey), 3)} ${has} these labels, in another namespace; a selector looks in the policy's own.`
        : misspelt
          ? ` Did you mean \`${misspelt.key}: ${misspelt.value}\`?`
          : '';
  const related = [...onObject, ...elsewhere.map((workload) => workload.object)].slice(0, 3);
  // without `metadata.namespace` the policy goes wherever it is applied; and the pods may be of another repository
  const isCertain =
    onObject.length > 0 ||
    misspelt !== undefined ||
    (elsewhere.length > 0
      ? namespaceStated && elsewhere.every((workload) => workload.object.metadata.namespaceStated)
      : scope !== undefined && isNamespaceHere(mesh, scope, policy));
  // the pods of a gateway are rarely in the workspace
  if (!isCertain && scope === undefined && entries.some(([, value]) => value.includes('gateway'))) return undefined;
  const where = isCertain ? '' : ' in this workspace';
  const whose = scope === undefined ? '' : ` of namespace \`${namespace}\``;
  return {
    ...place,
    ...(!isCertain && { severity: 'information' as const }),
    message: `This policy has no effect: no pod${whose}${where} has ${text}.${hint}`,
    related: related.map((object) => ({ ...placeOf(object), message: `\`${objectName(object)}\`` })),
    fixes: () => {
      if (onObject.length > 0)
        return offered(...onObject.slice(0, 3).map((each) => copyLabels(snapshot, each, labels)));
      if (elsewhere.length > 0) return offered(moveTo(snapshot, mesh, policy, elsewhere, isCertain));
      if (misspelt === undefined) return [];
      const [key] = entries[0]!;
      if (misspelt.key !== key) return [];
      return offered(setField(snapshot, policy, path, misspelt.value, `Select \`${key}: ${misspelt.value}\``, true));
    },
  };
}

/** The labels that an object has, also on its pods; its own selector still finds them. */
function copyLabels(snapshot: Snapshot, object: WorkloadObject, labels: Labels): Fix | undefined {
  const { path, labels: own } = object.spec.template;
  const missing = Object.fromEntries(Object.entries(labels).filter(([key, value]) => own[key] !== value));
  // another value may be what something else selects
  if (Object.keys(missing).some((key) => own[key] !== undefined)) return undefined;
  const has = (...steps: Path): boolean => object.source.document.has([...object.source.prefix, ...path, ...steps]);
  const title = `Give the pods of \`${objectName(object)}\` the label${Object.keys(missing).length > 1 ? 's' : ''}`;
  const at = [...path, 'metadata'];
  if (has('metadata', 'labels')) return addEntry(snapshot, object, [...at, 'labels'], missing, title, true);
  return has('metadata')
    ? addEntry(snapshot, object, at, { labels: missing }, title, true)
    : addEntry(snapshot, object, path, { metadata: { labels: missing } }, title, true);
}

/** The policy where the pods with its labels are, if they are all in one namespace and its name is free there. */
function moveTo(
  snapshot: Snapshot,
  mesh: Mesh,
  policy: KubernetesObject,
  elsewhere: readonly Workload[],
  isCertain: boolean,
): Fix | undefined {
  const [namespace, ...others] = [...new Set(elsewhere.map((workload) => workload.namespace))];
  const { name, namespaceStated } = policy.metadata;
  if (namespace === undefined || others.length > 0 || !namespaceStated) return undefined;
  const isTaken = mesh.in(namespace).objects.some((each) => each.kind === policy.kind && each.metadata.name === name);
  if (isTaken) return undefined;
  const title = `Move it to namespace \`${namespace}\``;
  // an AuthorizationPolicy also shuts out whom it does not name, and its service accounts are those of its namespace
  const isPreferred = isCertain && policy.kind === 'PeerAuthentication';
  return setField(snapshot, policy, ['metadata', 'namespace'], namespace, title, isPreferred);
}

/** The label of a pod that is nearly the one asked for: a misspelling, or the same value under another usual key. */
function nearLabel(
  [key, value]: readonly [string, string],
  here: readonly Labels[],
): { key: string; value: string } | undefined {
  const values = here.flatMap((labels) => labels[key] ?? []);
  const near = nearMisses(value, values)[0];
  if (near !== undefined) return { key, value: near };
  const keys = here.flatMap((labels) => Object.keys(labels).filter((each) => labels[each] === value));
  const other = keys.find((each) => NAME_KEYS.includes(each)) ?? nearMisses(key, keys)[0];
  const isMeant = NAME_KEYS.includes(key) || (other !== undefined && !NAME_KEYS.includes(other));
  return isMeant && other !== undefined ? { key: other, value } : undefined;
}

/** Labels that name an application. */
const NAME_KEYS = ['app', 'app.kubernetes.io/name', 'k8s-app', 'name', 'service', 'component', 'run'];

/** The label that no pod has, or the whole selector where only their combination fits none. */
function labelPath(
  { path }: Selecting,
  entries: readonly (readonly [string, string])[],
  here: readonly Labels[],
): Path {
  const missing = entries.filter(([key, value]) => !here.some((labels) => labels[key] === value));
  if (entries.length === 1) return [...path, entries[0]![0]];
  return missing.length > 0 && missing.length < entries.length ? [...path, missing[0]![0]] : path;
}
