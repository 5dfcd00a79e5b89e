// Which files are deployed together. A folder that defines an object again is another mesh, not a duplicate.
import { refKey, refOf } from '../manifest/object';
import type { SourceFile } from './workspace';

export interface MeshGroup {
  /** The folders that set it apart, from the deepest folder that holds all files; empty where there is only one mesh. */
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
  const root = commonFolder(folderTree(relevant));
  const relative = (path: string): string => decodeURI(path.slice(root.path.length).replace(/^\//, ''));
  return split(root, []).map((group) => ({
    name: group.folders.map(relative).sort().join(' + '),
    files: [...group.files].sort((a, b) => (a.uri < b.uri ? -1 : 1)),
  }));
}

function folderTree(files: readonly SourceFile[]): Folder {
  const root: Folder = { path: '', files: [], folders: new Map() };
  for (const file of files) {
    let folder = root;
    for (const name of file.uri.split('/').slice(0, -1)) folder = childFolder(folder, name);
    folder.files.push(file);
  }
  return root;
}

function childFolder(parent: Folder, name: string): Folder {
  let child = parent.folders.get(name);
  if (!child) {
    child = { path: parent.path === '' ? name : `${parent.path}/${name}`, files: [], folders: new Map() };
    parent.folders.set(name, child);
  }
  return child;
}

/** The deepest folder that holds all files. */
function commonFolder(folder: Folder): Folder {
  const [only, ...others] = folder.folders.values();
  return only && others.length === 0 && folder.files.length === 0 ? commonFolder(only) : folder;
}

/** A folder with what it defines. */
interface Child {
  readonly folder: Folder;
  readonly files: readonly SourceFile[];
  readonly keys: ReadonlySet<string>;
  /** It holds alternatives itself. */
  readonly divided: boolean;
}

/** A mesh by the folders that set it apart. */
interface Split {
  readonly folders: readonly string[];
  readonly files: readonly SourceFile[];
}

function split(folder: Folder, shared: readonly SourceFile[]): Split[] {
  const children = [...folder.folders.values()].map((child): Child => {
    const files = allFiles(child);
    return { folder: child, files, keys: objectKeys(files), divided: isDivided(child) };
  });
  const rivals = findRivals(children);
  const apart = children.filter((child) => child.divided || rivals.has(child));
  const around = [
    ...shared,
    ...folder.files,
    ...children.filter((child) => !apart.includes(child)).flatMap(({ files }) => files),
  ];
  if (apart.length === 0)
    return around.length > 0 ? [{ folders: folder.path === '' ? [] : [folder.path], files: around }] : [];
  const whole = apart.filter((child) => !child.divided);
  const divided = apart.filter((child) => child.divided);
  return [
    ...alternatives(whole, rivals).map((set) => ({
      folders: set.map((child) => child.folder.path),
      files: [...around, ...set.flatMap(({ files }) => files)],
    })),
    ...divided.flatMap((child) => split(child.folder, around)),
  ];
}

/** By folder, those beside it that define one of its objects again. */
function findRivals(children: readonly Child[]): Map<Child, Set<Child>> {
  const owners = new Map<string, Child[]>();
  for (const child of children) {
    for (const key of child.keys) owners.set(key, [...(owners.get(key) ?? []), child]);
  }
  const rivals = new Map<Child, Set<Child>>();
  for (const group of owners.values()) {
    if (group.length < 2) continue;
    for (const child of group) {
      const known = rivals.get(child) ?? new Set();
      rivals.set(child, known);
      for (const other of group) if (other !== child) known.add(other);
    }
  }
  return rivals;
}

/** For each folder the largest set around it without rivals, taken in order; equal sets once. */
function alternatives(children: readonly Child[], rivals: ReadonlyMap<Child, ReadonlySet<Child>>): Child[][] {
  const sets = new Map<string, Child[]>();
  for (const first of children) {
    const set = [first];
    for (const other of children) {
      if (other !== first && !set.some((member) => rivals.get(member)?.has(other))) set.push(other);
    }
    const key = set
      .map(({ folder }) => folder.path)
      .sort()
      .join('\n');
    if (!sets.has(key)) sets.set(key, set);
  }
  return [...sets.values()];
}

function allFiles(folder: Folder): SourceFile[] {
  return [...folder.files, ...[...folder.folders.values()].flatMap(allFiles)];
}

function objectKeys(files: readonly SourceFile[]): Set<string> {
  return new Set(files.flatMap((file) => file.objects.map((object) => refKey(refOf(object)))));
}

/** True when folders somewhere below are alternatives to each other. */
function isDivided(folder: Folder): boolean {
  const seen = new Set<string>();
  for (const child of folder.folders.values()) {
    if (isDivided(child)) return true;
    for (const key of objectKeys(allFiles(child))) {
      if (seen.has(key)) return true;
      seen.add(key);
    }
  }
  return false;
}
