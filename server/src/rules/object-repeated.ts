// object-repeated: one object is defined twice in one mesh, and only one of the two can be in force.
import { objectName, placeOf } from '../words/names';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

/** Kinds of which the wrong one in force changes who may talk to whom. */
const POLICIES = new Set(['PeerAuthentication', 'DestinationRule', 'AuthorizationPolicy', 'RequestAuthentication']);

export const objectRepeated: Rule = {
  id: 'object-repeated',
  severity: 'warning',
  summary: 'The same object is defined twice.',
  happens: 'Applying one replaces the other: the one that is applied last stays.',
  remedy: 'Remove one of them, or give it a name of its own.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const object of here.ignored) {
      const reason = view.mesh.ignoredReason(object);
      const winner = reason?.winner;
      if (reason?.code !== 'repeated' || !winner || isPatch(snapshot, object) || isPatch(snapshot, winner)) continue;
      if (JSON.stringify(object.spec) === JSON.stringify(winner.spec)) continue;
      // in two files they may be alternatives, of which a person applies one
      const sameFile = object.source.uri === winner.source.uri;
      const severity = sameFile ? 'warning' : POLICIES.has(object.kind) ? 'information' : 'hint';
      yield {
        ...placeOf(object),
        severity,
        message: `\`${objectName(object)}\` is defined twice; whichever is applied last replaces the other.`,
        related: [{ ...placeOf(winner), message: 'the other definition' }],
      };
    }
  },
};
