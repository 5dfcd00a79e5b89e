// One problem of several meshes: told once, with the meshes in which it holds.
import type { Snapshot } from '../workspace/workspace';
import type { Fix, Problem, Severity } from './rule';
import { listed } from './wording';

const ORDER: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/**
 * Problems of one rule at one place in different meshes as one problem, in the words of the gravest; what the others
 * say is related. A problem of a file that is in other meshes too says in which it holds.
 */
export function acrossMeshes(snapshot: Snapshot, problems: readonly Problem[]): Problem[] {
  const byPlace = new Map<string, Problem[]>();
  for (const problem of problems) {
    const { rule, uri, range } = problem;
    const key = `${rule} ${range.start} ${range.end} ${uri}`;
    const merged = byPlace.get(key) ?? [];
    byPlace.set(key, merged);
    const index = merged.findIndex((other) => areApart(other, problem));
    if (index < 0) merged.push(problem);
    else merged[index] = merge(merged[index]!, problem);
  }
  return [...byPlace.values()].flat().map((problem) => withMeshes(snapshot, problem));
}

/** Two problems of one mesh are two problems. */
function areApart(a: Problem, b: Problem): boolean {
  return a.meshes.length > 0 && b.meshes.length > 0 && !a.meshes.some((name) => b.meshes.includes(name));
}

function merge(a: Problem, b: Problem): Problem {
  const [first, second] = ORDER.indexOf(b.severity) < ORDER.indexOf(a.severity) ? [b, a] : [a, b];
  const { uri, range, meshes, message } = second;
  return {
    ...first,
    meshes: [...first.meshes, ...meshes],
    related: [...first.related, { uri, range, message: `in ${listed(meshes, 3)}: ${message}` }],
  };
}

function withMeshes(snapshot: Snapshot, problem: Problem): Problem {
  const all = snapshot.meshesOf(problem.uri).length;
  const { meshes, message } = problem;
  const cautious = meshes.length === 0 ? problem : { ...problem, fixes: () => fixesOf(snapshot, problem) };
  if (meshes.length === 0 || meshes.length >= all) return cautious;
  return { ...cautious, message: `${message} That is so in ${listed(meshes, 3)}, of ${all} meshes.` };
}

/** What a text says for a mesh in which nothing is wrong is for a person to change. */
function fixesOf(snapshot: Snapshot, { meshes, fixes }: Problem): Fix[] {
  const isOthers = (uri: string): boolean =>
    snapshot.meshesOf(uri).some((view) => view.kind === 'kustomization' && !meshes.includes(view.name));
  return (fixes?.() ?? []).map(({ preferred, ...fix }) =>
    preferred && ![...fix.edits.keys()].some(isOthers) ? { ...fix, preferred } : fix,
  );
}
