// identity-without-mtls: an AuthorizationPolicy asks who the client is where the server never learns it.
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import { type Workload, workloadKey } from '../mesh/workload';
import type { ModeDecision } from '../mtls/server-mode';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { type Asked, askedBy, isEnforced, isIdentity, portsInScope, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { isContested } from './traffic';
import { listed } from './wording';

export const identityWithoutMtls: Rule = {
  id: 'identity-without-mtls',
  severity: 'warning',
  summary: 'An AuthorizationPolicy asks who the client is, on a server that takes no mutual TLS.',
  happens:
    'Only the certificate of Istio mTLS tells who a client is. Where the mode is DISABLE nobody has an identity: a rule that allows principals, namespaces or service accounts matches nobody, one that denies them stops nobody, and a `not…` field holds for everybody.',
  remedy: 'Let the server take mTLS (`mode: PERMISSIVE` or `STRICT`), or ask for something else, such as `ipBlocks`.',
  peers: ['KIA0105'],
  *check({ snapshot, view }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, view)) {
      if (!isEnforced(policy)) continue;
      for (const rule of policy.spec.rules) {
        const identities = askedBy(rule).filter(isIdentity);
        const [first] = identities;
        if (!first) continue;
        const without = workloadsWithout(view, policy, rule);
        if (without.length > 0) yield finding(snapshot, view, policy, first, without);
      }
    }
  },
};

interface Without {
  readonly workload: Workload;
  readonly mode: ModeDecision;
}

/** The workloads of which no port that the rule is about ends mTLS. */
function workloadsWithout(view: MeshView, policy: AuthorizationPolicy, rule: AuthorizationRule): Without[] {
  return workloadsOf(view, policy).flatMap((workload) => {
    const accepted = portsInScope(view, rule, workload).flatMap((port) => view.mtls.accepts(workload, port) ?? []);
    const judged = accepted.filter(({ captured }) => captured);
    const isBlind = judged.length > 0 && judged.every(({ mode }) => mode.mode === 'DISABLE');
    return isBlind ? [{ workload, mode: judged[0]!.mode }] : [];
  });
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: AuthorizationPolicy,
  asked: Asked,
  without: readonly Without[],
): Finding {
  const { action } = policy.spec;
  const names = listed(
    without.map(({ workload }) => workloadKey(workload)),
    3,
  );
  const isAllow = action === 'ALLOW';
  const effect = asked.negated
    ? isAllow
      ? 'this rule lets everybody in'
      : 'this rule denies everybody'
    : isAllow
      ? 'this rule lets nobody in'
      : 'this rule stops nobody';
  const modes = [...new Map(without.map(({ mode }) => [mode.policy, mode])).values()];
  const related = modes.flatMap((mode) =>
    mode.policy ? [{ ...placeOf(mode.policy, mode.path), message: `\`${objectName(mode.policy)}\`: DISABLE` }] : [],
  );
  const [only, more] = modes;
  return {
    ...placeOf(policy, asked.path, 'key'),
    message: `${names} take${without.length === 1 ? 's' : ''} no mTLS (DISABLE), so no client has an identity there: ${effect}.`,
    related,
    fixes: () =>
      only?.policy && !more && !isContested(view, only.policy)
        ? offered(
            setField(snapshot, only.policy, only.path, 'PERMISSIVE', 'Take mTLS beside plaintext (`mode: PERMISSIVE`)'),
          )
        : [],
  };
}
