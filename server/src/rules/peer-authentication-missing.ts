// peer-authentication-missing: a rule makes clients send mTLS, and no policy makes the servers insist on it.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { addPeerAuthentications, selectingPolicy } from './fixes';
import { relatedHalves } from './refused-words';
import type { Finding, Rule, RuleContext } from './rule';
import {
  byCause,
  type Cause,
  decidedBy,
  isCertain,
  reachesOf,
  rulePathOf,
  serviceNames,
  servicesOf,
  underRules,
} from './traffic';

export const peerAuthenticationMissing: Rule = {
  id: 'peer-authentication-missing',
  severity: 'hint',
  summary: 'A DestinationRule makes clients send mTLS, and no PeerAuthentication makes the servers require it.',
  happens:
    'Clients that use the rule send mTLS. The servers accept plaintext as well, which is the default without a policy, so a client without a sidecar gets in without an identity.',
  remedy: 'Add a PeerAuthentication with `mode: STRICT` for the workloads, once every client sends mTLS.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const open = byCause(underRules(view, here.name), (reach) => {
      const { accepts, decision } = reach.endpoint;
      const isOpen = accepts?.mode.level === 'default' && decision?.tls === 'ISTIO_MUTUAL' && isCertain(view, reach);
      return isOpen && decision.reason.code === 'rule' ? rulePathOf(reach) : undefined;
    });
    for (const cause of open) yield finding(snapshot, view, cause);
  },
};

function finding(snapshot: Snapshot, view: MeshView, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  return {
    ...placeOf(object as DestinationRule, [...path, 'mode']),
    message: `Clients of ${serviceNames(view, list)} send mTLS, but no PeerAuthentication makes the servers require it: they accept plaintext too.`,
    related: relatedHalves(list),
    fixes() {
      const services = servicesOf(list);
      // STRICT refuses what reaches the same pods in plaintext today, or by a rule that sends something else
      const pods = new Set(list.map(({ endpoint }) => endpoint.endpoint.workload));
      const others = [...pods].flatMap((pod) => (pod ? reachesOf(view, pod) : []));
      const safe = others.every(
        ({ hasClients, connection, endpoint }) =>
          endpoint.outcome === 'mtls' || (!hasClients && connection.route !== 'cluster'),
      );
      // a policy that selects the pods already would be the one that counts
      const free = [...pods].every((pod) => pod && !selectingPolicy(view, pod.namespace, pod.labels));
      return safe && free && decidedBy(view, object, path).length > 0
        ? addPeerAuthentications(snapshot, view, services, object)
        : [];
    },
  };
}
