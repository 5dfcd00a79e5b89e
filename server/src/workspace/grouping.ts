// Which objects are deployed together: what a kustomization renders, and files. A folder that defines an object again is
// another mesh, not a duplicate.
import type { KustomizeProblem } from '../kustomize/problem';
import type { Unknown } from '../kustomize/result';
import { refKey, refOf } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
import type { Assumptions } from '../mesh/settings';
import type { ReadChart, UnknownObjects } from './charts';
import type { Delivery } from './deliveries';
import { type ExplicitGroup, type ExplicitMesh, explicitMeshes } from './explicit-meshes';
import type { RenderedKustomization } from './kustomizations';
import { type OpenObject, openObjects } from './open-objects';
import type { SourceFile } from './workspace';

export interface MeshGroup {
  /** Tells it from the others, from the deepest folder that holds all files; empty where there is only one mesh. */
  readonly name: string;
  /**
   * `kustomization`: what it renders. `chart`: what Helm renders, or what a chart says without that. `folder`: the
   * objects of files that are part of neither. `named`: what a configuration says is one mesh.
   */
  readonly kind: 'folder' | 'kustomization' | 'chart' | 'named';
  /** The file of the kustomization, or the chart's Chart.yaml. */
  readonly root?: string;
  /** The Flux Kustomization or Argo CD Application that makes something else of it. */
  readonly delivery?: Delivery;
  /** The files that it is made of, in URI order. */
  readonly files: readonly string[];
  readonly objects: readonly KnownObject[];
  /** What keeps the kustomization from being built. */
  readonly problems: readonly KustomizeProblem[];
  /**
   * What the kustomization takes from elsewhere, what a chart makes of values that are not known, and objects that
   * something still fills in.
   */
  readonly unknowns: readonly (Unknown | UnknownObjects | OpenObject)[];
  /** What is stated for this mesh, where that is not what is stated for all. */
  readonly assume?: Assumptions;
}

interface Folder<F extends Grouped = SourceFile> {
  readonly path: string;
  readonly files: F[];
  readonly folders: Map<string, Folder<F>>;
}

/**
 * Splits a workspace into meshes. Those that a configuration names come first. Every kustomization that no other
 * includes is one, with all that it reads, and so is every chart. Of the other files, folders beside each other that
 * define the same object are alternatives, and each gets a mesh of its own, together with everything around them that
 * conflicts with none. Files without known objects are in no mesh.
 */
export function groupIntoMeshes(
  files: readonly SourceFile[],
  kustomizations: readonly RenderedKustomization[] = [],
  charts: readonly ReadChart[] = [],
  meshes: readonly ExplicitMesh[] = [],
): MeshGroup[] {
  return group(files, kustomizations, charts, meshes).map((each) => {
    const open = openObjects(each.objects);
    return open.length === 0 ? each : { ...each, unknowns: [...each.unknowns, ...open] };
  });
}

function group(
  files: readonly SourceFile[],
  kustomizations: readonly RenderedKustomization[],
  charts: readonly ReadChart[],
  meshes: readonly ExplicitMesh[],
): MeshGroup[] {
  const { groups: explicit, rest } = explicitMeshes(meshes, files);
  const named = explicit.map((group) => ofConfiguration(group, kustomizations, charts));
  const left = new Set(rest.map(({ uri }) => uri));
  const built = kustomizations.filter(
    ({ root, objects, problems }) => left.has(root) && (objects.length > 0 || problems.length > 0),
  );
  const readable = charts.filter(({ root, objects }) => left.has(root) && objects.length > 0);
  const taken = new Set([...kustomizations, ...charts].flatMap((each) => each.files));
  const plain = rest.filter((file) => file.objects.length > 0 && !taken.has(file.uri));
  plain.sort((a, b) => (a.uri < b.uri ? -1 : 1));
  const waysOf = (root: string): number => built.filter((each) => each.root === root).length;
  const naming = [...built, ...readable].map(({ root }) => root);
  for (const { root, delivery } of built) if (delivery && waysOf(root) > 1) naming.push(delivery.uri);
  const top = commonFolder(folderTree([...plain, ...naming.map((uri) => ({ uri, objects: [] }))])).path;
  const groups = [
    ...built.map((each) => ofRoot('kustomization', each, top, waysOf(each.root))),
    ...readable.map((each) => ofRoot('chart', { ...each, problems: [] }, top)),
    ...ofFolders(plain, top),
  ];
  if (named.length === 0) return groups.length === 1 ? [{ ...groups[0]!, name: '' }] : groups;
  return [...named.filter(({ objects, problems }) => objects.length > 0 || problems.length > 0), ...groups];
}

/** Kustomizations and charts whose file is in the mesh are rendered; its other files are as they are. */
function ofConfiguration(
  { name, files, assume }: ExplicitGroup<SourceFile>,
  kustomizations: readonly RenderedKustomization[],
  charts: readonly ReadChart[],
): MeshGroup {
  const own = new Set(files.map(({ uri }) => uri));
  const inside = kustomizations.filter(({ root }) => own.has(root));
  // of several ways to deliver one, that which stands in the mesh
  const rendered = inside.filter((each) => {
    const ways = inside.filter(({ root }) => root === each.root);
    return each === (ways.find(({ delivery }) => delivery && own.has(delivery.uri)) ?? ways[0]);
  });
  const built = [...rendered, ...charts.filter(({ root }) => own.has(root))];
  const taken = new Set(built.flatMap((each) => each.files));
  const plain = files.filter(({ uri, objects }) => objects.length > 0 && !taken.has(uri));
  return {
    name,
    kind: 'named',
    assume,
    files: [...new Set([...plain.map(({ uri }) => uri), ...taken])].sort(),
    objects: [...built.flatMap(({ objects }) => objects), ...plain.flatMap(({ objects }) => objects)],
    problems: rendered.flatMap(({ problems }) => problems),
    unknowns: built.flatMap((each): MeshGroup['unknowns'] => each.unknowns),
  };
}

function ofRoot(
  kind: MeshGroup['kind'],
  {
    root,
    delivery,
    files,
    objects,
    problems,
    unknowns,
  }: Pick<MeshGroup, 'delivery' | 'files' | 'objects' | 'problems' | 'unknowns'> & { root: string },
  top: string,
  ways = 1,
): MeshGroup {
  // at the very top it has the name of that folder
  const folder = relative(root.slice(0, root.lastIndexOf('/')), top) || relative(top, parentOf(top)) || '.';
  const name =
    ways > 1 && delivery ? `${folder} by ${delivery.name} in ${relative(parentOf(delivery.uri), top) || '.'}` : folder;
  return { name, kind, root, delivery, files, objects, problems, unknowns };
}

function ofFolders(files: readonly SourceFile[], top: string): MeshGroup[] {
  return split(commonFolder(folderTree(files)), []).map((group) => {
    const ordered = [...group.files].sort((a, b) => (a.uri < b.uri ? -1 : 1));
    return {
      // beside kustomizations these are what none of them reads
      name:
        group.folders
          .map((path) => relative(path, top))
          .sort()
          .join(' + ') || OTHER_FILES,
      kind: 'folder',
      files: ordered.map((file) => file.uri),
      objects: ordered.flatMap((file) => file.objects),
      problems: [],
      unknowns: [],
    };
  });
}

function parentOf(folder: string): string {
  return folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
}

const OTHER_FILES = 'other files';

function relative(path: string, top: string): string {
  return decodeURI(path.slice(top.length).replace(/^\//, ''));
}

/** As much of a file as grouping needs. */
type Grouped = Pick<SourceFile, 'uri' | 'objects'>;

function folderTree<F extends Grouped>(files: readonly F[]): Folder<F> {
  const root: Folder<F> = { path: '', files: [], folders: new Map() };
  for (const file of files) {
    let folder = root;
    for (const name of file.uri.split('/').slice(0, -1)) folder = childFolder(folder, name);
    folder.files.push(file);
  }
  return root;
}

function childFolder<F extends Grouped>(parent: Folder<F>, name: string): Folder<F> {
  let child = parent.folders.get(name);
  if (!child) {
    child = { path: parent.path === '' ? name : `${parent.path}/${name}`, files: [], folders: new Map() };
    parent.folders.set(name, child);
  }
  return child;
}

/** The deepest folder that holds all files. */
function commonFolder<F extends Grouped>(folder: Folder<F>): Folder<F> {
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
