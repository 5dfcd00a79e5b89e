// What rules work out namespace by namespace, so that a change costs what it touches.
import { memo } from '../incremental/cells';
import { sameItems } from '../mesh/lookup';
import type { MeshNamespace } from '../mesh/mesh';
import type { MeshView } from '../workspace/workspace';

/** A remembered function of a namespace of a mesh. */
export function perNamespace<T>(
  compute: (view: MeshView, here: MeshNamespace) => T,
  same?: (before: T, now: T) => boolean,
): (view: MeshView, namespace: string) => T {
  const known = memo((view: MeshView) => memo((name: string) => compute(view, view.mesh.in(name)), same));
  return (view, namespace) => known(view)(namespace);
}

/** A list to which every namespace of a mesh adds something; most add nothing, and then a change stops there. */
export function gathered<T>(
  collect: (view: MeshView, here: MeshNamespace) => Iterable<T>,
): (view: MeshView) => readonly T[] {
  const parts = perNamespace((view, here): readonly T[] => [...collect(view, here)], sameItems);
  return memo(
    (view: MeshView): readonly T[] => view.mesh.namespaceNames.flatMap((name) => parts(view, name)),
    sameItems,
  );
}
