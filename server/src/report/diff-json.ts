// A diff for machines; `docs/schemas/diff.schema.json` describes it.
import type { Diagnostic } from './diagnostics';
import type { Half } from './diff-connections';
import type { DiffReport } from './diff-report';
import type { Presence, Target } from './diff-sides';
import type { Locate } from './location';
import { becauseJson } from './table-json';

/** Beyond this a list of clients is no help. */
const MOST_CLIENTS = 50;

interface State {
  readonly name: string;
  readonly commit: string;
}

/** @param head undefined for the working tree */
export function diffJson(
  report: DiffReport,
  { base, head }: { readonly base: State; readonly head: State | undefined },
): unknown {
  const { diff, locators, nameOf, appeared, gone, totals } = report;
  const named = diff.meshes.map((mesh) => ({ ...mesh, mesh: nameOf(mesh.name) }));
  const half = ({ label, because }: Half, locate: Locate): unknown => ({
    state: label,
    because: because.map((each) => becauseJson(each, locate)),
  });
  const halves = (change: { readonly before: Half; readonly after: Half }): object => ({
    before: half(change.before, locators.before),
    after: half(change.after, locators.after),
  });
  return {
    base: { name: base.name, commit: base.commit },
    head: { name: head?.name ?? 'working tree', commit: head?.commit ?? null },
    meshes: named.map(({ mesh, status }) => ({ name: mesh, status })),
    connections: named.flatMap(({ mesh, changes }) =>
      (changes?.connections ?? []).map((change) => ({
        mesh,
        ...target(change),
        direction: change.direction,
        clients: { count: change.clients.length, workloads: change.clients.slice(0, MOST_CLIENTS) },
        ...halves(change),
      })),
    ),
    servers: named.flatMap(({ mesh, changes }) =>
      (changes?.servers ?? []).map((change) => ({
        mesh,
        ...target(change),
        direction: change.direction,
        ...halves(change),
      })),
    ),
    added: named.flatMap(({ mesh, changes }) => (changes?.added ?? []).map((each) => presence(each, mesh))),
    removed: named.flatMap(({ mesh, changes }) => (changes?.removed ?? []).map((each) => presence(each, mesh))),
    problems: { appeared: appeared.map(problem), gone: gone.map(problem) },
    summary: { ...totals, appeared: appeared.length, gone: gone.length },
  };
}

function target({ host, namespace, port, subset }: Target): object {
  return { host, namespace, port, subset: subset ?? null };
}

function presence({ kind, name, fares }: Presence, mesh: string): unknown {
  return { mesh, kind, name, fares: [...fares].map(([state, count]) => ({ state, count })) };
}

function problem({ file, range, severity, rule, message, meshes }: Diagnostic): unknown {
  return { file, range, severity, rule, message, meshes };
}
