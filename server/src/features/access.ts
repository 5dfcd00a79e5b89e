// Whom policies let in at a workload's ports, among the clients that reach them.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { type Workload, workloadKey } from '../mesh/workload';
import { type AccessAnswer, type AccessDecision, accessTo } from '../words/access';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Caller } from './callers';
import { code, linkObject, list } from './markdown';

/** One port as its clients find it. */
export interface PortAccess {
  readonly port: number;
  readonly clients: Readonly<Record<AccessDecision, readonly Workload[]>>;
  /** What the answers that hang on the request hang on. */
  readonly depends: readonly string[];
  /** Plaintext gets in as well, and is answered otherwise. */
  readonly dependsOnIdentity: boolean;
  readonly tokenNeeded: boolean;
}

/** AuthorizationPolicies that act on a workload, those that only log left out. */
export function actingPolicies(view: MeshView, workload: Workload): readonly AuthorizationPolicy[] {
  const { custom, deny, allow } = view.authorization.filtersOf(workload).policies;
  return [...custom, ...deny, ...allow];
}

/** Who gets past the policies of a port; clients that do not even connect are left out. */
export function portAccess(view: MeshView, port: number, callers: readonly Caller[]): PortAccess {
  const clients: Record<AccessDecision, Workload[]> = { allowed: [], denied: [], depends: [] };
  const depends = new Set<string>();
  // policies see identities, not pods
  const known = new Map<string, AccessAnswer | undefined>();
  for (const { client, endpoint } of callers) {
    if (endpoint.outcome === 'fail' && endpoint.failure !== 'tunnel-refused') continue;
    if (endpoint.outcome === 'unknown') continue;
    const withIdentity = endpoint.outcome === 'mtls' || endpoint.failure === 'tunnel-refused';
    const key = withIdentity ? `${client.namespace}/${client.serviceAccount}` : '';
    if (!known.has(key)) known.set(key, accessTo(view.authorization, client, endpoint.endpoint, withIdentity));
    const answer = known.get(key);
    clients[answer?.decision ?? 'allowed'].push(client);
    if (answer?.decision === 'depends') depends.add(answer.text.replace('; every request needs a token', ''));
  }
  const answers = [...known.values()];
  return {
    ...{ port, clients, depends: [...depends] },
    dependsOnIdentity: answers.some((answer) => answer?.dependsOnIdentity),
    tokenNeeded: answers.some((answer) => answer?.tokenNeeded),
  };
}

/** `lets in a, b · **refuses c** · d: depends on the request: methods` */
export function accessText({ clients, depends }: PortAccess): string {
  const names = (workloads: readonly Workload[]): string => list(workloads.map((each) => code(workloadKey(each))));
  const parts = [
    ...(clients.allowed.length > 0 ? [`lets in ${names(clients.allowed)}`] : []),
    ...(clients.denied.length > 0 ? [`**refuses ${names(clients.denied)}**`] : []),
    ...(clients.depends.length > 0 ? [`${names(clients.depends)}: ${depends.join('; ')}`] : []),
  ];
  return parts.join(' · ') || 'nobody in these manifests calls it';
}

/** One line a port on which policies act: `only shop/web may call 8080: AuthorizationPolicy shop/allow-web`. */
export function accessLines(
  snapshot: Snapshot,
  view: MeshView,
  workload: Workload,
  reach: ReadonlyMap<number, readonly Caller[]>,
): string[] {
  if (workload.dataplane !== 'sidecar' && workload.dataplane !== 'ambient') return [];
  const policies = actingPolicies(view, workload);
  if (policies.length === 0) return [];
  const links = list(policies.map((policy) => linkObject(snapshot, policy)));
  const lines = [...reach]
    .sort(([a], [b]) => a - b)
    .map(([port, callers]) => ({ port, text: summary(portAccess(view, port, callers)) }));
  const groups = new Map<string, number[]>();
  for (const { port, text } of lines) groups.set(text, [...(groups.get(text) ?? []), port]);
  return [...groups].map(([text, ports]) => `${text.replace('PORT', list(ports.map(code)))}: ${links}.`);
}

function summary(access: PortAccess): string {
  const { clients, tokenNeeded } = access;
  const { allowed, denied, depends } = clients;
  const names = (workloads: readonly Workload[]): string => list(workloads.map((each) => code(workloadKey(each))));
  const token = tokenNeeded ? ', with a token' : '';
  if (allowed.length + denied.length + depends.length === 0) return 'Policies act on PORT';
  if (denied.length === 0 && depends.length === 0) return 'Every client here may call PORT';
  if (allowed.length + depends.length === 0) return '**No client here may call PORT**';
  if (depends.length > 0 && allowed.length === 0)
    return `${denied.length > 0 ? 'Only ' : ''}${names(depends)} may call PORT${token}, if the request is let in (${access.depends.join('; ')})`;
  const some = depends.length > 0 ? `, and ${names(depends)} as the request goes` : '';
  return `Only ${names(allowed)} may call PORT${some}`;
}
