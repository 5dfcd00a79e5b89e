// One connection step by step: what the client sends and why, what the server accepts and why, what comes of it, and
// what to change. Data first: each line knows the object and field that it speaks of.

import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { type Connection, type ConnectionEndpoint, clientGroups, connectionsTo } from '../mtls/connections';
import type { MutualTls } from '../mtls/mutual-tls';
import { isServerUnknown, modeAsked, type PossibleCase, possibleCases } from '../mtls/possible';
import { clientLines, serverLines } from './explain-lines';
import type { Because } from './reasons';
import { failureWords, tlsWord, typicallySeen } from './reasons';
import { remedies } from './remedies';

export interface ExplainStep {
  readonly name: 'client' | 'server' | 'result' | 'seen' | 'remedy';
  /** One sentence without a full stop; code is marked with backticks. */
  readonly text: string;
  /** What decided it, and what could have and did not; for a remedy, the field to change. */
  readonly because: readonly Because[];
}

/** What comes of a connection, in a word or two. */
export type Verdict =
  | 'mTLS'
  | 'plaintext'
  | 'TLS'
  | 'refused'
  | 'partly refused'
  | 'blocked'
  | 'unknown'
  | 'no endpoints'
  | 'mixed';

export interface Explanation {
  readonly client: Workload;
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly verdict: Verdict;
  readonly steps: readonly ExplainStep[];
}

/**
 * Explains how one client reaches one port of a service.
 * @param subset a subset of the client's DestinationRule; undefined for the whole port
 * @returns undefined where the client reaches another service under that host, or has no such subset
 */
export function explainConnection(
  mtls: MutualTls,
  client: Workload,
  service: MeshService,
  port: MeshPort,
  subset?: string,
): Explanation | undefined {
  const groups = clientGroups(mtls)
    .filter(({ members }) => members.includes(client))
    .map((group) => ({ ...group, members: [client] }));
  const connection = connectionsTo(mtls, groups, service, port).find((each) => each.subset === subset);
  if (!connection) return undefined;
  if (service.resolution === 'alias') return explainAlias(client, service, port);
  const cases = connection.endpoints.map(({ endpoint }) => possibleCases(mtls, connection, endpoint));
  const verdict = verdictOf(connection, cases);
  const steps = [
    clientStep(mtls, client, connection, cases),
    ...serverSteps(mtls, connection),
    resultStep(mtls, client, connection, cases, verdict),
    ...seenStep(connection),
    ...remedies(mtls, client, connection).map(
      (because): ExplainStep => ({ name: 'remedy', text: because.text, because: [because] }),
    ),
  ];
  return { client, service, port, subset, verdict, steps };
}

/** An ExternalName has no cluster of its own. */
function explainAlias(client: Workload, service: MeshService, port: MeshPort): Explanation {
  const { object } = service;
  const target = object.kind === 'Service' ? `\`${object.spec.externalName}\`` : '';
  const steps: ExplainStep[] = [
    {
      name: 'client',
      text: `asks DNS and is led to ${target}: the Service is only another name of it`,
      because: [{ text: `ExternalName ${target}`, object, path: ['spec', 'externalName'] }],
    },
    { name: 'server', text: `is ${target}; explain the connection to that host where it is in the mesh`, because: [] },
    {
      name: 'result',
      text: 'by itself the name adds no encryption, and no DestinationRule for it counts',
      because: [],
    },
  ];
  return { client, service, port, subset: undefined, verdict: 'plaintext', steps };
}

function verdictOf(connection: Connection, cases: readonly (readonly PossibleCase[])[]): Verdict {
  if (connection.route === 'blocked') return 'blocked';
  if (connection.endpoints.length === 0) {
    const { service } = connection;
    if (!service.external && service.resolution !== 'alias') return 'no endpoints';
    return connection.send?.whole?.tls === 'SIMPLE' || connection.send?.whole?.tls === 'MUTUAL' ? 'TLS' : 'plaintext';
  }
  const verdicts = new Set(cases.map(verdictOfCases));
  if (verdicts.has('refused')) return verdicts.size === 1 ? 'refused' : 'partly refused';
  return verdicts.size === 1 ? [...verdicts][0]! : verdicts.has('unknown') ? 'unknown' : 'mixed';
}

const VERDICTS = {
  mtls: 'mTLS',
  plaintext: 'plaintext',
  'app-tls': 'TLS',
  fail: 'refused',
  'mtls-unknown': 'unknown',
  unknown: 'unknown',
} as const;

function verdictOfCases(cases: readonly PossibleCase[]): Verdict {
  const verdicts = new Set(cases.map(({ outcome }) => VERDICTS[outcome]));
  return verdicts.size === 1 ? [...verdicts][0]! : 'unknown';
}

function clientStep(
  mtls: MutualTls,
  client: Workload,
  connection: Connection,
  cases: readonly (readonly PossibleCase[])[],
): ExplainStep {
  return { name: 'client', text: sendsText(connection, cases), because: clientLines(mtls, client, connection) };
}

function sendsText({ route, send }: Connection, cases: readonly (readonly PossibleCase[])[]): string {
  switch (route) {
    case 'no-sidecar':
      return 'has no sidecar: what the application sends goes out as it is, plaintext as a rule';
    case 'passthrough':
      return 'sends what the application sends: its sidecar does not know the host and lets it through';
    case 'blocked':
      return 'sends nothing: its sidecar does not know the host, and unknown hosts are blocked';
    case 'unknown': {
      const sent = new Set(cases.flat().flatMap((each) => (each.clientHasProxy ? [tlsWord(each.tls)] : [])));
      const what = sent.size === 1 ? [...sent][0] : 'mTLS to pods with a sidecar';
      return `sends ${what} if it has a sidecar itself, else plaintext`;
    }
    case 'cluster': {
      if (send?.whole) return `sends ${tlsWord(send.whole.tls)}`;
      const sent = new Set(cases.flat().map(({ tls }) => tlsWord(tls)));
      if (sent.size === 0) return 'sends mTLS to pods that have a sidecar, plaintext to others';
      return sent.size === 1 ? `sends ${[...sent][0]}` : `sends ${[...sent].join(' or ')}, by endpoint`;
    }
  }
}

/** One step for all endpoints that accept alike. */
function serverSteps(mtls: MutualTls, connection: Connection): ExplainStep[] {
  const { endpoints, service } = connection;
  if (endpoints.length === 0) {
    const text = service.external ? 'is outside the mesh' : 'has no endpoint that these files show';
    return [
      {
        name: 'server',
        text,
        because: [
          {
            text: `the host is \`${service.object.kind}\` \`${service.object.metadata.namespace}/${service.object.metadata.name}\``,
            object: service.object,
          },
        ],
      },
    ];
  }
  const groups = new Map<string, ConnectionEndpoint[]>();
  for (const each of endpoints) {
    const { endpoint, accepts } = each;
    const decision = accepts?.mode ?? modeAsked(mtls, endpoint);
    const key = [
      endpoint.port,
      endpoint.workload?.dataplane,
      decision?.policy?.metadata.name,
      decision?.mode,
      decision?.level,
      accepts?.captured,
    ].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group): ExplainStep => {
    const some = groups.size > 1 ? `\`${listNames(group)}\` ` : '';
    return {
      name: 'server',
      text: `${some}${acceptsText(mtls, connection, group[0]!)}`,
      because: serverLines(mtls, group[0]!),
    };
  });
}

function listNames(group: readonly ConnectionEndpoint[]): string {
  const names = group.map(({ endpoint }) =>
    endpoint.workload ? workloadKey(endpoint.workload) : (endpoint.address ?? ''),
  );
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

const ACCEPTS = {
  STRICT: 'accepts mTLS only',
  PERMISSIVE: 'accepts mTLS and plaintext',
  DISABLE: 'accepts plaintext but no mTLS',
} as const;

function acceptsText(mtls: MutualTls, connection: Connection, { endpoint, accepts }: ConnectionEndpoint): string {
  const { workload } = endpoint;
  const at = portText(connection, endpoint.port);
  if (accepts)
    return accepts.captured
      ? `${ACCEPTS[accepts.mode.mode]} on ${at}`
      : `leads ${at} past its sidecar: the application answers`;
  if (!workload)
    return connection.service.external ? `is outside the mesh, at ${at}` : `is an address without a pod here, at ${at}`;
  if (isServerUnknown(endpoint))
    return `${ACCEPTS[modeAsked(mtls, endpoint)!.mode]} on ${at} if it has a sidecar, else whatever the application reads`;
  if (workload.dataplane === 'gateway') return `is a gateway: its listener on ${at} decides`;
  if (workload.dataplane === 'none') return `has no sidecar: the application answers on ${at}`;
  return `is ${workload.dataplane}, on ${at}`;
}

function portText({ port }: Connection, number: number): string {
  return number === port.port ? `\`${number}\`` : `\`${number}\` (targetPort of ${port.port})`;
}

function resultStep(
  mtls: MutualTls,
  client: Workload,
  connection: Connection,
  cases: readonly (readonly PossibleCase[])[],
  verdict: Verdict,
): ExplainStep {
  const step = (text: string, because: readonly Because[] = []): ExplainStep => ({ name: 'result', text, because });
  const failing = connection.endpoints.find(({ failure }) => failure !== undefined);
  switch (verdict) {
    case 'mTLS': {
      const id = `${mtls.mesh.settings.trustDomain}/ns/${client.namespace}/sa/${client.serviceAccount}`;
      return step(`the connection is encrypted, and the server knows the client as \`${id}\``);
    }
    case 'plaintext':
      return connection.service.external
        ? step('Istio adds nothing: the connection is as secure as the application makes it')
        : step('it works without encryption, and the server cannot tell who calls');
    case 'TLS':
      return step("TLS of the client's proxy, which the other side must end; no Istio identity goes with it");
    case 'refused':
    case 'partly refused': {
      const some =
        verdict === 'partly refused'
          ? `${refusing(connection)} of ${connection.endpoints.length} endpoints refuse: `
          : '';
      return step(`${some}${failing?.failure ? failureWords(failing.failure) : 'the server closes the connection'}`);
    }
    case 'blocked':
      return step('the sidecar of the client answers itself: 502, or a reset for TCP');
    case 'no endpoints':
      return step('what comes of it depends on pods that are not in these files');
    case 'mixed':
      return step('it works, but not alike on all endpoints', endpointLines(connection, cases));
    case 'unknown':
      return step('depends on what these files do not show', unknownLines(client, connection, cases));
  }
}

function refusing({ endpoints }: Connection): number {
  return endpoints.filter(({ outcome }) => outcome === 'fail').length;
}

function endpointLines({ endpoints }: Connection, cases: readonly (readonly PossibleCase[])[]): Because[] {
  return endpoints.map((each, index) => ({ text: `\`${listNames([each])}\`: ${verdictOfCases(cases[index]!)}` }));
}

/** Each case, told by who has a sidecar; endpoints that fare alike once. */
function unknownLines(
  client: Workload,
  connection: Connection,
  cases: readonly (readonly PossibleCase[])[],
): Because[] {
  const lines = cases.flat().map(({ clientHasProxy, serverHasSidecar, outcome }) => {
    const sides = [
      ...(client.dataplane === 'unknown' ? [`client ${clientHasProxy ? 'with' : 'without'} a sidecar`] : []),
      ...(connection.endpoints.some(({ endpoint }) => isServerUnknown(endpoint))
        ? [`server ${serverHasSidecar ? 'with' : 'without'} one`]
        : []),
    ];
    const what = outcome === 'mtls-unknown' ? 'mTLS, if somebody ends it there' : VERDICTS[outcome];
    return sides.length > 0
      ? `${sides.join(', ').replace(/^server (with|without) one/, 'server $1 a sidecar')}: ${what}`
      : what;
  });
  return [...new Set(lines)].map((text) => ({ text }));
}

function seenStep({ endpoints, route }: Connection): ExplainStep[] {
  const failure = endpoints.find((each) => each.failure)?.failure;
  if (!failure) return [];
  return [{ name: 'seen', text: typicallySeen(failure, route === 'cluster' || route === 'passthrough'), because: [] }];
}
