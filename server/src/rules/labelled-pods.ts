// Pods by their labels, wherever in the mesh they are.
import { gate, perObject } from '../incremental/cells';
import { type Labels, selects } from '../manifest/object';
import type { Mesh } from '../mesh/mesh';
import type { Workload } from '../mesh/workload';

const byLabel = perObject((mesh: Mesh) =>
  gate((): ReadonlyMap<string, readonly Workload[]> => {
    const index = new Map<string, Workload[]>();
    for (const workload of mesh.workloads) {
      for (const [key, value] of Object.entries(workload.labels)) {
        const label = `${key}=${value}`;
        const list = index.get(label);
        if (list) list.push(workload);
        else index.set(label, [workload]);
      }
    }
    return index;
  }),
);

/** Every pod of a mesh that has all these labels, of which there is at least one, in the order of the workloads. */
export function podsLabelled(mesh: Mesh, labels: Labels): readonly Workload[] {
  const [first] = Object.entries(labels);
  const some = first ? (byLabel(mesh)().get(`${first[0]}=${first[1]}`) ?? []) : mesh.workloads;
  return some.filter((workload) => selects(labels, workload.labels));
}
