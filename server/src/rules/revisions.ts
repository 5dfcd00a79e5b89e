// Which revisions of Istio the manifests use.
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import type { MeshNamespace } from '../mesh/mesh';
import type { MeshView } from '../workspace/workspace';
import { gathered } from './gather';

export const REVISION_LABEL = 'istio.io/rev';

/** The revisions that a namespace and its pods ask for; `default` where they are injected without naming one. */
function askedFor({ object, objects }: MeshNamespace): Set<string> {
  const used = new Set<string>();
  const labels = object?.metadata.labels ?? {};
  if (labels['istio-injection'] === 'enabled') used.add('default');
  else if (labels[REVISION_LABEL] !== undefined) used.add(labels[REVISION_LABEL]);
  for (const each of objects) {
    if (!WORKLOAD_KINDS.some((kind) => kind === each.kind)) continue;
    const revision = (each as WorkloadObject).spec.template.labels[REVISION_LABEL];
    if (revision !== undefined) used.add(revision);
  }
  return used;
}

const asked = gathered((_, here) => askedFor(here));

/** The revisions that anything in a mesh asks for. */
export function revisionsInUse(view: MeshView): Set<string> {
  return new Set(asked(view));
}
