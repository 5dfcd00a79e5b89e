// Hover of a RequestAuthentication: on which workloads it acts, whose tokens it takes, and whether one is needed.
import type { JwtRule, RequestAuthentication } from '../../manifest/kinds/request-authentication';
import { type Workload, workloadKey } from '../../mesh/workload';
import { objectName } from '../../words/names';
import { actingPolicies, portAccess } from '../access';
import { code, escapeText, linkObject, list, sentence, table } from '../markdown';
import { appliesTo, MOST_WORKLOADS, moreThan, workloadsOf } from './authorization-policy';
import type { HoverContext } from './context';
import { portsOf } from './shared';

export function requestAuthenticationHover(context: HoverContext<RequestAuthentication>): string[] {
  const { object, view } = context;
  const all = workloadsOf(view, object);
  const workloads = all.slice(0, MOST_WORKLOADS);
  const rules = object.spec.jwtRules.map((rule) => [
    rule.issuer === '' ? 'any' : code(rule.issuer),
    rule.audiences.length === 0 ? 'any' : list(rule.audiences.map(code)),
    places(rule),
  ]);
  return [
    `**${escapeText(objectName(object))}** ${appliesTo(view, object, all)}`,
    ...(rules.length === 0 ? ['It takes no tokens: it has no `jwtRules`.'] : []),
    ...table(['issuer', 'audiences', 'token in'], rules),
    'A token that no rule takes is answered with 401. A request without a token is let through, unless an AuthorizationPolicy asks for one:',
    ...table(
      ['workload', 'port', 'without a token'],
      workloads.flatMap((workload) => rowsOf(context, workload)),
    ),
    ...moreThan(all),
    ...policiesLine(context, workloads),
  ].filter((text) => workloads.length > 0 || !text.startsWith('A token'));
}

function places({ fromHeaders, fromParams, fromCookies }: JwtRule): string {
  const found = [
    ...fromHeaders.map(({ name, prefix }) => `header ${code(prefix === '' ? name : `${name}: ${prefix}`)}`),
    ...fromParams.map((name) => `parameter ${code(name)}`),
    ...fromCookies.map((name) => `cookie ${code(name)}`),
  ];
  return found.length > 0
    ? list(found)
    : `header ${code('Authorization: Bearer ')} or parameter ${code('access_token')}`;
}

function rowsOf({ view, callers }: HoverContext<RequestAuthentication>, workload: Workload): string[][] {
  const name = code(workloadKey(workload));
  if (workload.dataplane === 'ambient') return [[name, '', 'no effect: ztunnel reads no requests']];
  if (workload.dataplane !== 'sidecar')
    return [[name, '', workload.dataplane === 'none' ? 'no effect: no proxy is there' : 'not known']];
  const reach = callers.of(workload);
  return portsOf(view, workload).map((port) => {
    if (view.mtls.protocolsOf(workload).get(port) === 'tcp') return [name, String(port), 'no effect: plain TCP'];
    const needed = portAccess(view, port, reach.get(port) ?? []).tokenNeeded;
    return [name, String(port), needed ? '**refused**: a policy asks for a token' : 'let through'];
  });
}

function policiesLine(
  { view, snapshot }: HoverContext<RequestAuthentication>,
  workloads: readonly Workload[],
): string[] {
  const policies = new Set(workloads.flatMap((workload) => actingPolicies(view, workload)));
  if (policies.size === 0) return workloads.length === 0 ? [] : ['No AuthorizationPolicy acts there.'];
  return [sentence(`policies there: ${list([...policies].map((policy) => linkObject(snapshot, policy)))}`)];
}
