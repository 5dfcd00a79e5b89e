// Files that Flux or Argo CD deliver without a kustomization: what becomes of their objects.
import type { Additions } from '../kustomize/additions';
import { build } from '../kustomize/build';
import { holds, resolvePath } from '../kustomize/paths';
import { isTemplate } from '../manifest/placeholder';
import type { KnownObject } from '../manifest/read';
import { type Delivery, inCommon } from './deliveries';
import { pathBelow } from './explicit-meshes';
import { folderOf } from './kustomization-roots';
import { knownObject } from './rendered-object';
import type { SourceFile } from './workspace';

interface Group {
  readonly deliveries: readonly Delivery[];
  readonly files: SourceFile[];
}

/** Objects by the file that they stand in. */
type Delivered = ReadonlyMap<string, readonly KnownObject[]>;

/** Keeps what has become of files for as long as these and what is said of them are the same. */
export class DeliveredFiles {
  private known = new Map<string, { readonly files: readonly SourceFile[]; readonly result: Delivered }>();

  /**
   * The objects of files that are delivered otherwise than they stand, by URI.
   * @param files those that no kustomization and no chart reads
   * @param roots folders of kustomizations: what is delivered from there is what these make
   */
  render(files: readonly SourceFile[], deliveries: readonly Delivery[], roots: ReadonlySet<string>): Delivered {
    const groups = new Map<string, Group>();
    const plain = deliveries.filter(({ folder }) => !roots.has(folder));
    for (const file of plain.length > 0 ? files : []) {
      const own = plain.filter((each) => covers(each, file));
      if (own.length === 0 || file.objects.length === 0 || isTemplate(file.text)) continue;
      const key = own.map((each) => each.key).join('\n');
      const group = groups.get(key) ?? { deliveries: own, files: [] };
      groups.set(key, group);
      group.files.push(file);
    }
    const next: typeof this.known = new Map();
    for (const [key, group] of groups) {
      const before = this.known.get(key);
      const isSame =
        before?.files.length === group.files.length && group.files.every((file, index) => file === before.files[index]);
      next.set(key, isSame ? before : { files: group.files, result: deliver(group) });
    }
    this.known = next;
    return new Map([...next.values()].flatMap(({ result }) => [...result]));
  }
}

function covers({ folder, isRecursive }: Delivery, { uri }: SourceFile): boolean {
  return isRecursive ? holds(folder, uri) : folderOf(uri) === folder;
}

function deliver({ deliveries, files }: Group): Delivered {
  const additions = inCommon(deliveries);
  const { folder } = deliveries[0]!;
  const namespace = additions.fields.get('namespace');
  // patches may be meant for what stands elsewhere, and files may define the same twice
  const result =
    objectsOf(files, folder, additions) ??
    objectsOf(files, folder, { ...additions, fields: new Map(namespace ? [['namespace', namespace]] : []) });
  return new Map(
    files.flatMap((file): [string, readonly KnownObject[]][] => {
      const own = result?.filter(({ source }) => source.uri === file.uri);
      return own && own.length > 0 && !saySame(own, file.objects) ? [[file.uri, own]] : [];
    }),
  );
}

/** What is built of files; undefined where they cannot be built. */
function objectsOf(
  files: readonly SourceFile[],
  folder: string,
  additions: Additions,
): readonly KnownObject[] | undefined {
  const names = files.map(({ uri }) => pathBelow(folder, uri) ?? '');
  if (names.some((name, index) => resolvePath(folder, name) !== files[index]!.uri)) return undefined;
  const text = `resources:\n${names.map((name) => `- ${JSON.stringify(name)}\n`).join('')}`;
  const byUri = new Map<string, { readonly text: string }>(files.map((file) => [file.uri, file]));
  const root = resolvePath(folder, 'kustomization.yaml');
  const result = build(folder, (uri) => (uri === root ? { text } : byUri.get(uri)), additions);
  if (result.problems.some(({ severity }) => severity === 'error')) return undefined;
  return result.objects.flatMap((object) => knownObject(object) ?? []);
}

function saySame(objects: readonly KnownObject[], others: readonly KnownObject[]): boolean {
  const texts = (list: readonly KnownObject[]): string =>
    JSON.stringify(list.map(({ kind, metadata, spec }) => ({ kind, metadata, spec })));
  return texts(objects) === texts(others);
}
