// Which objects a file tells something about: those in it, or those that kustomizations render from it.
import type { KnownObject } from '../manifest/read';
import type { Snapshot, SourceFile } from '../workspace/workspace';

const known = new WeakMap<Snapshot, ReadonlyMap<string, readonly KnownObject[]>>();

/**
 * The objects of which something is written in a file. What a kustomization reads is judged as it is rendered, in each
 * mesh, since a patch may complete or correct it; fields may then be written in other files.
 */
export function objectsIn(snapshot: Snapshot, file: SourceFile): readonly KnownObject[] {
  let rendered = known.get(snapshot);
  if (!rendered) {
    rendered = byFile(snapshot);
    known.set(snapshot, rendered);
  }
  return rendered.get(file.uri) ?? file.objects;
}

/** By URI, for files of which no object counts as it stands. */
function byFile(snapshot: Snapshot): Map<string, KnownObject[]> {
  const found = new Map<string, KnownObject[]>();
  for (const view of snapshot.meshes) {
    const rendered = view.mesh.objects.filter(({ source }) => source.rendered);
    if (rendered.length === 0 && view.kind !== 'kustomization') continue;
    const asTheyStand = new Set(view.mesh.objects.flatMap(({ source }) => (source.rendered ? [] : source.uri)));
    for (const uri of view.files) if (!found.has(uri) && !asTheyStand.has(uri)) found.set(uri, []);
    for (const object of rendered) for (const uri of object.source.rendered!.uris) found.get(uri)?.push(object);
  }
  return found;
}
