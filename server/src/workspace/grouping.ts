// Which files are deployed together. A folder that defines an object again is another mesh, not a duplicate.
import { refKey, refOf } from '../manifest/object';
import type { SourceFile } from './workspace';

export interface MeshGroup {
  readonly name: string;
  readonly files: readonly SourceFile[];
}

interface Folder {
  readonly path: string;
  readonly files: SourceFile[];
  readonly folders: Map<string, Folder>;
}

/**
 * Splits files into meshes: folders beside each other that define the same object are alternatives, and each gets a
 * mesh of its own, together with everything around them that conflicts with none. Files without known objects are in
 * no mesh.
 */
export function groupIntoMeshes(files: readonly SourceFile[]): MeshGroup[] {
  const relevant = files.filter((file) => file.objects.length > 0);
  const root = folderTree(relevant);
  return split(root, []).map((group) => ({
    ...group,
    files: [...group.files].sort((a, b) => (a.uri < b.uri ? -1 : 1)),
  }));
}

function folderTree(files: readonly SourceFile[]): Folder {
  const root: Folder = { path: '', files: [], folders: new Map() };
  for (const file of files) {
    const names = file.uri.split('/').slice(0, -1);
    let folder = root;
    for (const name of names) {
      let next = folder.folders.get(name);
      if (!next)
        folder.folders.set(
          name,
          (next = { path: folder.path === '' ? name : `${folder.path}/${name}`, files: [], folders: new Map() }),
        );
      folder = next;
    }
    folder.files.push(file);
  }
  return root;
}

function split(folder: Folder, shared: readonly SourceFile[]): MeshGroup[] {
  const children = [...folder.folders.values()].map((child) => ({
    child,
    files: allFiles(child),
    keys: objectKeys(allFiles(child)),
  }));
  const inConflict = new Set<Folder>();
  const owner = new Map<string, Folder>();
  for (const { child, keys } of children) {
    for (const key of keys) {
      const other = owner.get(key);
      if (!other) owner.set(key, child);
      else inConflict.add(child).add(other);
    }
  }
  const around = [
    ...shared,
    ...folder.files,
    ...children.filter(({ child }) => !inConflict.has(child) && !hasConflict(child)).flatMap(({ files }) => files),
  ];
  const apart = children.filter(({ child }) => inConflict.has(child) || hasConflict(child));
  if (apart.length === 0) return around.length > 0 ? [{ name: '', files: around }] : [];
  return apart.flatMap(({ child }) =>
    split(child, around).map((group) => ({ ...group, name: group.name || child.path })),
  );
}

function allFiles(folder: Folder): SourceFile[] {
  return [...folder.files, ...[...folder.folders.values()].flatMap(allFiles)];
}

function objectKeys(files: readonly SourceFile[]): Set<string> {
  return new Set(files.flatMap((file) => file.objects.map((object) => refKey(refOf(object)))));
}

/** True when folders somewhere below are alternatives to each other. */
function hasConflict(folder: Folder): boolean {
  const seen = new Set<string>();
  for (const child of folder.folders.values()) {
    if (hasConflict(child)) return true;
    for (const key of objectKeys(allFiles(child))) {
      if (seen.has(key)) return true;
      seen.add(key);
    }
  }
  return false;
}
