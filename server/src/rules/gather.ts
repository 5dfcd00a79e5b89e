// What rules work out namespace by namespace, so that a change costs what it touches.
import { derive, memo } from '../incremental/cells';
import { sameItems } from '../mesh/lookup';
import type { Mesh, MeshNamespace } from '../mesh/mesh';
import type { MeshView } from '../workspace/workspace';

/** A remembered function of a namespace of a mesh. */
export function perNamespace<T>(
  compute: (view: MeshView, here: MeshNamespace) => T,
  same?: (before: T, now: T) => boolean,
): (view: MeshView, namespace: string) => T {
  // a mesh is the same whatever it is called
  const known = new WeakMap<Mesh, (name: string) => T>();
  return (view, namespace) => {
    let ofMesh = known.get(view.mesh);
    if (!ofMesh) {
      ofMesh = memo((name: string) => compute(view, view.mesh.in(name)), same);
      known.set(view.mesh, ofMesh);
    }
    return ofMesh(namespace);
  };
}

/** A list to which every namespace of a mesh adds something; most add nothing, and then a change stops there. */
export function gathered<T>(
  collect: (view: MeshView, here: MeshNamespace) => Iterable<T>,
): (view: MeshView) => readonly T[] {
  const parts = perNamespace((view, here): readonly T[] => [...collect(view, here)], sameItems);
  const known = new WeakMap<Mesh, () => readonly T[]>();
  return (view) => {
    let whole = known.get(view.mesh);
    if (!whole) {
      whole = derive(() => view.mesh.namespaceNames.flatMap((name) => parts(view, name)), sameItems);
      known.set(view.mesh, whole);
    }
    return whole();
  };
}
