// The steps of an explanation, one after the other.

import { type Workload, workloadKey } from '../mesh/workload';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import type { Handshake } from '../mtls/handshake';
import type { MutualTls } from '../mtls/mutual-tls';
import { isServerUnknown, modeAsked, type PossibleCase } from '../mtls/possible';
import type { ExplainStep } from './explain';
import { clientLines, serverLines } from './explain-lines';
import { failureWords } from './failures';
import { handshakeLines } from './handshake';
import { type Because, tlsWord } from './reasons';
import { missingFact, unknownLines } from './unknown';
import { type Verdict, verdictOfCases } from './verdict';

export function clientStep(
  mtls: MutualTls,
  client: Workload,
  connection: Connection,
  cases: readonly (readonly PossibleCase[])[],
): ExplainStep {
  return { name: 'client', text: sendsText(connection, cases), because: clientLines(mtls, client, connection) };
}

function sendsText({ route, send, clients }: Connection, cases: readonly (readonly PossibleCase[])[]): string {
  switch (route) {
    case 'no-sidecar':
      return clients[0]?.dataplane === 'none'
        ? 'has no sidecar: what the application sends goes out as it is, plaintext as a rule'
        : 'sends what the application sends: nothing here knows the host';
    case 'ztunnel': {
      const sent = [...new Set(cases.flat().map(({ tls }) => tlsWord(tls)))].join(' or ') || 'mTLS (HBONE)';
      const waypoint = send?.waypoint;
      return waypoint
        ? `sends ${sent} to the waypoint \`${workloadKey(waypoint)}\`, through ztunnel`
        : `sends ${sent}, through ztunnel`;
    }
    case 'excluded':
      return 'sends what the application sends: the pod keeps it from its sidecar';
    case 'passthrough':
      return 'sends what the application sends: its sidecar does not know the host and lets it through';
    case 'blocked':
      return 'sends nothing: its sidecar does not know the host, and unknown hosts are blocked';
    case 'unknown': {
      const sent = new Set(cases.flat().flatMap((each) => (each.clientHasProxy ? [tlsWord(each.tls)] : [])));
      const what = sent.size === 1 ? [...sent][0] : 'mTLS to pods with a sidecar';
      const condition = clients[0]?.dataplane === 'sidecar' ? 'its sidecar takes it' : 'it has a sidecar itself';
      return `sends ${what} if ${condition}, else plaintext`;
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
export function serverSteps(mtls: MutualTls, connection: Connection): ExplainStep[] {
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
  if (workload.dataplane === 'ambient') {
    const strict = mtls.ambientMode(workload, endpoint.port)?.mode === 'STRICT';
    return strict
      ? `is ambient: ztunnel lets in clients with an identity (HBONE) only, on ${at}`
      : `is ambient: ztunnel lets in HBONE and plaintext on ${at}`;
  }
  if (workload.dataplane === 'waypoint')
    return `is the waypoint of \`${connection.service.host}\`: it takes HBONE only, and calls the pods itself`;
  if (workload.dataplane === 'proxyless')
    return `is proxyless gRPC: the application answers on ${at}, with mTLS if it uses xDS credentials and a policy asks for it`;
  if (isServerUnknown(endpoint))
    return `${ACCEPTS[modeAsked(mtls, endpoint)!.mode]} on ${at} if it has a sidecar, else whatever the application reads`;
  if (workload.dataplane === 'gateway') return gatewayText(mtls, workload, endpoint.port, at);
  if (workload.dataplane === 'none') return `has no sidecar: the application answers on ${at}`;
  return `is ${workload.dataplane}, on ${at}`;
}

/** What the Gateways that select the pod say of the port. */
function gatewayText(mtls: MutualTls, workload: Workload, port: number, at: string): string {
  const listener = mtls.listener(workload, port);
  if (!listener) return `is a gateway, and no Gateway here has a server on ${at}`;
  const { plaintext, istio } = listener.wire;
  const takes =
    istio !== 'terminated' ? 'takes no Istio mTLS' : plaintext ? 'takes Istio mTLS' : 'takes Istio mTLS only';
  return `is a gateway: its listener on ${at} ${takes}`;
}

function portText({ port }: Connection, number: number): string {
  return number === port.port ? `\`${number}\`` : `\`${number}\` (targetPort of ${port.port})`;
}

export function resultStep(
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
      const waypoint = connection.send?.waypoint;
      if (waypoint) {
        const next = `\`${workloadKey(waypoint)}\``;
        return step(`the way to the waypoint is encrypted; explain ${next} as the client for the way on to the pods`);
      }
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
      return step(
        `${some}${failing?.failure ? failureWords(failing.failure, failing.endpoint.workload?.dataplane, failing.accepts?.mode.mode) : 'the server closes the connection'}`,
      );
    }
    case 'blocked':
      return step('the sidecar of the client answers itself: 502, or a reset for TCP');
    case 'no endpoints':
      return step('what comes of it depends on pods that are not in these files');
    case 'mixed':
      return step('it works, but not alike on all endpoints', endpointLines(connection, cases));
    case 'unknown':
      return step(missingFact(client, connection), unknownLines(client, connection, cases));
  }
}

function refusing({ endpoints }: Connection): number {
  return endpoints.filter(({ outcome }) => outcome === 'fail').length;
}

function endpointLines({ endpoints }: Connection, cases: readonly (readonly PossibleCase[])[]): Because[] {
  return endpoints.map((each, index) => ({ text: `\`${listNames([each])}\`: ${verdictOfCases(cases[index]!)}` }));
}

/** The TLS handshake, where the client begins one. */
export function handshakeSteps(handshakes: readonly Handshake[]): ExplainStep[] {
  return handshakeLines(handshakes).map(({ text, because }) => ({ name: 'handshake', text, because }));
}
