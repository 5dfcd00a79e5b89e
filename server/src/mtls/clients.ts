// The clients of a mesh, those that send alike to everybody put together: by namespace, and where namespaces do not
// matter, by class. A service is then asked about a few groups and classes, however many clients there are.
import { derive, gate, memo, memoWeakly, untracked } from '../incremental/cells';
import { selects } from '../manifest/object';
import { importedNamespaces } from '../mesh/egress';
import type { Dataplane } from '../mesh/injection';
import { sameItems } from '../mesh/lookup';
import { type Scope, sidecarFor } from '../mesh/scope';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { outboundKey } from './capture';
import type { MutualTls } from './mutual-tls';

/** Clients of one namespace that send alike to everybody. */
export interface ClientGroup {
  readonly type: 'group';
  readonly namespace: string;
  readonly dataplane: Dataplane;
  /** What they can call by name; undefined without a proxy. */
  readonly scope: Scope | undefined;
  /** All that they send goes through their proxy, whatever the address and port. */
  readonly capturesAll: boolean;
  /** One of them, to ask about what they all do. */
  readonly sample: Workload;
  /** At least one. */
  readonly members: readonly Workload[];
}

/** Groups of many namespaces that differ only towards hosts about which their namespace has something to say. */
export interface ClientClass {
  readonly dataplane: Dataplane;
  readonly groups: readonly ClientGroup[];
  readonly byNamespace: ReadonlyMap<string, readonly ClientGroup[]>;
  /** How many clients it has. */
  size(): number;
}

/** The clients of a mesh, each list worked out when it is asked for. */
export interface Clients {
  groupsIn(namespace: string): readonly ClientGroup[];
  /** Every group, by namespace. */
  all(): readonly ClientGroup[];
  /** Groups without a Sidecar of their own namespace: under the root namespace's, under none, without a proxy. */
  classes(): readonly ClientClass[];
  /** Groups with a Sidecar of their own namespace, which fare alike with what they do not import. */
  scoped(): readonly ClientClass[];
  /** Those of them that may import something of a namespace; `*`: of any. */
  importing(namespace: string): readonly ClientGroup[];
  /** Groups that are in no class, such as gateways and pods that keep traffic from their sidecars. */
  special(): readonly ClientGroup[];
}

const CLASSED: readonly Dataplane[] = ['sidecar', 'ambient', 'none', 'unknown'];

/** The clients of a mesh. */
export const clientsOf = memoWeakly((mtls: MutualTls): Clients => {
  const { mesh } = mtls;
  const { rootNamespace } = mesh.settings;
  const partition = memo((namespace: string) => partitionClients(mtls, namespace));
  const known = new Map<string, ClientGroup>();

  // a group is told by its key alone, so that it stays the same object while its members come and go
  const groupOf = (namespace: string, key: string): ClientGroup => {
    const sample = untracked(() => partition(namespace).get(key)![0]!);
    const { dataplane } = sample;
    const scope = dataplane === 'none' || dataplane === 'unknown' ? undefined : mesh.scopeOf(sample);
    const earlier = known.get(key);
    if (earlier && earlier.scope === scope) return earlier;
    const members = derive((): readonly Workload[] => partition(namespace).get(key) ?? [], sameItems);
    const group: ClientGroup = {
      type: 'group',
      namespace,
      dataplane,
      scope,
      capturesAll: outboundKey(sample) === '',
      get sample() {
        return untracked(members)[0] ?? sample;
      },
      get members() {
        return members();
      },
    };
    known.set(key, group);
    return group;
  };
  const groupsIn = memo(
    (namespace: string): readonly ClientGroup[] =>
      [...partition(namespace).keys()].map((key) => groupOf(namespace, key)),
    sameItems,
  );
  const all = gate((): readonly ClientGroup[] => mesh.namespaceNames.flatMap((name) => groupsIn(name)), sameItems);
  const hasOwnSidecar = ({ scope, namespace }: ClientGroup): boolean =>
    scope?.sidecar !== undefined && (namespace === rootNamespace || scope.sidecar.metadata.namespace === namespace);
  const isSpecial = (group: ClientGroup): boolean => !CLASSED.includes(group.dataplane) || !group.capturesAll;
  const classes = gate(
    () =>
      classify(
        all().filter((group) => !isSpecial(group) && !hasOwnSidecar(group)),
        ({ scope }) => scope?.sidecar?.metadata.name ?? '',
      ),
    sameClasses,
  );
  const scoped = gate(
    () =>
      classify(
        all().filter((group) => !isSpecial(group) && hasOwnSidecar(group)),
        ({ scope }) => scope?.sidecar?.spec.outboundTrafficPolicy ?? '',
      ),
    sameClasses,
  );
  const byImport = gate(() => {
    const index = new Map<string, ClientGroup[]>();
    for (const group of scoped().flatMap(({ groups }) => groups)) {
      for (const namespace of importedNamespaces(group.scope!.sidecar!, group.namespace)) {
        const list = index.get(namespace);
        if (list) list.push(group);
        else index.set(namespace, [group]);
      }
    }
    return index;
  });
  return {
    groupsIn,
    all,
    classes,
    scoped,
    importing: memo((namespace: string): readonly ClientGroup[] => byImport().get(namespace) ?? [], sameItems),
    special: gate(() => all().filter(isSpecial), sameItems),
  };
});

function classify(groups: readonly ClientGroup[], more: (group: ClientGroup) => string): readonly ClientClass[] {
  const classes = new Map<string, { groups: ClientGroup[]; byNamespace: Map<string, ClientGroup[]> }>();
  for (const group of groups) {
    const key = `${group.dataplane} ${more(group)}`;
    let own = classes.get(key);
    if (!own) {
      own = { groups: [], byNamespace: new Map() };
      classes.set(key, own);
    }
    own.groups.push(group);
    const there = own.byNamespace.get(group.namespace);
    if (there) there.push(group);
    else own.byNamespace.set(group.namespace, [group]);
  }
  return [...classes.values()].map(({ groups, byNamespace }) => ({
    dataplane: groups[0]!.dataplane,
    groups,
    byNamespace,
    size: gate(() => groups.reduce((sum, { members }) => sum + members.length, 0)),
  }));
}

function sameClasses(a: readonly ClientClass[], b: readonly ClientClass[]): boolean {
  return a.length === b.length && a.every((one, index) => sameItems(one.groups, b[index]!.groups));
}

/** The clients of a namespace by what tells them apart: data plane, Sidecar, rules that select them, capture. */
function partitionClients({ mesh }: MutualTls, namespace: string): ReadonlyMap<string, readonly Workload[]> {
  const groups = new Map<string, Workload[]>();
  const { workloads, destinationRules } = mesh.in(namespace);
  // rules with a workloadSelector tell clients of one namespace apart
  const selecting = destinationRules.filter(({ spec }) => spec.workloadSelector);
  for (const workload of workloads) {
    const { dataplane } = workload;
    const hasProxy = dataplane !== 'none' && dataplane !== 'unknown';
    const chosen = hasProxy
      ? selecting.map(({ spec }) => (selects(spec.workloadSelector!.matchLabels, workload.labels) ? '1' : '0')).join('')
      : '';
    const sidecar =
      dataplane === 'sidecar' || dataplane === 'proxyless' ? sidecarFor(mesh, namespace, workload.labels) : undefined;
    const scope = sidecar ? `${sidecar.metadata.namespace}/${sidecar.metadata.name}` : '';
    // each waypoint has services of its own
    const name = dataplane === 'waypoint' ? workload.name : '';
    const key = `${namespace} ${dataplane} ${name} ${scope} ${chosen} ${outboundKey(workload)}`;
    const known = groups.get(key);
    if (known) known.push(workload);
    else groups.set(key, [workload]);
  }
  return groups;
}

/**
 * The namespaces whose clients may fare otherwise than all others of their class with a service: its own, those with
 * rules for its host, and those that somebody names; undefined where every namespace has to be asked.
 */
export function distinguished(mtls: MutualTls, service: MeshService): ReadonlySet<string> | undefined {
  const { mesh } = mtls;
  const { rootNamespace } = mesh.settings;
  const candidates = mesh.servicesByHost.get(service.host) ?? [];
  const isContested = candidates.length > 1 || candidates[0]?.visibility !== 'public';
  if (isContested && mesh.virtualServicesTo(service.host).length > 0) return undefined;
  const names = new Set([rootNamespace, service.namespace, ...mesh.namespacesWithRuleFor(service.host)]);
  // under a Sidecar of the root namespace a route may bring in the host, for the namespaces that import the route
  for (const { spec, metadata } of mesh.virtualServicesTo(service.host)) {
    if (spec.delegates.length > 0 || spec.destinations.some(({ sourceNamespaces }) => sourceNamespaces))
      return undefined;
    for (const name of [metadata.namespace, ...spec.exportTo]) names.add(name);
  }
  for (const { namespace, visibility } of candidates) {
    names.add(namespace);
    if (visibility !== 'public' && visibility !== 'none') for (const name of visibility) names.add(name);
  }
  for (const namespace of [service.namespace, rootNamespace]) {
    const found = mtls.rules(namespace).exported.mostSpecific(service.host);
    for (const { exportTo } of found?.value ?? []) for (const name of exportTo) names.add(name);
  }
  return names;
}
