// peer-authentication-selects-nothing: the selector of a PeerAuthentication fits no workload of its namespace.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import { type Labels, selects } from '../manifest/object';
import type { Mesh } from '../mesh/mesh';
import { workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { Path } from '../yaml/range';
import { isNamespaceHere, isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { nearMisses } from './suggestions';
import { listed } from './wording';

export const peerAuthenticationSelectsNothing: Rule = {
  id: 'peer-authentication-selects-nothing',
  severity: 'warning',
  summary: 'The selector of a PeerAuthentication fits no workload of its namespace.',
  happens: 'The policy has no effect; the workloads keep the mode of their namespace or of the mesh.',
  remedy: "Put the policy into the workload's namespace, and select by labels of the pod template.",
  *check({ snapshot, view }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const policy of mesh.peerAuthentications) {
      const labels = policy.spec.selector?.matchLabels ?? {};
      const { namespace } = policy.metadata;
      // in the root namespace a selector is ignored anyway: peer-authentication-ignored
      if (!hasLabels(policy.spec.selector) || namespace === mesh.settings.rootNamespace) continue;
      if (Object.entries(labels).some(([key, value]) => isGivenAtRunTime(key) || isPlaceholder(value))) continue;
      if (isPatch(snapshot, policy)) continue;
      // a file that several meshes share may find its workload in another of them
      if (snapshot.meshesOf(policy.source.uri).some((each) => selected(each.mesh, policy))) continue;
      yield finding(mesh, policy, labels);
    }
  },
};

/** Labels that controllers, the injector or istiod add: no manifest shows them. */
function isGivenAtRunTime(key: string): boolean {
  return /^(?:pod-template-hash|controller-revision-hash|pod-template-generation|job-name|controller-uid)$|^(?:statefulset|apps|batch|topology|failure-domain\.beta)\.kubernetes\.io\/|^kubernetes\.io\/hostname$|^topology\.istio\.io\/|^gateway\.networking\.k8s\.io\/|^(?:gateway|service)\.istio\.io\/|^istio\.io\/gateway-name$|^security\.istio\.io\/|^serving\.knative\.dev\//.test(
    key,
  );
}

/** Everything with a pod template, those without replicas and those that do not count included. */
function templates(mesh: Mesh): WorkloadObject[] {
  return mesh.objects.filter((object): object is WorkloadObject => WORKLOAD_KINDS.some((kind) => kind === object.kind));
}

function selected(mesh: Mesh, policy: PeerAuthentication): boolean {
  const labels = policy.spec.selector!.matchLabels;
  return labelSets(mesh, policy.metadata.namespace).some((each) => selects(labels, each));
}

/** The labels of all that a policy of `namespace` can select. */
function labelSets(mesh: Mesh, namespace: string): Labels[] {
  return [
    ...templates(mesh)
      .filter((object) => object.metadata.namespace === namespace)
      .map((object) => object.spec.template.labels),
    ...mesh.podsIn(namespace).map((workload) => workload.labels),
    ...mesh.workloadEntriesIn(namespace).map((entry) => ({ ...entry.spec.labels, ...entry.metadata.labels })),
    ...mesh.services.flatMap(({ object }) =>
      object.kind === 'ServiceEntry' && object.metadata.namespace === namespace
        ? object.spec.endpoints.map((endpoint) => endpoint.labels)
        : [],
    ),
  ];
}

function finding(mesh: Mesh, policy: PeerAuthentication, labels: Labels): Finding {
  const { namespace, namespaceStated } = policy.metadata;
  const here = labelSets(mesh, namespace);
  const elsewhere = mesh.workloads.filter(
    (workload) => workload.namespace !== namespace && selects(labels, workload.labels),
  );
  const onObject = templates(mesh).filter(
    (object) => object.metadata.namespace === namespace && selects(labels, object.metadata.labels),
  );
  const entries = Object.entries(labels);
  const text = listed(entries.map(([key, value]) => `${key}: ${value}`));
  const place = placeOf(policy, labelPath(entries, here), entries.length > 1 ? 'key' : 'value');
  if (here.length === 0) {
    const other = elsewhere.length > 0 ? ` ${listed(elsewhere.map(workloadKey))} has these labels.` : '';
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
        ? ` ${listed(elsewhere.map(workloadKey), 3)} has these labels, in another namespace; a selector looks in the policy's own.`
        : misspelt
          ? ` Did you mean \`${misspelt}\`?`
          : '';
  const related = [...onObject, ...elsewhere.map((workload) => workload.object)].slice(0, 3);
  // without `metadata.namespace` the policy goes wherever it is applied; and the pods may be of another repository
  const isCertain =
    onObject.length > 0 ||
    misspelt !== undefined ||
    (elsewhere.length > 0 ? namespaceStated : isNamespaceHere(mesh, namespace, policy));
  const where = isCertain ? '' : ' in this workspace';
  return {
    ...place,
    ...(!isCertain && { severity: 'information' as const }),
    message: `This policy has no effect: no pod of namespace \`${namespace}\`${where} has ${text}.${hint}`,
    related: related.map((object) => ({ ...placeOf(object), message: `\`${objectName(object)}\`` })),
  };
}

/** The label of a pod that is nearly the one asked for: a misspelling, or the same value under another usual key. */
function nearLabel([key, value]: readonly [string, string], here: readonly Labels[]): string | undefined {
  const values = here.flatMap((labels) => labels[key] ?? []);
  const near = nearMisses(value, values)[0];
  if (near !== undefined) return `${key}: ${near}`;
  const keys = here.flatMap((labels) => Object.keys(labels).filter((each) => labels[each] === value));
  const other = keys.find((each) => NAME_KEYS.includes(each)) ?? nearMisses(key, keys)[0];
  return NAME_KEYS.includes(key) || (other !== undefined && !NAME_KEYS.includes(other))
    ? other && `${other}: ${value}`
    : undefined;
}

/** Labels that name an application. */
const NAME_KEYS = ['app', 'app.kubernetes.io/name', 'k8s-app', 'name', 'service', 'component', 'run'];

/** The label that no pod has, or the whole selector where only their combination fits none. */
function labelPath(entries: readonly (readonly [string, string])[], here: readonly Labels[]): Path {
  const path = ['spec', 'selector', 'matchLabels'];
  const missing = entries.filter(([key, value]) => !here.some((labels) => labels[key] === value));
  if (entries.length === 1) return [...path, entries[0]![0]];
  return missing.length > 0 && missing.length < entries.length ? [...path, missing[0]![0]] : path;
}
