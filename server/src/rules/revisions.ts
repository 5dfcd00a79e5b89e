// Which revisions of Istio the manifests use.
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import type { Mesh } from '../mesh/mesh';

export const REVISION_LABEL = 'istio.io/rev';

/** The revisions that namespaces and pods ask for; `default` where they are injected without naming one. */
export function revisionsInUse(mesh: Mesh): Set<string> {
  const used = new Set<string>();
  for (const namespace of mesh.namespaces.values()) {
    const { labels } = namespace.metadata;
    if (labels['istio-injection'] === 'enabled') used.add('default');
    else if (labels[REVISION_LABEL] !== undefined) used.add(labels[REVISION_LABEL]);
  }
  for (const object of mesh.objects) {
    if (!WORKLOAD_KINDS.some((kind) => kind === object.kind)) continue;
    const revision = (object as WorkloadObject).spec.template.labels[REVISION_LABEL];
    if (revision !== undefined) used.add(revision);
  }
  return used;
}
