// Which objects a file tells something about: those in it, or those that kustomizations render from it.
import type { KnownObject } from '../manifest/read';
import type { Snapshot, SourceFile } from '../workspace/workspace';

/**
 * The objects of which something is written in a file. What a kustomization reads is judged as it is rendered, in each
 * mesh, since a patch may complete or correct it; fields may then be written in other files.
 */
export function objectsIn(snapshot: Snapshot, file: SourceFile): readonly KnownObject[] {
  return snapshot.renderedFrom(file.uri) ?? file.objects;
}
