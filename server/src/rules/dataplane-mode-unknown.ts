// dataplane-mode-unknown: a value of the label istio.io/dataplane-mode that means nothing.
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import type { KubernetesObject } from '../manifest/object';
import { placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { DATAPLANE_MODE, isAmbientNamespace } from './ambient';
import { offered, setField } from './fixes';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const dataplaneModeUnknown: Rule = {
  id: 'dataplane-mode-unknown',
  severity: 'warning',
  summary: 'The label `istio.io/dataplane-mode` has a value that means nothing.',
  happens:
    'Only `ambient` puts pods into ambient mode, and only `none` takes a pod out of it. Any other value changes nothing: a pod with `disabled` in an ambient namespace is in ambient mode.',
  remedy: 'Write `ambient` or `none`.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const object of here.objects) {
      if (object.kind === 'Namespace') {
        const path = ['metadata', 'labels', DATAPLANE_MODE];
        const value = object.metadata.labels[DATAPLANE_MODE];
        if (isUnknown(value) && !isPatch(snapshot, object)) yield finding(snapshot, object, path, value, false);
      } else if (isWorkload(object)) {
        const { template } = object.spec;
        const value = template.labels[DATAPLANE_MODE];
        if (!isUnknown(value) || isPatch(snapshot, object)) continue;
        const inside = isAmbientNamespace(view.mesh, here.name);
        yield finding(snapshot, object, [...template.path, 'metadata', 'labels', DATAPLANE_MODE], value, inside);
      }
    }
  },
};

function isWorkload(object: KubernetesObject): object is WorkloadObject {
  return WORKLOAD_KINDS.some((kind) => kind === object.kind);
}

function isUnknown(value: string | undefined): value is string {
  return value !== undefined && value !== 'ambient' && value !== 'none' && value !== '' && !isPlaceholder(value);
}

function finding(snapshot: Snapshot, object: KubernetesObject, path: Path, value: string, inside: boolean): Finding {
  const effect = inside ? 'the pods are in ambient mode, as their namespace says' : 'the label changes nothing';
  const meant = /^(?:dis|off|no|false|0)/i.test(value) ? 'none' : 'ambient';
  return {
    ...placeOf(object, path),
    message: `\`${value}\` is neither \`ambient\` nor \`none\`: ${effect}.`,
    related: [],
    fixes: () => offered(setField(snapshot, object, path, meant, `Change it to \`${meant}\``, true)),
  };
}
