// Which kustomizations of a workspace are built for themselves: those that no other one includes.
import { holds, isRemote, KUSTOMIZATION_NAMES, resolvePath } from '../kustomize/paths';
import type { SourceFile } from './workspace';

const NAMES: ReadonlySet<string> = new Set(KUSTOMIZATION_NAMES);

/** What a kustomization file says of its place in the tree. */
interface Reading {
  /** A component changes what includes it, and is nothing by itself. */
  readonly isComponent: boolean;
  /** URIs of files and folders. */
  readonly includes: readonly string[];
}

const readings = new WeakMap<SourceFile, Reading | undefined>();

/** The folder of a file, without a slash at its end. */
export function folderOf(uri: string): string {
  return uri.slice(0, Math.max(0, uri.lastIndexOf('/')));
}

/** What a file says as a kustomization; undefined for every other file. */
function readingOf(file: SourceFile): Reading | undefined {
  if (!NAMES.has(file.uri.slice(file.uri.lastIndexOf('/') + 1))) return undefined;
  if (readings.has(file)) return readings.get(file);
  const reading = read(file);
  readings.set(file, reading);
  return reading;
}

function read({ uri, text, documents }: SourceFile): Reading | undefined {
  // a template becomes a kustomization only when it is rendered
  if (/\{\{|^[ \t]*#@/m.test(text)) return undefined;
  const value = documents[0]?.value;
  // while it is broken it includes nothing that is known
  if (value === undefined && documents[0]?.problems.length) return { isComponent: false, includes: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields = new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item as unknown]));
  const version = fields.get('apiversion');
  // Flux has a kind of the same name
  if (typeof version === 'string' && version !== '' && !version.startsWith('kustomize.config.k8s.io/'))
    return undefined;
  const includes = ['resources', 'bases', 'components'].flatMap((name): string[] => {
    const list = fields.get(name);
    if (!Array.isArray(list)) return [];
    return list.filter((item): item is string => typeof item === 'string' && !isRemote(item));
  });
  return {
    isComponent: fields.get('kind') === 'Component',
    includes: includes.map((item) => resolvePath(folderOf(uri), item)),
  };
}

/** A kustomization that is built for itself. */
export interface KustomizationRoot {
  readonly uri: string;
  /** Overlays inside its folder name it, which kustomize refuses: nobody can have built the tree as it was meant. */
  readonly namedFromInside: boolean;
}

/**
 * The kustomization files that are roots, in URI order. Of a circle that nothing else leads to, the first is one, so
 * that somebody says that it is a circle.
 */
export function kustomizationRoots(files: Iterable<SourceFile>): KustomizationRoot[] {
  const byFolder = new Map<string, { file: SourceFile; reading: Reading }>();
  for (const file of files) {
    const reading = readingOf(file);
    const folder = reading && folderOf(file.uri);
    if (reading && !byFolder.has(folder!)) byFolder.set(folder!, { file, reading });
  }
  const namedBy = (folder: string): string[] =>
    byFolder.get(folder)!.reading.includes.filter((each) => each !== folder && byFolder.has(each));
  const includedBy = (folder: string): string[] => namedBy(folder).filter((each) => !holds(each, folder));
  const fromInside = new Set(
    [...byFolder.keys()].flatMap((folder) => namedBy(folder).filter((each) => holds(each, folder))),
  );
  const included = new Set([...byFolder.keys()].flatMap(includedBy));
  const reached = new Set<string>();
  const reach = (folder: string): void => {
    if (reached.has(folder)) return;
    reached.add(folder);
    for (const each of includedBy(folder)) reach(each);
  };
  const roots: KustomizationRoot[] = [];
  const folders = [...byFolder.keys()].sort();
  const take = (folder: string): void => {
    const { file, reading } = byFolder.get(folder)!;
    if (!reading.isComponent && !reached.has(folder))
      roots.push({ uri: file.uri, namedFromInside: fromInside.has(folder) });
    reach(folder);
  };
  // what only a component includes that nobody uses is no root either, and what it names stays as it is
  for (const folder of folders) if (!included.has(folder)) take(folder);
  for (const folder of folders) take(folder);
  return roots.sort((a, b) => (a.uri < b.uri ? -1 : 1));
}
