// revision-not-installed: a namespace or a pod asks for a revision of Istio that is not among the stated ones.
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { offered, setField } from './fixes';
import { injectables, podPath, REVISION } from './injection';
import { isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const revisionNotInstalled: Rule = {
  id: 'revision-not-installed',
  severity: 'warning',
  summary: 'A label asks for a revision of Istio that is not installed.',
  happens: 'No webhook takes care of the pods: they get no sidecar. Reported where the installed revisions are stated.',
  remedy: 'Correct the revision, or state it among those that are installed (`mutual.assume.revisions`).',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { revisions, revisionsStated } = view.mesh.settings;
    if (!revisionsStated) return;
    const namespace = here.object;
    const ofNamespace = namespace?.metadata.labels[REVISION];
    const asked = [
      ...(namespace
        ? [{ object: namespace, labels: namespace.metadata.labels, path: ['metadata', 'labels', REVISION] }]
        : []),
      ...injectables(here)
        .filter(({ workload }) => workload.reason.label === REVISION && !ofNamespace)
        .map(({ object }) => ({
          object,
          labels: object.spec.template.labels,
          path: podPath(object, 'labels', REVISION),
        })),
    ];
    for (const { object, labels, path } of asked) {
      const revision = labels[REVISION];
      if (revision === undefined || revisions.includes(revision) || labels['istio-injection'] !== undefined) continue;
      if (isPlaceholder(revision)) continue;
      const near = nearMisses(revision, revisions);
      yield {
        ...placeOf(object, path),
        message: `Revision \`${revision}\` is not installed, so that pods get no sidecar; there is ${listed(revisions)}.`,
        related: [],
        fixes: () =>
          offered(
            ...near.slice(0, 1).map((name) => setField(snapshot, object, path, name, `Change to \`${name}\``, true)),
          ),
      };
    }
  },
};
