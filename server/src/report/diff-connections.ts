// What differs between two states of one mesh: how each client fares at each port, what servers accept, and which
// services, ports and workloads come and go. Clients are compared one by one, so a group that splits is no change.
import { compareText } from '../manifest/object';
import type { Workload } from '../mesh/workload';
import { type Connection, connectionsTo } from '../mtls/connections';
import { principalOf } from '../mtls/handshake';
import type { Because } from '../words/reasons';
import type { MeshView } from '../workspace/workspace';
import { onlyIn, type PortOf, type Presence, type Side, sideOf, type Target, targetOf } from './diff-sides';
import { decidersOf, judgedState, neverWorks, opennessOf, type State, stateOf } from './diff-state';
import { serversAlone } from './table';

export type Direction = 'worse' | 'better' | 'other';

export interface Half {
  readonly label: string;
  readonly because: readonly Because[];
}

/** Clients that fared alike at a port, and now fare otherwise, but alike. */
export interface ConnectionChange extends Target {
  /** `namespace/name`, in the order of the mesh. */
  readonly clients: readonly string[];
  readonly before: Half;
  readonly after: Half;
  readonly direction: Direction;
  /** For the order: the state it comes to, and how far that is from the one before. */
  readonly badness: readonly [number, number];
}

/** A port whose servers accept more or less than before, whoever calls. */
export interface ServerChange extends Target {
  readonly before: Half;
  readonly after: Half;
  readonly direction: Direction;
}

export interface MeshChanges {
  /** The worst first; what is better comes last. */
  readonly connections: readonly ConnectionChange[];
  readonly servers: readonly ServerChange[];
  readonly added: readonly Presence[];
  readonly removed: readonly Presence[];
}

/** Everything that differs between two states of a mesh. */
export function compareMeshes(viewBefore: MeshView, viewAfter: MeshView): MeshChanges {
  const before = sideOf(viewBefore);
  const after = sideOf(viewAfter);
  const settings = [before, after].map(({ view: { mesh } }) => {
    const { trustDomain, trustDomainAliases, pathNormalization, extensionProviders } = mesh.settings;
    return JSON.stringify([trustDomain, trustDomainAliases, pathNormalization, extensionProviders]);
  });
  const comparison: Comparison = {
    before,
    after,
    sameSettings: settings[0] === settings[1],
    otherIdentity: otherIdentities(before, after),
    formerOf: formers(before, after),
  };
  const connections: ConnectionChange[] = [];
  const servers: ServerChange[] = [];
  for (const [key, now] of after.ports) {
    const then = before.ports.get(key);
    if (!then) continue;
    connections.push(...compareClients(comparison, then, now));
    servers.push(...compareServers(comparison, then, now));
  }
  return {
    connections: connections.sort(worstFirst),
    servers: servers.sort((a, b) => ORDER[a.direction] - ORDER[b.direction] || compareText(a.name, b.name)),
    added: onlyIn(after, before),
    removed: onlyIn(before, after),
  };
}

interface Comparison {
  readonly before: Side;
  readonly after: Side;
  /** Whatever policies look at besides the connection is the same. */
  readonly sameSettings: boolean;
  /** Clients that show another identity than before, which policies may look at. */
  readonly otherIdentity: ReadonlySet<string>;
  /** The workloads that both states have: by the later one, the earlier one. */
  readonly formerOf: ReadonlyMap<Workload, Workload>;
}

const ORDER: Readonly<Record<Direction, number>> = { worse: 0, other: 1, better: 2 };

function worstFirst(a: ConnectionChange, b: ConnectionChange): number {
  return (
    ORDER[a.direction] - ORDER[b.direction] ||
    b.badness[0] - a.badness[0] ||
    b.badness[1] - a.badness[1] ||
    b.clients.length - a.clients.length ||
    compareText(a.name, b.name) ||
    compareText(a.clients[0] ?? '', b.clients[0] ?? '')
  );
}

/** A client of both states, and how it reached the port in each. */
interface Pair {
  readonly former: { readonly client: Workload; readonly connection: Connection };
  readonly latter: { readonly client: Workload; readonly connection: Connection };
}

function compareClients(comparison: Comparison, then: PortOf, now: PortOf): ConnectionChange[] {
  const { before, after, otherIdentity } = comparison;
  const old = connectionsTo(before.view.mtls, then.service, then.port);
  const fresh = connectionsTo(after.view.mtls, now.service, now.port);
  const states = new Map<Connection, State>();
  for (const connection of old) states.set(connection, stateOf(before.view, connection));
  for (const connection of fresh) states.set(connection, stateOf(after.view, connection));
  const judges = policiesAt(before, old);
  const judge = policiesAt(after, fresh);
  const policies = judges.size + judge.size > 0 && (!comparison.sameSettings || !sameMembers(judges, judge));
  const labels = new Set([...states.values()].map(({ label }) => label));
  if (labels.size === 1 && !policies && (otherIdentity.size === 0 || judge.size === 0)) return [];
  const changes = new Map<string, ConnectionChange & { readonly clients: string[] }>();
  const twins = new Map<Connection, Map<Connection, string[]>>();
  const whole = new Map<string, string>();
  for (const pair of pairsOf(comparison, old, fresh)) {
    const { client, connection } = pair.latter;
    const both = [states.get(pair.former.connection)!, states.get(connection)!] as const;
    const isSame = both[0].label === both[1].label;
    const name = after.names.get(client)!;
    if (isSame && !policies && !otherIdentity.has(name)) continue;
    const was =
      judges.size === 0 ? both[0] : judgedState(before.view, pair.former.client, pair.former.connection, both[0]);
    const is = judge.size === 0 ? both[1] : judgedState(after.view, client, connection, both[1]);
    const words = `${was.label} → ${is.label}`;
    if (connection.subset === undefined) whole.set(name, words);
    // what works in neither state does not fare otherwise for failing in another way
    if (neverWorks(was) && neverWorks(is)) continue;
    // a subset that goes the way of the whole port is no news
    if (was.label === is.label || (connection.subset !== undefined && whole.get(name) === words)) continue;
    const otherProxy = pair.former.client.dataplane !== client.dataplane;
    // with the same answers and no policy that looks at the client, the reasons are the same as well
    const isShared = !otherProxy && judges.size + judge.size === 0;
    const twin = isShared ? twins.get(pair.former.connection)?.get(connection) : undefined;
    if (twin) {
      twin.push(name);
      continue;
    }
    const half = (side: Side, each: Pair['latter'], state: State): Half => ({
      label: state.label,
      because: decidersOf(side.view, each.client, each.connection, {
        withAccess: state.label.includes(','),
        withDataplane: otherProxy,
      }),
    });
    const halves = { before: half(before, pair.former, was), after: half(after, pair.latter, is) };
    const texts = [...halves.before.because, '→', ...halves.after.because].map((each) =>
      typeof each === 'string' ? each : each.text,
    );
    const key = [connection.subset ?? '', words, ...texts].join('\n');
    const change = changes.get(key) ?? {
      ...targetOf(after, now, connection.subset),
      ...halves,
      clients: [],
      direction: is.level > was.level ? 'worse' : is.level < was.level ? 'better' : 'other',
      badness: [is.level, is.level - was.level],
    };
    changes.set(key, change);
    change.clients.push(name);
    if (isShared)
      twins.set(
        pair.former.connection,
        (twins.get(pair.former.connection) ?? new Map()).set(connection, change.clients),
      );
  }
  return [...changes.values()];
}

/** Every client that reaches the port, or the same subset of it, in both states; whole ports first. */
function* pairsOf({ formerOf }: Comparison, old: readonly Connection[], fresh: readonly Connection[]): Generator<Pair> {
  const known = new Map<string | undefined, Map<Workload, Connection>>();
  for (const connection of old) {
    const { subset } = connection;
    const reached = known.get(subset) ?? new Map<Workload, Connection>();
    known.set(subset, reached);
    for (const client of connection.clients) reached.set(client, connection);
  }
  const wholeFirst = [...fresh].sort((a, b) => Number(a.subset !== undefined) - Number(b.subset !== undefined));
  for (const connection of wholeFirst) {
    const reached = known.get(connection.subset);
    for (const client of reached ? connection.clients : []) {
      const same = formerOf.get(client);
      const before = same && reached?.get(same);
      if (before) yield { former: { client: same, connection: before }, latter: { client, connection } };
    }
  }
}

function sameMembers(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

/** The servers of a port and the policies that act there: objects of files that did not change are the same objects. */
function policiesAt({ view }: Side, connections: readonly Connection[]): Set<unknown> {
  const found = new Set<unknown>();
  for (const { workload } of new Set(
    connections.flatMap(({ endpoints }) => endpoints.map(({ endpoint }) => endpoint)),
  )) {
    if (!workload) continue;
    const { custom, deny, allow, requestAuthentications } = view.authorization.filtersOf(workload).policies;
    const ambient = workload.dataplane === 'ambient' ? view.mesh.authorizationPolicies : [];
    const acting = [...custom, ...deny, ...allow, ...requestAuthentications, ...ambient];
    for (const each of acting.length > 0 ? [...acting, workload.object] : []) found.add(each);
  }
  return found;
}

function formers(before: Side, after: Side): Map<Workload, Workload> {
  const found = new Map<Workload, Workload>();
  for (const [name, client] of after.workloads) {
    const former = before.workloads.get(name);
    if (former) found.set(client, former);
  }
  return found;
}

function otherIdentities(before: Side, after: Side): Set<string> {
  const principal = (side: Side, client: Workload): string => principalOf(side.view.mesh.settings, client);
  const found = new Set<string>();
  for (const [name, client] of after.workloads) {
    const then = before.workloads.get(name);
    if (then && principal(before, then) !== principal(after, client)) found.add(name);
  }
  return found;
}

function compareServers({ before, after }: Comparison, then: PortOf, now: PortOf): ServerChange[] {
  const was = serversAlone(before.view, then.service, then.port);
  const is = serversAlone(after.view, now.service, now.port);
  const [old, fresh] = [opennessOf(was.server), opennessOf(is.server)];
  if (was.server === is.server || old === undefined || fresh === undefined) return [];
  return [
    {
      ...targetOf(after, now),
      before: { label: was.server, because: was.because },
      after: { label: is.server, because: is.because },
      direction: fresh > old ? 'worse' : fresh < old ? 'better' : 'other',
    },
  ];
}
