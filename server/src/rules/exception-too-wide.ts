// exception-too-wide: a workload accepts plaintext on all its ports, and known plaintext clients call one of them.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { selects } from '../manifest/object';
import { evidenceOf } from '../mesh/evidence';
import { type Workload, workloadKey } from '../mesh/workload';
import { namespaceMode } from '../mtls/server-mode';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { together } from './fix-fields';
import { addEntry, offered, setField } from './fixes';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { isContested, reachesIn } from './traffic';
import { listed, portWords } from './wording';

const PATH = ['spec', 'mtls', 'mode'];

export const exceptionTooWide: Rule = {
  id: 'exception-too-wide',
  severity: 'information',
  summary: 'A workload accepts plaintext on all its ports where one would do.',
  happens:
    'The policy of the workload takes plaintext everywhere, though the rest of its namespace requires mTLS and the known clients without mTLS call only some of its ports. The other ports are open to plaintext for nobody.',
  remedy: '`mode: STRICT` for the workload, and the exception in `portLevelMtls` for the ports that are called.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of here.peerAuthentications) {
      const exception = wideException(view, policy);
      if (exception) yield finding(snapshot, view, policy, exception);
    }
  },
};

export interface WideException {
  readonly pods: readonly Workload[];
  /** Ports of the pods that clients without mTLS are known to call. */
  readonly needed: readonly number[];
  readonly others: readonly number[];
  readonly callers: readonly Workload[];
}

/** What the exception of a policy opens and what of it is needed; undefined where all is, or nobody can tell. */
export function wideException(view: MeshView, policy: PeerAuthentication): WideException | undefined {
  const { mesh, mtls } = view;
  const { mode, selector, portLevelMtls } = policy.spec;
  if ((mode !== 'DISABLE' && mode !== 'PERMISSIVE') || !hasLabels(selector) || portLevelMtls.size > 0) return undefined;
  if (namespaceMode(mtls.policies, policy.metadata.namespace)?.mode !== 'STRICT') return undefined;
  const pods = mesh.podsIn(policy.metadata.namespace).filter((pod) => selects(selector!.matchLabels, pod.labels));
  const plain = reachesIn(view, policy.metadata.namespace).filter(
    ({ endpoint }) => endpoint.accepts?.mode.policy === policy && String(endpoint.accepts.mode.path) === String(PATH),
  );
  const needed = new Set<number>();
  const callers = new Set<Workload>();
  for (const reach of plain) {
    const { connection, endpoint } = reach;
    // what a rule makes clients send needs the port as well
    const byRule = connection.route === 'cluster' && endpoint.outcome !== 'mtls' && mode === 'PERMISSIVE';
    if (endpoint.outcome === 'unknown' || (byRule && reach.hasClients)) return undefined;
    if (connection.route === 'cluster') continue;
    for (const client of reach.clients) {
      if (!evidenceOf(client, connection.service, connection.port.port, mesh.settings.clusterDomain)) continue;
      needed.add(endpoint.endpoint.port);
      callers.add(client);
    }
  }
  const all = new Set(plain.map(({ endpoint }) => endpoint.endpoint.port));
  const others = [...all].filter((port) => !needed.has(port));
  if (needed.size === 0 || others.length === 0) return undefined;
  return { pods, needed: [...needed].sort((a, b) => a - b), others, callers: [...callers] };
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: PeerAuthentication,
  { pods, needed, others, callers }: WideException,
): Finding {
  return {
    ...placeOf(policy, PATH),
    message: `Of what is known, ${listed(callers.map(workloadKey), 3)} ${callers.length === 1 ? 'sends' : 'send'} plaintext, to ${portWords(needed)} of ${listed(pods.map(workloadKey), 3)}. This exception opens ${portWords(others)} too.`,
    related: callers
      .slice(0, 5)
      .map((client) => ({ ...placeOf(client.object), message: `\`${workloadKey(client)}\`` })),
    fixes: () => (isContested(view, policy) ? [] : offered(narrow(snapshot, policy, needed))),
  };
}

function narrow(snapshot: Snapshot, policy: PeerAuthentication, ports: readonly number[]): Fix | undefined {
  const mode = policy.spec.mode!;
  const title = `Require mTLS but on ${portWords(ports)}`;
  const entries = Object.fromEntries(ports.map((port) => [port, { mode }]));
  return together(
    title,
    [
      setField(snapshot, policy, PATH, 'STRICT', title),
      addEntry(snapshot, policy, ['spec'], { portLevelMtls: entries }, title),
    ],
    true,
  );
}
