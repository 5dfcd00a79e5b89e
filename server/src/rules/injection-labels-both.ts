// injection-labels-both: a Namespace has two labels that say who looks after its pods, and one does not count.
import type { Namespace } from '../manifest/read';
import { placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import { offered, removeField } from './fixes';
import { INJECTION, REVISION } from './injection';
import type { Finding, Rule, RuleContext } from './rule';

const MODE = 'istio.io/dataplane-mode';

export const injectionLabelsBoth: Rule = {
  id: 'injection-labels-both',
  severity: 'warning',
  summary: 'A Namespace has two labels for injection, of which one does not count.',
  happens:
    'With `istio-injection` the label `istio.io/rev` is not looked at: pods get the sidecar of the default revision, or none. With either of them and `istio.io/dataplane-mode: ambient` pods get sidecars, and are left out of ambient.',
  remedy: 'Keep one of them.',
  peers: ['IST0123'],
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    const { object: namespace } = here;
    if (!namespace) return;
    const { labels } = namespace.metadata;
    const injection = labels[INJECTION];
    const revision = labels[REVISION];
    if (injection !== undefined && revision !== undefined && !(injection === 'enabled' && revision === 'default'))
      yield revisionIgnored(snapshot, namespace, injection, revision);
    const injected = injection === 'enabled' || (injection === undefined && revision !== undefined);
    if (labels[MODE] === 'ambient' && injected) yield ambientIgnored(snapshot, namespace);
  },
};

function revisionIgnored(snapshot: Snapshot, namespace: Namespace, injection: string, revision: string): Finding {
  const path = ['metadata', 'labels', REVISION];
  const gets = injection === 'enabled' ? 'pods get the sidecar of the default revision' : 'pods get no sidecar';
  return {
    ...placeOf(namespace, path),
    message: `\`${REVISION}: ${revision}\` does not count beside \`${INJECTION}: ${injection}\`: ${gets}.`,
    related: [{ ...placeOf(namespace, ['metadata', 'labels', INJECTION]), message: `\`${INJECTION}\` goes before it` }],
    fixes: () =>
      offered(
        removeField(
          snapshot,
          namespace,
          ['metadata', 'labels', INJECTION],
          `Remove \`${INJECTION}\`, so that the revision counts`,
          injection === 'enabled',
        ),
        removeField(snapshot, namespace, path, `Remove \`${REVISION}\``),
      ),
  };
}

function ambientIgnored(snapshot: Snapshot, namespace: Namespace): Finding {
  const path = ['metadata', 'labels', MODE];
  return {
    ...placeOf(namespace, path),
    message: 'Pods of this namespace are not in ambient: its injection label gives them sidecars.',
    related: [],
    fixes: () => offered(removeField(snapshot, namespace, path, `Remove \`${MODE}\``)),
  };
}
