// The meshes that mutual.yaml names: which files are in each, and which are left to be grouped as ever.
import type { Assumptions } from '../mesh/settings';
import { type Configuration, mergeAssumptions, type NamedMesh } from './configuration';
import { globTest } from './glob';

/** A mesh that a configuration names, with what holds for it. */
export interface ExplicitMesh extends NamedMesh {
  /** The URI of the configuration's folder, spelled as those of the files are. */
  readonly folder: string;
  /** Everything that is stated for this mesh: what holds for all, and over it its own. */
  readonly assume: Assumptions;
}

/**
 * The meshes that a configuration names.
 * @param folder the URI of its folder
 * @param stated what flags or settings state, which goes before everything in it
 */
export function namedMeshes({ meshes, assume }: Configuration, folder: string, stated: Assumptions): ExplicitMesh[] {
  return meshes.map((mesh) => ({ ...mesh, folder, assume: mergeAssumptions(assume, mesh.assume, stated) }));
}

export interface ExplicitGroup<F> {
  readonly name: string;
  readonly assume: Assumptions;
  readonly files: readonly F[];
}

/**
 * Files by the meshes that take them; a file may be in several. Meshes without a file are left out.
 * @returns the meshes in the order of the configuration, and the files that none of them takes, in their order
 */
export function explicitMeshes<F extends { readonly uri: string }>(
  meshes: readonly ExplicitMesh[],
  files: readonly F[],
): { readonly groups: readonly ExplicitGroup<F>[]; readonly rest: readonly F[] } {
  if (meshes.length === 0) return { groups: [], rest: files };
  const taken = new Set<F>();
  const groups = meshes.map(({ name, assume, folder, files: globs }) => {
    const isMeant = globTest(globs);
    const own = files.filter(({ uri }) => {
      const path = pathBelow(folder, uri);
      return path !== undefined && isMeant(path);
    });
    for (const file of own) taken.add(file);
    return { name, assume, files: own };
  });
  return { groups: groups.filter((group) => group.files.length > 0), rest: files.filter((file) => !taken.has(file)) };
}

/** The path of a file below a folder, readable and with forward slashes; undefined for a file elsewhere. */
export function pathBelow(folder: string, uri: string): string | undefined {
  const start = folder.endsWith('/') ? folder : `${folder}/`;
  if (!uri.startsWith(start)) return undefined;
  const path = uri.slice(start.length);
  try {
    return decodeURIComponent(path);
  } catch {
    // escapes that are no UTF-8: whoever wrote it means exactly this
    return path;
  }
}
