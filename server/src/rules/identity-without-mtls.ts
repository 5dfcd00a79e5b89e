// identity-without-mtls: an AuthorizationPolicy asks who the client is where the server never learns it.
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import type { PortTrafficPolicy } from '../manifest/kinds/destination-rule';
import { type Workload, workloadKey } from '../mesh/workload';
import { composePolicy, type ModeDecision } from '../mtls/server-mode';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { gathered } from './gather';
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
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      if (!isEnforced(policy)) continue;
      for (const rule of policy.spec.rules) {
        const identities = askedBy(rule).filter(isIdentity);
        const [first] = identities;
        if (!first) continue;
        const without = workloadsWithout(view, policy, rule);
        if (without.length > 0) yield finding(snapshot, view, policy, first, without);
        else if (nobodySends(view)) yield unsent(policy, first);
        else if (workloadsOf(view, policy).length === 0) yield* unseen(view, policy, first);
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

/** What becomes of a rule where nobody has an identity. */
function effectOn({ spec }: AuthorizationPolicy, { negated }: Asked): string {
  const isAllow = spec.action === 'ALLOW';
  if (negated) return isAllow ? 'this rule lets everybody in' : 'this rule denies everybody';
  return isAllow ? 'this rule lets nobody in' : 'this rule stops nobody';
}

/** True when auto mTLS is off and no rule here asks for Istio mTLS. */
function nobodySends(view: MeshView): boolean {
  return !view.mesh.settings.enableAutoMtls && asking(view).length === 0;
}

/** The namespaces with rules that ask for Istio mTLS. */
const asking = gathered((_, { name, destinationRules }) => {
  const asks = (policy: PortTrafficPolicy | undefined): boolean => policy?.tls?.mode === 'ISTIO_MUTUAL';
  const isAsked = destinationRules.some(({ spec }) =>
    [spec.trafficPolicy, ...spec.subsets.map(({ trafficPolicy }) => trafficPolicy)].some(
      (policy) => asks(policy) || policy?.portLevelSettings.some(asks),
    ),
  );
  return isAsked ? [name] : [];
});

function unsent(policy: AuthorizationPolicy, asked: Asked): Finding {
  return {
    ...placeOf(policy, asked.path, 'key'),
    severity: 'information',
    message: `Auto mTLS is off, and no DestinationRule here makes clients send mTLS, so none shows an identity: ${effectOn(policy, asked)}.`,
    related: [],
  };
}

/** The mode that policies give to pods which are not in the workspace, as far as the selector tells their labels. */
function* unseen(view: MeshView, policy: AuthorizationPolicy, asked: Asked): Iterable<Finding> {
  const { namespace } = policy.metadata;
  if (policy.spec.targetRefs.length > 0 || namespace === view.mesh.settings.rootNamespace) return;
  const { base } = composePolicy(view.mtls.policies, namespace, policy.spec.selector?.matchLabels ?? {});
  if (base.mode !== 'DISABLE' || !base.policy) return;
  yield {
    ...placeOf(policy, asked.path, 'key'),
    severity: 'information',
    message: `Pods that this policy is for take no mTLS (DISABLE), so no client has an identity there: ${effectOn(policy, asked)}.`,
    related: [{ ...placeOf(base.policy, base.path), message: `\`${objectName(base.policy)}\`: DISABLE` }],
  };
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: AuthorizationPolicy,
  asked: Asked,
  without: readonly Without[],
): Finding {
  const names = listed(
    without.map(({ workload }) => workloadKey(workload)),
    3,
  );
  const effect = effectOn(policy, asked);
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
