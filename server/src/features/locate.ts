// Which object, and which of its fields, stands at a position of a file.
import type { KnownObject } from '../manifest/read';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import type { Path, TextRange } from '../yaml/range';

export interface Located {
  readonly file: SourceFile;
  readonly object: KnownObject;
  /** From the object's root. */
  readonly path: Path;
  readonly part: 'key' | 'value';
  /** Of the key or the value at the position. */
  readonly range: TextRange;
}

/** The object at `offset`, or undefined where there is none that Mutual knows. */
export function locate(snapshot: Snapshot, uri: string, offset: number): Located | undefined {
  const file = snapshot.files.get(uri);
  for (const object of file?.objects ?? []) {
    const { document, prefix } = object.source;
    if (offset < document.range.start || offset > document.range.end) continue;
    const at = document.pathAt(offset);
    if (!at || at.path.length < prefix.length || prefix.some((step, index) => at.path[index] !== step)) continue;
    const range = document.rangeOf(at.path, at.part) ?? document.range;
    return { file: file!, object, path: at.path.slice(prefix.length), part: at.part, range };
  }
  return undefined;
}
