// How clients fare at a port, and what a server accepts, as states that can be compared: a label for people and a level
// that says how bad it is.
import type { Workload } from '../mesh/workload';
import type { Connection } from '../mtls/connections';
import { principalOf } from '../mtls/handshake';
import { possibleCases } from '../mtls/possible';
import { accessOf } from '../words/explain';
import { type Because, dataplaneWords } from '../words/reasons';
import { accessWord, VERDICTS, type Verdict, verdictOf } from '../words/verdict';
import type { MeshView } from '../workspace/workspace';
import { cellsOf } from './cells';

export interface State {
  /** `mTLS`, `refused`, `mTLS or plaintext`, `mTLS, denied`, … */
  readonly label: string;
  /** 0 is mTLS, 1 TLS, 2 plaintext, 3 unknown, 4 may be refused, 5 partly refused, 6 does not work. */
  readonly level: number;
}

const LEVELS: Readonly<Record<Verdict | 'as sent', number>> = {
  mTLS: 0,
  TLS: 1,
  mixed: 1.5,
  plaintext: 2,
  'as sent': 2,
  unknown: 3,
  'partly refused': 5,
  'no endpoints': 6,
  blocked: 6,
  refused: 6,
};

/** From this level on a connection may be refused, or is. */
const MAY_FAIL = 4;

/** True where something is refused for sure. */
function fails({ level }: State): boolean {
  return level > MAY_FAIL;
}

/** True where nothing gets through at all. */
export function neverWorks({ level }: State): boolean {
  return level >= LEVELS.refused;
}

/** The state of a connection before policies judge the calls. */
export function stateOf({ mtls }: MeshView, connection: Connection): State {
  const { endpoints, service, route } = connection;
  if (endpoints.length === 0 && route !== 'blocked') {
    const { status, client } = cellsOf(mtls, connection);
    if (status === 'UNKNOWN') return known('unknown');
    if (status === 'NO ENDPOINTS') return known('no endpoints');
    if (service.external || service.resolution === 'alias')
      return client === 'as sent' ? known('as sent') : { label: client, level: client.startsWith('mTLS') ? 0 : 1 };
  }
  const cases = endpoints.map(({ endpoint }) => possibleCases(mtls, connection, endpoint));
  const verdict = verdictOf(connection, cases);
  const words = [...new Set(cases.flat().map(({ outcome }) => VERDICTS[outcome]))].sort(byLevel);
  if (verdict === 'plaintext' && service.external && cellsOf(mtls, connection).client === 'as sent')
    return known('as sent');
  if (verdict === 'mixed') return { label: words.join(' + '), level: worst(words) };
  if (verdict !== 'unknown' || words.includes('unknown') || words.length < 2) return known(verdict);
  // what is possible is worse than the best case and better than the worst one
  const level = words.includes('refused') ? MAY_FAIL : worst(words) - 0.5;
  return { label: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`, level };
}

function known(word: Verdict | 'as sent'): State {
  return { label: word, level: LEVELS[word] };
}

function byLevel(a: Verdict, b: Verdict): number {
  return LEVELS[a] - LEVELS[b];
}

function worst(words: readonly Verdict[]): number {
  return Math.max(...words.map((word) => LEVELS[word]));
}

/** The state of one client, with what policies make of its calls. */
export function judgedState(view: MeshView, client: Workload, connection: Connection, state: State): State {
  if (fails(state)) return state;
  const word = accessWord(accessOf(view.authorization, client, connection).map(({ decision }) => decision));
  if (word === '') return state;
  const level = word === 'denied' ? LEVELS.refused : word === 'partly denied' ? LEVELS['partly refused'] : MAY_FAIL;
  return { label: `${state.label}, ${word}`, level: Math.max(level, state.level) };
}

/** What decided the state of a client: the server's side, the client's, policies that judge its calls, sidecars. */
export function decidersOf(
  view: MeshView,
  client: Workload,
  connection: Connection,
  { withAccess, withDataplane }: { readonly withAccess: boolean; readonly withDataplane: boolean },
): Because[] {
  const access = withAccess ? accessOf(view.authorization, client, connection) : [];
  const dataplane = withDataplane ? [dataplaneBecause(view, client)] : [];
  // clients are listed anyway; without their names those that fare alike have the same reasons
  const who = `; the client is \`${principalOf(view.mesh.settings, client)}\``;
  const judged = access.flatMap((each) =>
    each.because.map((because) => ({ ...because, text: because.text.replace(who, '') })),
  );
  return [...reasonsOf(view, connection), ...dataplane, ...judged];
}

const REASONS = new WeakMap<Connection, readonly Because[]>();

/** Many clients share a connection. */
function reasonsOf({ mtls }: MeshView, connection: Connection): readonly Because[] {
  const known = REASONS.get(connection) ?? cellsOf(mtls, connection).because;
  REASONS.set(connection, known);
  return known;
}

/** Why the client has a sidecar or not, with the object that says so. */
function dataplaneBecause({ mesh }: MeshView, { reason, object }: Workload): Because {
  const { object: ref } = reason;
  const holder = ref?.kind === 'Namespace' ? mesh.labelled(ref.name) : ref ? object : undefined;
  return { text: `the client: ${dataplaneWords(reason)}`, ...(holder && { object: holder }) };
}

/** How much a server's modes let in: STRICT nothing but mTLS. Undefined for what is no mode of a proxy. */
const OPENNESS: readonly (readonly [RegExp, number])[] = [
  [/^STRICT\b/, 0],
  [/^PERMISSIVE\b/, 1],
  [/^(?:DISABLE\b|past the sidecar$|no sidecar$)/, 2],
];

/** How open a server is, by its words in the table; undefined where they tell nothing of that. */
export function opennessOf(server: string): number | undefined {
  const parts = server.split(' + ').map((part) => OPENNESS.find(([words]) => words.test(part))?.[1]);
  return parts.includes(undefined) ? undefined : Math.max(...parts.map((part) => part!));
}
