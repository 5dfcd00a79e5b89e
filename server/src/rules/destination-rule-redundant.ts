// destination-rule-redundant: a rule asks for the Istio mTLS that auto mTLS gives anyway.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered, removeTls } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { byCause, type Cause, rulePathOf, serviceNames, suitsAutoMtls, underRules } from './traffic';

export const destinationRuleRedundant: Rule = {
  id: 'destination-rule-redundant',
  severity: 'hint',
  summary: 'A DestinationRule asks for the Istio mTLS that auto mTLS gives anyway.',
  happens:
    'Nothing breaks today. But the block holds for every pod, also for one that loses its sidecar, where auto mTLS looks at each. Reported only where `mutual.requireDestinationRule` is `never`.',
  remedy: 'Remove the `tls` block.',
  *check({ snapshot, view, here, options }: RuleContext): Iterable<Finding> {
    // who wants rules to be there is not told that they need not be
    if (options.requireDestinationRule !== 'never' || !view.mesh.settings.enableAutoMtls) return;
    for (const cause of byCause(underRules(view, here.name), rulePathOf)) {
      if (!isPatch(snapshot, cause.object) && cause.reaches.every((reach) => isNeedless(view, reach)))
        yield finding(snapshot, view, cause);
    }
  },
};

function isNeedless(view: MeshView, reach: Cause['reaches'][number]): boolean {
  const { endpoint } = reach;
  const isRule = endpoint.decision?.reason.code === 'rule' && endpoint.decision.tls === 'ISTIO_MUTUAL';
  return isRule && endpoint.outcome === 'mtls' && suitsAutoMtls(view, reach);
}

function finding(snapshot: Snapshot, view: MeshView, { object, path, reaches: list }: Cause): Finding {
  return {
    ...placeOf(object, [...path, 'mode']),
    message: `Auto mTLS does this by itself: every server of ${serviceNames(view, list)} has a sidecar.`,
    related: [],
    fixes: () => offered(removeTls(snapshot, object as DestinationRule, path, 'Remove `tls`, auto mTLS does it')),
  };
}
