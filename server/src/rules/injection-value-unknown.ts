// injection-value-unknown: an injection label or annotation has a value that means something else than it says.
import type { KubernetesObject } from '../manifest/object';
import { placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered } from './fixes';
import { INJECT, INJECTION, injectables, podPath, setText } from './injection';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

const YES = /^(?:true|yes|y|on|1|enable|enabled)$/i;
const NO = /^(?:false|no|n|off|0|disable|disabled)$/i;

export const injectionValueUnknown: Rule = {
  id: 'injection-value-unknown',
  severity: 'warning',
  summary: 'An injection label has a value that Istio does not know.',
  happens:
    '`istio-injection` on a Namespace means something only as `enabled`, any other value keeps sidecars away. `sidecar.istio.io/inject` on a pod knows exactly `true` and `false`; with anything else the namespace decides.',
  remedy: 'Write `enabled`, or `"true"` and `"false"` in quotes.',
  peers: ['IST0125'],
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    const value = here.object?.metadata.labels[INJECTION];
    // what means "no" does what it says
    if (here.object && value !== undefined && value !== 'enabled' && !NO.test(value) && !isPlaceholder(value)) {
      const words = `only \`enabled\` has sidecars injected, \`${value}\` keeps them away`;
      yield finding(snapshot, here.object, ['metadata', 'labels', INJECTION], words, 'enabled');
    }
    for (const { workload, object } of injectables(here)) {
      const { labels, annotations } = object.spec.template;
      const part = labels[INJECT] === undefined ? 'annotations' : 'labels';
      const value = labels[INJECT] ?? annotations[INJECT];
      if (value === undefined || value === 'true' || value === 'false' || value === '' || isPlaceholder(value))
        continue;
      if (isPatch(snapshot, object)) continue;
      const path = podPath(object, part, INJECT);
      if (YES.test(value) && workload.dataplane !== 'none') continue;
      const says = YES.test(value) ? 'true' : NO.test(value) ? 'false' : undefined;
      if (says === 'false' && workload.dataplane === 'none') continue;
      const decides = `only \`"true"\` and \`"false"\` count, with \`${value}\` the namespace decides`;
      const now =
        workload.dataplane === 'none'
          ? 'the pod gets no sidecar'
          : workload.dataplane === 'unknown'
            ? ''
            : 'the pod gets a sidecar';
      yield finding(snapshot, object, path, now === '' ? decides : `${decides}, and ${now}`, says);
    }
  },
};

function finding(
  snapshot: Snapshot,
  object: KubernetesObject,
  path: Path,
  words: string,
  value: string | undefined,
): Finding {
  return {
    ...placeOf(object, path),
    message: `This value has no effect: ${words}.`,
    related: [],
    fixes: () =>
      value === undefined ? [] : offered(setText(snapshot, object, path, value, `Change to \`${value}\``, true)),
  };
}
