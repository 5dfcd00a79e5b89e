// What differs between two states of a workspace: mesh by mesh who fares otherwise, and which problems come and go.
import type { MeshView, Snapshot } from '../workspace/workspace';
import { compareMeshes, type MeshChanges } from './diff-connections';
import { compareProblems, type ProblemChanges, type ProblemState } from './diff-problems';

export interface MeshDiff {
  /** The name of the later state, or of the only one that has the mesh. */
  readonly name: string;
  /** Undefined for a mesh of one state alone. */
  readonly changes: MeshChanges | undefined;
  readonly status: 'compared' | 'added' | 'removed';
  /** Of the later state, or of the only one. */
  readonly view: MeshView;
}

export interface WorkspaceDiff {
  readonly meshes: readonly MeshDiff[];
  readonly problems: ProblemChanges;
}

/** @param renamed by URI in `after`, the URI in `before` of files that were renamed */
export function compareSnapshots(
  before: ProblemState,
  after: ProblemState,
  renamed: ReadonlyMap<string, string>,
): WorkspaceDiff {
  return {
    meshes: pairMeshes(before.snapshot, after.snapshot, renamed),
    problems: compareProblems(before, after, renamed),
  };
}

function pairMeshes(before: Snapshot, after: Snapshot, renamed: ReadonlyMap<string, string>): MeshDiff[] {
  const left = new Set(before.meshes);
  const found = new Map<MeshView, MeshView>();
  const take = (now: MeshView, then: MeshView | undefined): void => {
    if (!then) return;
    found.set(now, then);
    left.delete(then);
  };
  for (const now of after.meshes)
    take(
      now,
      [...left].find(({ name }) => name === now.name),
    );
  // names are folders below the one that holds everything, so a new file elsewhere may rename them all
  for (const now of after.meshes) if (!found.has(now)) take(now, nearestMesh(now, left, renamed));
  const meshes = after.meshes.map((view): MeshDiff => {
    const then = found.get(view);
    if (!then) return { name: view.name, status: 'added', changes: undefined, view };
    return { name: view.name, status: 'compared', changes: compareMeshes(then, view), view };
  });
  const removed = [...left].map((view): MeshDiff => ({ name: view.name, status: 'removed', changes: undefined, view }));
  return [...meshes, ...removed];
}

/** The mesh with which `now` shares most files, at least half of them. */
function nearestMesh(
  now: MeshView,
  candidates: Iterable<MeshView>,
  renamed: ReadonlyMap<string, string>,
): MeshView | undefined {
  const files = new Set(now.files.map((uri) => renamed.get(uri) ?? uri));
  let best: MeshView | undefined;
  let most = 0;
  for (const each of candidates) {
    const shared =
      each.files.filter((uri) => files.has(uri)).length / Math.max(1, Math.min(files.size, each.files.length));
    if (shared > most) [best, most] = [each, shared];
  }
  return most >= 0.5 ? best : undefined;
}

/** Whether something fares worse, lets in more or has become an error; and whether anything differs at all. */
export function weigh({ meshes, problems }: WorkspaceDiff): { readonly worse: boolean; readonly any: boolean } {
  const changes = meshes.flatMap((mesh) => mesh.changes ?? []);
  const found = changes.flatMap(({ connections, servers }) => [...connections, ...servers]);
  const worse =
    found.some(({ direction }) => direction === 'worse') ||
    problems.appeared.some(({ severity }) => severity === 'error');
  const any =
    worse ||
    found.length > 0 ||
    meshes.some(({ status }) => status !== 'compared') ||
    changes.some(({ added, removed }) => added.length + removed.length > 0) ||
    problems.appeared.length + problems.gone.length > 0;
  return { worse, any };
}
