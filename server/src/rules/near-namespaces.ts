// Namespaces that a misspelt one may mean.
import { memo, perObject } from '../incremental/cells';
import { sameItems } from '../mesh/lookup';
import type { Mesh } from '../mesh/mesh';
import { nearMisses } from '../words/suggestions';

const near = perObject((mesh: Mesh) => memo((name: string) => nearMisses(name, mesh.populatedNamespaces), sameItems));

/** Namespaces of nearly this name that are defined or in which something runs, the nearest first. */
export function nearNamespaces(mesh: Mesh, name: string): readonly string[] {
  return near(mesh)(name);
}
