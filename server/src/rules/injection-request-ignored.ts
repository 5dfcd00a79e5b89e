// injection-request-ignored: a pod asks for a sidecar, or for one of a revision, and does not get it.
import type { WorkloadObject } from '../manifest/kinds/workload';
import type { MeshNamespace } from '../mesh/mesh';
import type { Workload } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import { INJECT, INJECTION, injectables, podPath, REVISION } from './injection';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const injectionRequestIgnored: Rule = {
  id: 'injection-request-ignored',
  severity: 'warning',
  summary: 'A pod asks for a sidecar, or for one of a revision, and does not get it.',
  happens:
    'A namespace whose `istio-injection` is anything but `enabled` gets no sidecars, whatever its pods say. A pod on the host network never gets one, nor does any in `kube-system`. And where the namespace has an injection label, `istio.io/rev` of the pod does not count.',
  remedy: 'Change the label of the namespace, or take that of the pod away.',
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    for (const { workload, object } of injectables(here)) {
      const finding = isPatch(snapshot, object) ? undefined : judge(here, workload, object);
      if (finding) yield finding;
    }
  },
};

function judge({ object: namespace }: MeshNamespace, workload: Workload, object: WorkloadObject): Finding | undefined {
  const { labels } = object.spec.template;
  const related =
    namespace && (workload.reason.code === 'namespace-opts-out' || labels[INJECT] === undefined)
      ? [{ ...placeOf(namespace), message: `\`${objectName(namespace)}\`` }]
      : [];
  if (labels[INJECT] === 'true') {
    const place = placeOf(object, podPath(object, 'labels', INJECT));
    const why = {
      'namespace-opts-out': `\`${INJECTION}: ${namespace?.metadata.labels[INJECTION]}\` of its namespace keeps sidecars away`,
      'host-network': 'it uses the host network',
      'system-namespace': `Istio never injects \`${workload.namespace}\``,
    }[workload.reason.code as string];
    return why === undefined ? undefined : { ...place, message: `The pod gets no sidecar: ${why}.`, related };
  }
  const own = labels[REVISION];
  const chosen = namespace && revisionOf(namespace.metadata.labels);
  if (own === undefined || chosen === undefined || chosen === own || workload.dataplane === 'none') return undefined;
  return {
    ...placeOf(object, podPath(object, 'labels', REVISION)),
    message: `This label has no effect: the namespace has an injection label, and its pods get the sidecar of revision \`${chosen}\`.`,
    related,
  };
}

/** The revision that a namespace's labels ask for. */
function revisionOf(labels: Readonly<Record<string, string>>): string | undefined {
  return labels[INJECTION] === 'enabled' ? 'default' : labels[INJECTION] === undefined ? labels[REVISION] : undefined;
}
