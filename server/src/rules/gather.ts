// What rules work out namespace by namespace, so that a change costs what it touches.
import { gate, memo } from '../incremental/cells';
import { sameItems } from '../mesh/lookup';
import type { Mesh, MeshNamespace } from '../mesh/mesh';
import type { MeshView } from '../workspace/workspace';

/** Something kept for each mesh, whatever the mesh is called. */
function perMesh<T>(make: (view: MeshView) => T): (view: MeshView) => T {
  const known = new WeakMap<Mesh, T>();
  return (view) => {
    let own = known.get(view.mesh);
    if (own === undefined) {
      own = make(view);
      known.set(view.mesh, own);
    }
    return own;
  };
}

/** A remembered function of a namespace of a mesh. */
export function perNamespace<T>(
  compute: (view: MeshView, here: MeshNamespace) => T,
  same?: (before: T, now: T) => boolean,
): (view: MeshView, namespace: string) => T {
  const known = perMesh((view) => memo((name: string) => compute(view, view.mesh.in(name)), same));
  return (view, namespace) => known(view)(namespace);
}

/** A list to which every namespace of a mesh adds something; most add nothing, and then a change stops there. */
export function gathered<T>(
  collect: (view: MeshView, here: MeshNamespace) => Iterable<T>,
): (view: MeshView) => readonly T[] {
  const parts = perNamespace((view, here): readonly T[] => [...collect(view, here)], sameItems);
  const whole = perMesh((view) => gate(() => view.mesh.namespaceNames.flatMap((name) => parts(view, name)), sameItems));
  return (view) => whole(view)();
}
