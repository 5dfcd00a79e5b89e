// Which text may be changed to change a field: only one that says just what the object has.
import type { KubernetesObject } from '../manifest/object';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';

/** A node of a document in a file, to be edited. */
export interface Editable {
  readonly file: SourceFile;
  readonly document: YamlDocument;
  /** From the document's root. */
  readonly path: Path;
}

/**
 * The text of the field at `path` of `object`, or of all of it. Undefined for a rendered field that is put together from
 * several places, is written otherwise than it is rendered, or does not stand in a manifest or patch of its own: whoever
 * edits a transformation edits more than this object.
 */
export function editable(snapshot: Snapshot, object: KubernetesObject, path: Path): Editable | undefined {
  const { uri, document, prefix, rendered } = object.source;
  if (!rendered) {
    const file = snapshot.files.get(uri);
    return file && { file, document, path: [...prefix, ...path] };
  }
  const origin = rendered.origin(path);
  const file = snapshot.files.get(origin.uri);
  // the line of a field that is not there would be that of the nearest parent
  if (!file || origin.rest > 0 || isTransformation(file, origin.document)) return undefined;
  const written = valueAt(origin.document.value, origin.path);
  const value = valueAt(document.value, path);
  return same(written, value) ? { file, document: origin.document, path: origin.path } : undefined;
}

/** As {@link editable}, and the field is gone when its text is: a patch taken away brings back what it hid. */
export function removable(snapshot: Snapshot, object: KubernetesObject, path: Path): Editable | undefined {
  const at = editable(snapshot, object, path);
  const { rendered } = object.source;
  return rendered && at?.document !== rendered.origin([]).document ? undefined : at;
}

/**
 * True where a document written beside an object is deployed as it is written: no prefix or namespace is given to it,
 * and no other mesh gets it too.
 */
export function isAsWritten(snapshot: Snapshot, object: KubernetesObject): boolean {
  const { rendered, document, uri } = object.source;
  if (!rendered) return true;
  const names = [
    ['metadata', 'name'],
    ['metadata', 'namespace'],
  ];
  return (
    snapshot.meshesOf(uri).length === 1 &&
    names.every((path) => !document.has(path) || editable(snapshot, object, path) !== undefined)
  );
}

/** True for a field of a kustomization itself; a patch that is written into it is a document of its own. */
function isTransformation(file: SourceFile, document: YamlDocument): boolean {
  return (
    /\/(?:kustomization\.ya?ml|Kustomization)$/.test(file.uri) &&
    file.documents.some(({ text }) => text === document.text)
  );
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [x, y] = [Object.entries(a), Object.entries(b)];
  return x.length === y.length && x.every(([key, item]) => Object.hasOwn(b, key) && same(item, (b as never)[key]));
}
