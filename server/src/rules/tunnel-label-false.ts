// tunnel-label-false: a label tells clients to send HBONE to a pod that has nobody to take it.
import type { KubernetesObject } from '../manifest/object';
import { placeOf } from '../words/names';
import type { Path } from '../yaml/range';
import { offered, removeField } from './fixes';
import { isPatch } from './placeholders';
import { refusedWords, relatedHalves } from './refused-words';
import type { Finding, Rule, RuleContext } from './rule';
import { byCause, type Reach, reachesIn, serviceNames } from './traffic';

const TUNNEL = 'networking.istio.io/tunnel';

export const tunnelLabelFalse: Rule = {
  id: 'tunnel-label-false',
  severity: 'error',
  summary: 'A label promises HBONE for a pod without a proxy.',
  happens:
    '`networking.istio.io/tunnel: http` is what the injector writes on pods whose sidecar takes HBONE. With it on a pod without one, clients of the mesh open a tunnel to port 15008, where nobody listens: `503 upstream connect error … connection refused`.',
  remedy: 'Remove the label; pods in ambient mode and injected ones need none.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const { object, path, reaches: list } of byCause(reachesIn(view, here.name), labelOf)) {
      if (isPatch(snapshot, object)) continue;
      yield {
        ...placeOf(object, path),
        message: `This label tells clients of ${serviceNames(view, list)} to send HBONE, but the pod has no proxy to take it: ${refusedWords(list)}.`,
        related: relatedHalves(list),
        fixes: () => offered(removeField(snapshot, object, path, 'Remove the label', true)),
      };
    }
  },
};

/** The label, where clients send the tunnel that it asks for and no proxy is there for certain. */
function labelOf({ endpoint, hasClients }: Reach): { object: KubernetesObject; path: Path } | undefined {
  const { workload } = endpoint.endpoint;
  if (endpoint.failure !== 'tunnel-refused' || workload?.dataplane !== 'none' || !hasClients) return undefined;
  if (workload.object.kind === 'KubernetesGateway' || workload.labels[TUNNEL] !== 'http') return undefined;
  return { object: workload.object, path: [...workload.object.spec.template.path, 'metadata', 'labels', TUNNEL] };
}
