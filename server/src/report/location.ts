// Where things stand, as reports print it: a path for people, and lines and characters in place of offsets.
import type { KubernetesObject } from '../manifest/object';
import { placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import { type Path, type Position, positionAt, type TextRange } from '../yaml/range';

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface Location {
  readonly file: string;
  /** 0-based, as in the Language Server Protocol. */
  readonly range: Range;
}

/** The place of an object's field; without a path, of its name. */
export type Locate = (object: KubernetesObject, path?: Path) => Location;

/** @param fileOf the path to print for a URI */
export function locator(snapshot: Snapshot, fileOf: (uri: string) => string): Locate {
  return (object, path) => {
    const place = placeOf(object, path);
    return { file: fileOf(place.uri), range: rangeIn(snapshot, place.uri, place.range) };
  };
}

/** Lines and characters of offsets in a file of the snapshot; a file that is not there yet begins at 0. */
export function rangeIn(snapshot: Snapshot, uri: string, range: TextRange): Range {
  const lines = snapshot.files.get(uri)?.lines ?? [0];
  return { start: positionAt(lines, range.start), end: positionAt(lines, range.end) };
}
