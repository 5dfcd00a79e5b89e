// Hover of an AuthorizationPolicy: on which workloads it acts, and who is let in there.
import { attachmentOf, isAttached, type TargetedPolicy } from '../../authorization/attachment';
import type { AuthorizationPolicy } from '../../manifest/kinds/authorization-policy';
import { hasLabels } from '../../manifest/kinds/peer-authentication';
import { type Workload, workloadKey } from '../../mesh/workload';
import { objectName } from '../../words/names';
import { fieldNames, ruleWords } from '../../words/policy-rules';
import type { MeshView } from '../../workspace/workspace';
import { accessText, actingPolicies, portAccess } from '../access';
import { code, escapeText, linkObject, list, sentence, table } from '../markdown';
import type { HoverContext } from './context';
import { portsOf, withoutSidecar } from './shared';

const MAX_RULES = 6;
/** Each costs a look at everybody who calls it. */
export const MOST_WORKLOADS = 12;
const VERBS = {
  ALLOW: 'Lets in',
  DENY: 'Refuses',
  AUDIT: 'Logs',
  CUSTOM: 'Asks its provider about',
} as const;

export function authorizationPolicyHover(context: HoverContext<AuthorizationPolicy>): string[] {
  const { object, view } = context;
  const { action, dryRun, rules } = object.spec;
  const all = workloadsOf(view, object);
  const workloads = all.slice(0, MOST_WORKLOADS);
  const shown = workloads.flatMap((workload) => rowsOf(context, workload));
  const texts = rules.map((rule) => ruleWords(rule));
  const verb = VERBS[action];
  const what =
    rules.length === 0
      ? action === 'ALLOW'
        ? ['It has no rules, so nobody is let in unless another policy does it.']
        : []
      : [`${verb} ${texts.slice(0, MAX_RULES).join('; or ')}${texts.length > MAX_RULES ? '; or more' : ''}.`];
  return [
    `**${escapeText(objectName(object))}** (${action}${dryRun ? ', dry run: it only logs' : ''}) ${appliesTo(view, object, all)}`,
    ...what,
    ...table(['workload', 'port', 'in the end'], shown),
    ...moreThan(all),
    ...plaintextToo(context, workloads),
    ...others(context, workloads),
    ...voidOnTcp(view, object, workloads),
  ];
}

/** What tables leave out. */
export function moreThan(workloads: readonly Workload[]): string[] {
  const rest = workloads.length - MOST_WORKLOADS;
  return rest > 0 ? [`and ${rest} more workloads`] : [];
}

/** The workloads on which a policy acts. */
export function workloadsOf({ mesh }: MeshView, object: TargetedPolicy): Workload[] {
  return mesh.workloads.filter((workload) => isAttached(attachmentOf(object, workload, mesh.settings.rootNamespace)));
}

/** `acts on 1 of 4 workloads in shop`, or why on none. */
export function appliesTo({ mesh }: MeshView, object: TargetedPolicy, workloads: readonly Workload[]): string {
  const { namespace } = object.metadata;
  const isRoot = namespace === mesh.settings.rootNamespace;
  const around = isRoot ? mesh.workloads : mesh.podsIn(namespace);
  const scope = isRoot ? 'the mesh' : code(namespace);
  const total = `${around.length} workload${around.length === 1 ? '' : 's'} in ${scope}`;
  if (workloads.length > 0) return `acts on ${workloads.length} of ${total}`;
  if (around.length === 0) return `acts on nothing: there are no workloads in ${scope}`;
  if (object.spec.targetRefs.length > 0)
    return `acts on none of ${total}: ${code('targetRefs')} are for gateways and waypoints, and none that it names is here`;
  return `acts on none of ${total}${hasLabels(object.spec.selector) ? ': none has the labels of its selector' : ''}`;
}

function rowsOf({ view, callers }: HoverContext<AuthorizationPolicy>, workload: Workload): string[][] {
  const name = code(workloadKey(workload));
  if (workload.dataplane !== 'sidecar' && workload.dataplane !== 'ambient') {
    const why = { none: 'no effect: no proxy is there', unknown: 'if it has a sidecar' } as Record<string, string>;
    return [[name, '', why[workload.dataplane] ?? `as the ${withoutSidecar(workload)} decides`]];
  }
  const reach = callers.of(workload);
  return portsOf(view, workload).map((port) => {
    const found = reach.get(port);
    return [name, String(port), found ? accessText(portAccess(view, port, found)) : 'no Service leads here'];
  });
}

/** Ports where a call without mTLS is taken as well, and answered otherwise. */
function plaintextToo({ view, callers }: HoverContext<AuthorizationPolicy>, workloads: readonly Workload[]): string[] {
  const ports = new Set<number>();
  for (const workload of workloads) {
    for (const [port, found] of callers.of(workload))
      if (portAccess(view, port, found).dependsOnIdentity) ports.add(port);
  }
  if (ports.size === 0) return [];
  return [
    `Plaintext gets to ${list([...ports].map(code))} too, and is answered otherwise: without mTLS nobody has an identity.`,
  ];
}

/** Policies that act on the same workloads. */
function others(
  { view, object, snapshot }: HoverContext<AuthorizationPolicy>,
  workloads: readonly Workload[],
): string[] {
  const found = new Set(workloads.flatMap((workload) => actingPolicies(view, workload)));
  found.delete(object);
  return found.size === 0
    ? []
    : [sentence(`acts together with ${list([...found].map((policy) => linkObject(snapshot, policy)))}`)];
}

/** Fields that only requests have, where a port carries plain TCP. */
function voidOnTcp(view: MeshView, object: AuthorizationPolicy, workloads: readonly Workload[]): string[] {
  const { action } = object.spec;
  const ports = new Set<number>();
  for (const workload of workloads) {
    if (workload.dataplane !== 'sidecar') continue;
    for (const [port, protocol] of view.mtls.protocolsOf(workload)) if (protocol === 'tcp') ports.add(port);
  }
  if (ports.size === 0 || action === 'AUDIT') return [];
  const asked = object.spec.rules.flatMap((rule) =>
    fieldNames(
      object,
      [...rule.from.flat(), ...rule.to.flat()].flatMap(({ field, path }) => (HTTP_FIELDS.has(field) ? [path] : [])),
    ),
  );
  if (asked.length === 0) return [];
  const what =
    action === 'ALLOW'
      ? 'rules that ask for them let nobody in there'
      : 'rules match there as if they did not ask for them';
  return [`Port ${list([...ports].map(code))} carries plain TCP, which has no ${list([...new Set(asked)])}: ${what}.`];
}

const HTTP_FIELDS = new Set<string>(['requestPrincipals', 'hosts', 'methods', 'paths']);
