// What the hover of one kind is made from.
import type { KnownObject } from '../../manifest/read';
import type { MeshView, Snapshot } from '../../workspace/workspace';
import type { Path } from '../../yaml/range';
import type { Callers } from '../callers';

export interface HoverContext<T extends KnownObject = KnownObject> {
  readonly snapshot: Snapshot;
  readonly view: MeshView;
  readonly object: T;
  /** The field under the pointer, from the object's root. */
  readonly path: Path;
  readonly callers: Callers;
}
