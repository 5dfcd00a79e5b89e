// revision-not-read: an object is labelled for an istiod that nothing here is run by.

import { objectName, placeOf } from '../words/names';
import { offered, removeField } from './fixes';
import { REVISION_LABEL, revisionsInUse } from './revisions';
import type { Finding, Rule, RuleContext } from './rule';

export const revisionNotRead: Rule = {
  id: 'revision-not-read',
  severity: 'warning',
  summary: 'An object is labelled for a revision of Istio that no workload uses.',
  happens:
    'Only the istiod of exactly that revision reads an object with the label `istio.io/rev`; revision tags do not count. For every other proxy the object does not exist.',
  remedy: 'Remove the label, or set it to the revision that runs the proxies.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const object of here.ignored) {
      const reason = view.mesh.ignoredReason(object);
      if (reason?.code !== 'revision') continue;
      const revision = object.metadata.labels[REVISION_LABEL]!;
      const path = ['metadata', 'labels', REVISION_LABEL];
      const used = revisionsInUse(view);
      // with several revisions installed the label is meant; without any workload nobody knows
      const isUsed = used.size === 0 || used.has(revision) || view.mesh.settings.revisions.includes(revision);
      yield {
        ...placeOf(object, path),
        severity: isUsed ? 'information' : 'warning',
        message: `\`${objectName(object)}\` is read by the istiod of revision \`${revision}\` alone; the answers here are those of revision \`${view.mesh.settings.revision}\`, for which it does not exist.`,
        related: [],
        fixes: () =>
          isUsed
            ? []
            : offered(removeField(snapshot, object, path, 'Remove the label, so that every revision reads it')),
      };
    }
  },
};
