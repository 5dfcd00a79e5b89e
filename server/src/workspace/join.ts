// Several workspaces seen as one: those of folders whose objects are never in one mesh.
import type { MeshView, Snapshot, SourceFile } from './workspace';

export interface Part {
  /** What people call it; it tells its meshes from those of the others. */
  readonly name: string;
  readonly snapshot: Snapshot;
}

/** The name of a part's mesh among those of all parts. */
export function joinedName(part: string, mesh: string): string {
  return part === '' || mesh === '' ? part + mesh : `${part}: ${mesh}`;
}

/**
 * One snapshot of them all. A single part stays as it is. Answers of meshes are not worked out for this, and a file that
 * several parts have is that of the first.
 */
export function joinSnapshots(parts: readonly Part[], version: number): Snapshot {
  const [only, ...others] = parts;
  if (only && others.length === 0) return only.snapshot;
  const files = new Map<string, SourceFile>();
  const meshes: MeshView[] = [];
  const byFile = new Map<string, MeshView[]>();
  for (const { name, snapshot } of parts) {
    for (const [uri, file] of snapshot.files) if (!files.has(uri)) files.set(uri, file);
    for (const view of snapshot.meshes) {
      // the original stays behind it, so that nothing is computed before somebody asks
      const named = Object.create(view, { name: { value: joinedName(name, view.name), enumerable: true } }) as MeshView;
      meshes.push(named);
      for (const uri of view.files) {
        const own = byFile.get(uri);
        if (own) own.push(named);
        else byFile.set(uri, [named]);
      }
    }
  }
  const ordered = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    version,
    files: ordered,
    meshes,
    assume: {},
    meshesOf: (uri) => byFile.get(uri) ?? [],
    renderedFrom: (uri) => parts.map(({ snapshot }) => snapshot.renderedFrom(uri)).find((found) => found),
    bringing: parts.flatMap(({ snapshot }) => snapshot.bringing),
    hasServiceTemplates: parts.some(({ snapshot }) => snapshot.hasServiceTemplates),
  };
}
