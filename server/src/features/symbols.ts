// The outline of a file: its objects, named as everywhere else.

import { fieldRange } from '../manifest/object';
import { objectName } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import type { TextRange } from '../yaml/range';

export interface ObjectSymbol {
  readonly name: string;
  readonly kind: string;
  readonly range: TextRange;
  /** Of its name. */
  readonly nameRange: TextRange;
}

/** The objects of a file, in file order. */
export function objectSymbols(snapshot: Snapshot, uri: string): ObjectSymbol[] {
  return (snapshot.files.get(uri)?.objects ?? []).map((object) => {
    const range = fieldRange(object, []);
    const name = fieldRange(object, ['metadata', 'name']);
    const inside = name.start >= range.start && name.end <= range.end;
    return { name: objectName(object), kind: object.kind, range, nameRange: inside ? name : range };
  });
}
