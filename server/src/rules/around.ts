// The meshes in which something may be found that an object means.
import type { KubernetesObject } from '../manifest/object';
import type { MeshView, Snapshot } from '../workspace/workspace';

/**
 * Where to look before something is called missing: in all meshes that the object's file is part of. What a
 * kustomization renders may be deployed beside what others render, so it is looked for in every mesh.
 */
export function meshesAround(snapshot: Snapshot, object: KubernetesObject): readonly MeshView[] {
  return object.source.rendered ? snapshot.meshes : snapshot.meshesOf(object.source.uri);
}
