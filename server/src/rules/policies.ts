// AuthorizationPolicies as rules look at them: on whom they act, on which ports, and what they ask for.
import { attachedPolicies, attachmentOf, isAttached, type TargetedPolicy } from '../authorization/attachment';
import { memoWeakly, perObject } from '../incremental/cells';
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import { sameItems } from '../mesh/lookup';
import type { Mesh, MeshNamespace } from '../mesh/mesh';
import type { Workload } from '../mesh/workload';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { isPatch } from './placeholders';

/** The AuthorizationPolicies of a namespace that are whole objects, those that are only tried out included. */
export function wholePolicies(snapshot: Snapshot, here: MeshNamespace): AuthorizationPolicy[] {
  return here.authorizationPolicies.filter((policy) => !isPatch(snapshot, policy));
}

/** The pods on which a policy acts. */
export function workloadsOf(view: MeshView, policy: TargetedPolicy): readonly Workload[] {
  return actsOn(view.mesh)(policy);
}

const actsOn = perObject((mesh: Mesh): ((policy: TargetedPolicy) => readonly Workload[]) =>
  memoWeakly((policy: TargetedPolicy): readonly Workload[] => {
    const { rootNamespace } = mesh.settings;
    const { namespace } = policy.metadata;
    // only a policy of the root namespace looks further than its own
    const pods = namespace === rootNamespace ? mesh.workloads : mesh.podsIn(namespace);
    return pods.filter((workload) => isAttached(attachmentOf(policy, workload, rootNamespace)));
  }, sameItems),
);

/** Policies that act on a pod. */
export const policiesOn = attachedPolicies;

/** A list of values in a rule, whether a field of `from` or `to` or a condition holds it. */
export interface Asked {
  /** `principals`, `ports`, … or the key of a condition. */
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly path: Path;
  /** The alternative of `from` or `to` that it belongs to; undefined for a condition, which always counts. */
  readonly alternative: number | undefined;
  readonly part: 'from' | 'to' | 'when';
}

/** Everything that a rule asks for. */
export function askedBy(rule: AuthorizationRule): Asked[] {
  const fields = (['from', 'to'] as const).flatMap((part) =>
    rule[part].flatMap((matches, alternative) =>
      matches.map(({ field, negated, values, path }) => ({ name: field, negated, values, path, alternative, part })),
    ),
  );
  const conditions = rule.when.flatMap(({ key, values, notValues, path }): Asked[] => [
    ...(values.length > 0 ? [condition(key, false, values, [...path, 'values'])] : []),
    ...(notValues.length > 0 ? [condition(key, true, notValues, [...path, 'notValues'])] : []),
  ]);
  return [...fields, ...conditions];
}

function condition(name: string, negated: boolean, values: readonly string[], path: Path): Asked {
  return { name, negated, values, path, alternative: undefined, part: 'when' };
}

const IDENTITY = new Set([
  'principals',
  'namespaces',
  'serviceAccounts',
  'trustDomains',
  'source.principal',
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
]);

/** True for what only the client's certificate can answer. */
export function isIdentity({ name }: Asked): boolean {
  return IDENTITY.has(name);
}

const TOKEN = /^(?:requestPrincipals$|request\.auth\.)/;

/** True for what only a token that was accepted can answer. */
export function isToken({ name }: Asked): boolean {
  return TOKEN.test(name);
}

/** True for what only an HTTP request can answer. */
export function isHttp(asked: Asked): boolean {
  return ['hosts', 'methods', 'paths'].includes(asked.name) || asked.name.startsWith('request.') || isToken(asked);
}

/** The ports that a rule is about; undefined for any. */
export function portsOf(rule: AuthorizationRule): ReadonlySet<number> | undefined {
  const positive = askedBy(rule).filter(({ negated }) => !negated);
  const always = positive.filter(({ name }) => name === 'destination.port').flatMap(({ values }) => values);
  if (always.length > 0) return new Set(always.map(Number));
  const ports = new Set<number>();
  for (const matches of rule.to) {
    const named = matches.filter(({ field, negated }) => field === 'ports' && !negated);
    if (named.length === 0) return undefined;
    for (const { values } of named) for (const value of values) ports.add(Number(value));
  }
  return ports.size > 0 ? ports : undefined;
}

/** The ports on which a workload is known to be called: those of Services, else those of its containers. */
export function knownPorts(view: MeshView, workload: Workload): number[] {
  const named = [...view.mtls.protocolsOf(workload).keys()];
  if (named.length > 0) return named;
  return workload.containers.flatMap(({ ports }) =>
    ports.filter(({ protocol }) => protocol !== 'UDP').map(({ containerPort }) => containerPort),
  );
}

/** The known ports of a workload that a rule is about. */
export function portsInScope(view: MeshView, rule: AuthorizationRule, workload: Workload): number[] {
  const ports = portsOf(rule);
  return knownPorts(view, workload).filter((port) => ports === undefined || ports.has(port));
}

/** `an ALLOW rule` and its like at the beginning of a sentence. */
export function isEnforced(policy: AuthorizationPolicy): boolean {
  return !policy.spec.dryRun && policy.spec.action !== 'AUDIT';
}
