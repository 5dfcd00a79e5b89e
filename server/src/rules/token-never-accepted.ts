// token-never-accepted: an AuthorizationPolicy asks for a token that nothing accepts for its workloads.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { MeshView } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { isPlaceholder } from './placeholders';
import { type Asked, askedBy, isEnforced, isToken, policiesOn, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const tokenNeverAccepted: Rule = {
  id: 'token-never-accepted',
  severity: 'warning',
  summary: 'An AuthorizationPolicy asks for a token that no RequestAuthentication accepts.',
  happens:
    'Claims count only of tokens that a RequestAuthentication of the workload has accepted. Without one no request has a `requestPrincipal`: an ALLOW rule that asks for it lets nobody in, a DENY rule on `notRequestPrincipals` denies everybody.',
  remedy:
    "Add a RequestAuthentication for the workloads, in their namespace or in the root namespace, with the token's issuer.",
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      if (!isEnforced(policy)) continue;
      const workloads = workloadsOf(view, policy).filter(
        ({ dataplane }) => dataplane === 'sidecar' || dataplane === 'gateway',
      );
      if (workloads.length === 0) continue;
      const asked = policy.spec.rules.flatMap(askedBy).filter(isToken);
      if (asked.length === 0) continue;
      const without = workloads.filter((each) => policiesOn(view.mesh, each).requestAuthentications.length === 0);
      if (without.length > 0) yield unread(view, policy, asked[0]!, without, workloads.length);
      else
        yield* wrongIssuers(view, policy, asked, workloads, (path, value) =>
          offered(setField(snapshot, policy, path, value, `Change it to \`${value}\``, true)),
        );
    }
  },
};

function unread(
  view: MeshView,
  policy: AuthorizationPolicy,
  asked: Asked,
  without: readonly Workload[],
  total: number,
): Finding {
  // another repository may hold the object, unless it stands here and misses the workloads
  const elsewhere = view.mesh.requestAuthentications;
  const isCertain = elsewhere.length > 0 && without.length === total;
  const { action } = policy.spec;
  const effect =
    action === 'ALLOW'
      ? 'this rule lets nobody in'
      : asked.negated
        ? 'this rule denies everybody'
        : 'this rule stops nobody';
  const hint = isCertain
    ? ` ${listed(elsewhere.map(objectName), 2)} ${elsewhere.length === 1 ? 'does' : 'do'} not select them.`
    : '';
  return {
    ...placeOf(policy, asked.path, asked.part === 'when' ? 'value' : 'key'),
    ...(!isCertain && { severity: 'information' as const }),
    message: `No RequestAuthentication in this workspace is for ${listed(without.map(workloadKey), 3)}, so no token is ever accepted there: ${effect}.${hint}`,
    related: elsewhere.slice(0, 3).map((each) => ({ ...placeOf(each), message: `\`${objectName(each)}\`` })),
  };
}

/** `issuer/subject` with an issuer that no rule for these workloads has. */
function* wrongIssuers(
  view: MeshView,
  policy: AuthorizationPolicy,
  asked: readonly Asked[],
  workloads: readonly Workload[],
  fixes: (path: (string | number)[], value: string) => ReturnType<NonNullable<Finding['fixes']>>,
): Iterable<Finding> {
  const objects = [...new Set(workloads.flatMap((each) => policiesOn(view.mesh, each).requestAuthentications))];
  const issuers = objects.flatMap(({ spec }) => spec.jwtRules.map(({ issuer }) => issuer));
  if (issuers.includes('')) return;
  for (const { name, values, path } of asked) {
    if (name !== 'requestPrincipals' && name !== 'request.auth.principal') continue;
    for (const [index, value] of values.entries()) {
      const slash = value.lastIndexOf('/');
      if (value.startsWith('*') || value.endsWith('*') !== value.endsWith('/*') || slash < 0 || isPlaceholder(value))
        continue;
      const issuer = value.slice(0, slash);
      if (issuers.includes(issuer)) continue;
      const near = nearMisses(issuer, issuers)[0];
      const at = [...path, index];
      yield {
        ...placeOf(policy, at),
        message: `No token of issuer \`${issuer}\` is accepted here: ${acceptedWords(objects, issuers)}.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
        related: objects.slice(0, 3).map((each) => ({ ...placeOf(each), message: `\`${objectName(each)}\`` })),
        ...(near !== undefined && { fixes: () => fixes(at, `${near}${value.slice(slash)}`) }),
      };
    }
  }
}

function acceptedWords(objects: readonly RequestAuthentication[], issuers: readonly string[]): string {
  return `${listed(objects.map(objectName), 2)} ${objects.length === 1 ? 'takes' : 'take'} those of ${listed(issuers, 3)}`;
}
