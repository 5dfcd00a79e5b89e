// token-not-required: a RequestAuthentication refuses bad tokens, and nothing refuses requests without one.
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import { type Workload, workloadKey } from '../mesh/workload';
import { placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { isPatch } from './placeholders';
import { askedBy, isToken, policiesOn, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const tokenNotRequired: Rule = {
  id: 'token-not-required',
  severity: 'warning',
  summary: 'A RequestAuthentication accepts requests without a token.',
  happens:
    'It refuses tokens that are not valid, and lets every request in that has none. `presence: REQUIRED` is not read by istiod. Without an AuthorizationPolicy that asks for a token this is information: it may be meant.',
  remedy:
    'Add an AuthorizationPolicy: ALLOW with `requestPrincipals: ["*"]`, or DENY with `notRequestPrincipals: ["*"]`.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of here.requestAuthentications) {
      if (isPatch(snapshot, policy)) continue;
      const open = workloadsOf(view, policy).filter((workload) => isProxied(workload) && !asksForToken(view, workload));
      for (const rule of policy.spec.jwtRules) {
        if (rule.presence === 'REQUIRED') yield required(policy, [...rule.path, 'presence'], open);
      }
      if (policy.spec.jwtRules.length === 0 || policy.spec.jwtRules.some((rule) => rule.presence === 'REQUIRED'))
        continue;
      if (open.length > 0) yield missing(policy, open);
    }
  },
};

function isProxied({ dataplane }: Workload): boolean {
  return dataplane === 'sidecar' || dataplane === 'gateway' || dataplane === 'unknown';
}

function asksForToken(view: MeshView, workload: Workload): boolean {
  const { allow, deny, custom } = policiesOn(view.mesh, workload);
  // who allows only some tokens, or only some clients, has thought of it; an external authorizer may look as well
  return (
    custom.length > 0 || [...allow, ...deny].some(({ spec }) => spec.rules.some((rule) => askedBy(rule).some(isToken)))
  );
}

function required(policy: RequestAuthentication, path: (string | number)[], open: readonly Workload[]): Finding {
  const where =
    open.length > 0
      ? `: ${listed(open.map(workloadKey), 3)} ${open.length === 1 ? 'accepts' : 'accept'} requests without a token`
      : '';
  return {
    ...placeOf(policy, path),
    ...(open.length === 0 && { severity: 'information' as const }),
    message: `istiod does not read \`presence\`${where}.`,
    related: [],
  };
}

function missing(policy: RequestAuthentication, open: readonly Workload[]): Finding {
  return {
    ...placeOf(policy),
    severity: 'information',
    message: `${listed(open.map(workloadKey), 3)} ${open.length === 1 ? 'accepts' : 'accept'} requests without a token: no AuthorizationPolicy asks for one.`,
    related: [],
  };
}
