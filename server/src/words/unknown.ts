// Answers that hang on what the files do not show: the missing fact, and what comes of each case.
import type { Workload } from '../mesh/workload';
import type { Connection } from '../mtls/connections';
import type { MutualTls } from '../mtls/mutual-tls';
import { isServerUnknown, type PossibleCase, possibleCases } from '../mtls/possible';
import { captureBecause } from './capture';
import type { Because } from './reasons';
import { VERDICTS } from './verdict';

/** What the files do not show, and the answer hangs on. */
export function missingFact(client: Workload, { endpoints, route, service, port }: Connection): string {
  const past = route === 'unknown' ? captureBecause(client, service, port) : undefined;
  if (past) return `depends on addresses: ${past.text}`;
  const unknown = [client, ...endpoints.flatMap(({ endpoint }) => endpoint.workload ?? [])].filter(
    ({ dataplane }) => dataplane === 'unknown',
  );
  const namespaces = [...new Set(unknown.map(({ namespace }) => `\`${namespace}\``))];
  if (namespaces.length > 0) {
    const revision = unknown.every(({ reason }) => reason.code === 'revision-unknown');
    const why = revision
      ? 'the revision that its label names may be installed or not'
      : 'no Namespace manifest is here';
    return `depends on whether ${namespaces.join(' and ')} ${namespaces.length > 1 ? 'are' : 'is'} injected: ${why}`;
  }
  const addresses = endpoints
    .filter(({ outcome }) => outcome === 'mtls-unknown')
    .map(({ endpoint }) => endpoint.address);
  return addresses.length > 0
    ? `depends on whether a proxy at \`${addresses.join('`, `')}\` ends mTLS: no manifest describes it`
    : 'depends on what these files do not show';
}

/** Each case, told by who has a sidecar; endpoints that fare alike once. */
export function unknownLines(
  client: Workload,
  connection: Connection,
  cases: readonly (readonly PossibleCase[])[],
): Because[] {
  const lines = cases.flat().map(({ clientHasProxy, serverHasSidecar, outcome }) => {
    const sides = [
      ...(client.dataplane === 'unknown' ? [`client ${clientHasProxy ? 'with' : 'without'} a sidecar`] : []),
      ...(client.dataplane === 'sidecar' && connection.route === 'unknown'
        ? [`${clientHasProxy ? 'through' : 'past'} the client's sidecar`]
        : []),
      ...(connection.endpoints.some(({ endpoint }) => isServerUnknown(endpoint))
        ? [`server ${serverHasSidecar ? 'with' : 'without'} one`]
        : []),
    ];
    const what = outcome === 'mtls-unknown' ? 'mTLS if a proxy is there, else refused' : VERDICTS[outcome];
    return sides.length > 0
      ? `${sides.join(', ').replace(/^server (with|without) one/, 'server $1 a sidecar')}: ${what}`
      : what;
  });
  return [...new Set(lines)].map((text) => ({ text }));
}

/**
 * Both cases in a few words: `if \`shop\` is injected: mTLS; if not: refused`. Empty where it hangs on something else than
 * the injection of one namespace, or of a client's pods.
 */
export function bothCases(mtls: MutualTls, connection: Connection): string {
  const client = connection.clients[0];
  if (!client) return '';
  const unknown = [client, ...connection.endpoints.flatMap(({ endpoint }) => endpoint.workload ?? [])].filter(
    ({ dataplane }) => dataplane === 'unknown',
  );
  const [first] = unknown;
  if (!first || unknown.some(({ namespace, reason }) => differs(first, { namespace, reason }))) return '';
  // the pods of one namespace are injected together
  const cases = connection.endpoints.flatMap(({ endpoint }) =>
    possibleCases(mtls, connection, endpoint).map((each) => ({
      outcome: each.outcome,
      sides: [
        ...(client.dataplane === 'unknown' ? [each.clientHasProxy] : []),
        ...(isServerUnknown(endpoint) ? [each.serverHasSidecar] : []),
      ],
    })),
  );
  const told = (injected: boolean): string => {
    const fitting = cases.filter(({ sides }) => sides.every((side) => side === injected));
    return [...new Set(fitting.map(({ outcome }) => VERDICTS[outcome]))].join(' or ');
  };
  const [yes, no] = [told(true), told(false)];
  if (yes === no) return yes;
  const what =
    first.reason.code === 'revision-unknown'
      ? `the revision that \`${first.namespace}\` names is installed`
      : `\`${first.namespace}\` is injected`;
  return `if ${what}: ${yes}; if not: ${no}`;
}

function differs(a: Workload, b: Pick<Workload, 'namespace' | 'reason'>): boolean {
  return a.namespace !== b.namespace || a.reason.code !== b.reason.code;
}
