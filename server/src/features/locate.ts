// Which object, and which of its fields, stands at a position of a file.
import type { KnownObject } from '../manifest/read';
import type { MeshView, Snapshot, SourceFile } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';
import type { Path, TextRange } from '../yaml/range';
import type { PathAt } from '../yaml/tree';

export interface Located {
  readonly file: SourceFile;
  readonly object: KnownObject;
  /** From the object's root. */
  readonly path: Path;
  readonly part: 'key' | 'value';
  /** Of the key or the value at the position. */
  readonly range: TextRange;
}

/** A mesh of a file, with the object that it has at a position. */
export interface LocatedIn extends Located {
  readonly view: MeshView;
}

/**
 * The object at `offset` in each mesh of a file: a patch and what it changes are one object there, which is another in
 * every mesh.
 */
export function locateAll(snapshot: Snapshot, uri: string, offset: number): LocatedIn[] {
  const file = snapshot.files.get(uri);
  if (!file) return [];
  const plain = locatePlain(file, offset);
  return snapshot.meshesOf(uri).flatMap((view): LocatedIn[] => {
    const own = plain && view.mesh.objects.includes(plain.object) ? plain : locateRendered(view, file, offset);
    return own ? [{ ...own, view }] : [];
  });
}

/** The object at `offset`, in the first mesh that has one there; undefined where there is none that Mutual knows. */
export function locate(snapshot: Snapshot, uri: string, offset: number): Located | undefined {
  const file = snapshot.files.get(uri);
  return locateAll(snapshot, uri, offset)[0] ?? (file && locatePlain(file, offset));
}

function locatePlain(file: SourceFile, offset: number): Located | undefined {
  // one document may hold thousands of objects, as lists do
  const paths = new Map<YamlDocument, PathAt | undefined>();
  for (const object of file.objects) {
    const { document, prefix } = object.source;
    if (offset < document.range.start || offset > document.range.end) continue;
    if (!paths.has(document)) paths.set(document, document.pathAt(offset));
    const at = paths.get(document);
    if (!at || at.path.length < prefix.length || prefix.some((step, index) => at.path[index] !== step)) continue;
    const range = document.rangeOf(at.path, at.part) ?? document.range;
    return { file, object, path: at.path.slice(prefix.length), part: at.part, range };
  }
  return undefined;
}

function locateRendered({ mesh }: MeshView, file: SourceFile, offset: number): Located | undefined {
  for (const object of mesh.objects) {
    const { rendered } = object.source;
    const at = rendered?.uris.has(file.uri) ? rendered.fieldAt(file.uri, offset) : undefined;
    if (!at) continue;
    const { document, path } = at.origin;
    const part = at.part ?? 'value';
    return { file, object, path: at.path, part, range: document.rangeOf(path, part) ?? document.range };
  }
  return undefined;
}
