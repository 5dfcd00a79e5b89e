// identity-avoidable: a client gets past an AuthorizationPolicy about identities by sending plaintext.

import { ANY_HTTP } from '../authorization/request';
import { UNKNOWN } from '../authorization/truth';
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import { type Workload, workloadKey } from '../mesh/workload';
import type { ModeDecision } from '../mtls/server-mode';
import { objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { type Asked, askedBy, isEnforced, isIdentity, portsInScope, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const identityAvoidable: Rule = {
  id: 'identity-avoidable',
  severity: 'warning',
  summary: 'A client gets past an AuthorizationPolicy about identities by sending plaintext.',
  happens:
    'A plaintext connection has no identity. It fits every `notPrincipals` and `notNamespaces`, so an ALLOW rule with them lets it in; it fits no `principals` and no `namespaces`, so a DENY rule with them does not stop it. As long as the server takes plaintext beside mTLS, whoever has no sidecar gets past.',
  remedy:
    'Take mTLS only (`mode: STRICT`). Or state who may come in (ALLOW with `principals` or `namespaces`), and deny the rest.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      const { action } = policy.spec;
      if (!isEnforced(policy) || (action !== 'ALLOW' && action !== 'DENY')) continue;
      for (const rule of policy.spec.rules) {
        const asked = avoidable(rule, action);
        if (!asked) continue;
        const open = openWorkloads(view, policy, rule);
        if (open.length > 0) yield finding(policy, asked, open);
      }
    }
  },
};

/** The field that plaintext gets past: negative in an ALLOW without positive ones, positive in a DENY. */
function avoidable(rule: AuthorizationRule, action: 'ALLOW' | 'DENY'): Asked | undefined {
  const asked = askedBy(rule);
  const alternatives = rule.from.length === 0 ? [undefined] : rule.from.map((_, index) => index);
  for (const alternative of alternatives) {
    const here = asked.filter((each) => each.part === 'when' || each.alternative === alternative).filter(isIdentity);
    const positive = here.find(({ negated }) => !negated);
    const negative = here.find(({ negated }) => negated);
    if (action === 'DENY' && positive) return positive;
    if (action === 'ALLOW' && negative && !positive) return negative;
  }
  return undefined;
}

interface Open {
  readonly workload: Workload;
  readonly mode: ModeDecision;
}

/** The workloads with a port that takes both, and where plaintext is not stopped by another rule. */
function openWorkloads(view: MeshView, policy: AuthorizationPolicy, rule: AuthorizationRule): Open[] {
  return workloadsOf(view, policy).flatMap((workload) => {
    if (workload.dataplane !== 'sidecar') return [];
    const ports = portsInScope(view, rule, workload);
    const open = ports.flatMap((port) => {
      const accepts = view.mtls.accepts(workload, port);
      const isOpen = accepts?.captured && accepts.mode.mode === 'PERMISSIVE' && !isDenied(view, workload, port);
      return isOpen ? [{ workload, mode: accepts.mode }] : [];
    });
    return open.slice(0, 1);
  });
}

/** True when every plaintext request to the port is refused by some policy. */
function isDenied(view: MeshView, workload: Workload, port: number): boolean {
  const http = view.mtls.accepts(workload, port)?.protocol === 'tcp' ? undefined : ANY_HTTP;
  const request = { principal: undefined, sourceIp: UNKNOWN, destinationIp: UNKNOWN, sni: UNKNOWN, http } as const;
  return view.authorization.authorize(workload, port, request).decision === 'deny';
}

function finding(policy: AuthorizationPolicy, asked: Asked, open: readonly Open[]): Finding {
  const names = listed(
    open.map(({ workload }) => workloadKey(workload)),
    3,
  );
  const stated = open.flatMap(({ mode }) => mode.policy ?? []);
  // without a policy here that says so, another repository may hold one that takes mTLS only
  const isCertain = stated.length > 0;
  const because = isCertain ? 'takes' : 'as far as this workspace shows, takes';
  const verb = open.length === 1 ? because : because.replace('takes', 'take');
  const effect =
    policy.spec.action === 'ALLOW'
      ? 'plaintext has no identity, so this rule lets it in'
      : 'a client that sends plaintext has no identity, so this rule does not stop it';
  const modes = [...new Map(open.map(({ mode }) => [mode.policy, mode])).values()];
  return {
    ...placeOf(policy, asked.path, 'key'),
    ...(!isCertain && { severity: 'information' as const }),
    message: `${names} ${verb} plaintext beside mTLS: ${effect}.`,
    related: modes.flatMap((mode) =>
      mode.policy
        ? [{ ...placeOf(mode.policy, mode.path), message: `\`${objectName(mode.policy)}\`: PERMISSIVE` }]
        : [],
    ),
  };
}
