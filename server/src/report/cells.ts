// The cells of one connection: what a row of the table says of the server, the client and what comes of it.

import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { endpointsUnknown } from '../mesh/endpoints';
import { workloadKey } from '../mesh/workload';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import type { MutualTls } from '../mtls/mutual-tls';
import type { FailureCode } from '../mtls/outcome';
import { assumedSend, isServerUnknown, modeAsked, type PossibleCase, possibleCases } from '../mtls/possible';
import { namespaceMode } from '../mtls/server-mode';
import { captureBecause } from '../words/capture';
import {
  ambientBecause,
  type Because,
  clientBecause,
  dataplaneWords,
  lookupWords,
  modeBecause,
  tlsWord,
} from '../words/reasons';

/** What comes of a connection, as one word. `CONFLICT`: at least one endpoint refuses. */
export type Status = 'OK' | 'CONFLICT' | 'UNKNOWN' | 'BLOCKED' | 'NO ENDPOINTS';

/** One endpoint's part of a row. */
interface EndpointCells {
  /** `namespace/workload`, or the address. */
  readonly to: string;
  readonly port: number;
  readonly server: string;
  readonly client: string;
  readonly status: Status;
  readonly failure: FailureCode | undefined;
  readonly mayFail: boolean;
  readonly policy: PeerAuthentication | undefined;
}

export interface Cells {
  readonly status: Status;
  /** `STRICT`, `PERMISSIVE`, `DISABLE`, `no sidecar`, `gateway`, …; several are joined by ` + `. */
  readonly server: string;
  /** `mTLS`, `plaintext`, `TLS`, `as sent`, …; `?` behind it: only if there is a sidecar. */
  readonly client: string;
  readonly policies: readonly PeerAuthentication[];
  readonly rules: readonly DestinationRule[];
  readonly endpoints: readonly EndpointCells[];
  /** True when some case that the manifests leave open is refused. */
  readonly mayFail: boolean;
  /** What decided the cells, server first. */
  readonly because: readonly Because[];
}

/** The cells of a connection. */
export function cellsOf(mtls: MutualTls, connection: Connection): Cells {
  const rule = connection.rule ?? (connection.route === 'unknown' ? assumedSend(mtls, connection)?.rule : undefined);
  const rules = rule ? [rule.policyFrom ?? rule.rule] : [];
  if (connection.endpoints.length === 0) {
    const isAlias = connection.service.resolution === 'alias';
    return { ...withoutEndpoints(mtls, connection), rules: isAlias ? [] : rules };
  }
  const endpoints = connection.endpoints.map((each) => endpointCells(mtls, connection, each));
  const because = connection.endpoints.flatMap((each) => serverBecause(mtls, each));
  return {
    status: statusOf(connection, endpoints),
    server: joined(endpoints.map(({ server }) => server)),
    client: joined(endpoints.map(({ client }) => client)),
    policies: distinct(endpoints.flatMap(({ policy }) => (policy ? [policy] : []))),
    rules,
    endpoints,
    mayFail: endpoints.some(({ mayFail }) => mayFail),
    because: unique([...because, ...clientBecauses(mtls, connection)]),
  };
}

function statusOf(connection: Connection, endpoints: readonly EndpointCells[]): Status {
  if (connection.route === 'blocked') return 'BLOCKED';
  const all = new Set(endpoints.map(({ status }) => status));
  return all.has('CONFLICT') ? 'CONFLICT' : all.has('UNKNOWN') ? 'UNKNOWN' : 'OK';
}

function endpointCells(mtls: MutualTls, connection: Connection, each: ConnectionEndpoint): EndpointCells {
  const { endpoint } = each;
  const cases = possibleCases(mtls, connection, endpoint);
  const { workload } = endpoint;
  return {
    to: workload ? workloadKey(workload) : (endpoint.address ?? ''),
    port: endpoint.port,
    server: serverCell(mtls, connection, each),
    client: clientCell(connection, cases),
    status: connection.route === 'blocked' ? 'BLOCKED' : statusOfCases(cases),
    failure: each.failure,
    mayFail: cases.some(({ outcome }) => outcome === 'fail'),
    policy: policyOf(mtls, each),
  };
}

function policyOf(mtls: MutualTls, { endpoint, accepts }: ConnectionEndpoint): PeerAuthentication | undefined {
  if (isServerUnknown(endpoint)) return modeAsked(mtls, endpoint)?.policy;
  const { workload } = endpoint;
  return accepts?.mode.policy ?? (workload && mtls.ambientMode(workload, endpoint.port)?.policy);
}

/** A conflict must hold in every case; what differs from case to case is unknown. */
function statusOfCases(cases: readonly PossibleCase[]): Status {
  const outcomes = new Set(cases.map(({ outcome }) => outcome));
  if (outcomes.size > 1 || outcomes.has('mtls-unknown') || outcomes.has('unknown')) return 'UNKNOWN';
  return outcomes.has('fail') ? 'CONFLICT' : 'OK';
}

function serverCell(mtls: MutualTls, connection: Connection, { endpoint, accepts }: ConnectionEndpoint): string {
  const { workload } = endpoint;
  if (!workload) return connection.service.external ? 'external' : 'address';
  if (accepts) return accepts.captured ? accepts.mode.mode : 'past the sidecar';
  if (workload.dataplane === 'unknown') return `${modeAsked(mtls, endpoint)!.mode}?`;
  if (workload.dataplane === 'ambient') return `${mtls.ambientMode(workload, endpoint.port)!.mode} (ambient)`;
  if (workload.dataplane === 'proxyless') return 'proxyless gRPC';
  if (workload.dataplane === 'waypoint') return `waypoint ${workloadKey(workload)}`;
  return workload.dataplane === 'none' ? 'no sidecar' : workload.dataplane;
}

function clientCell(connection: Connection, cases: readonly PossibleCase[]): string {
  if (connection.route === 'blocked') return 'nothing';
  const sent = new Set(cases.map(({ tls }) => tls));
  if (sent.size > 1) return `${tlsWord([...sent].find((tls) => tls !== 'PLAINTEXT')!)}?`;
  const [tls] = sent;
  if (tls === 'PLAINTEXT' && connection.service.external && !asksForPlaintext(connection)) return 'as sent';
  return tlsWord(tls!);
}

function asksForPlaintext(connection: Connection): boolean {
  return connection.send?.whole?.reason.code === 'rule';
}

function withoutEndpoints(mtls: MutualTls, connection: Connection): Omit<Cells, 'rules'> {
  const { service, send, route, rule } = connection;
  const whole = send?.whole;
  const hint = namespaceMode(mtls.policies, service.namespace);
  const because = clientBecauses(mtls, connection);
  const base = { endpoints: [], policies: [], mayFail: false };
  const as = (status: Status, server: string, client: string, text: string): Omit<Cells, 'rules'> => ({
    ...base,
    status: route === 'blocked' ? 'BLOCKED' : status,
    server,
    client: route === 'blocked' ? 'nothing' : client,
    because: unique([{ text }, ...because]),
  });
  const sends = whole ? tlsWord(whole.tls) : route === 'cluster' ? 'auto' : 'plaintext';
  if (service.resolution === 'alias') {
    const text = 'an ExternalName is another name of a host: Istio treats the traffic as traffic to that host';
    return { ...as('OK', 'other name', 'as sent', text), because: [{ text, object: service.object }] };
  }
  if (service.external) {
    const client = whole?.reason.code === 'rule' ? tlsWord(whole.tls) : 'as sent';
    return as('OK', 'external', client, 'the host is outside the mesh');
  }
  if (connection.subset !== undefined && mtls.endpoints(service, connection.port).length > 0) {
    return as('NO ENDPOINTS', 'no pods', sends, `no pod has the labels of subset \`${connection.subset}\``);
  }
  if (!endpointsUnknown(mtls.mesh, service)) {
    return as('NO ENDPOINTS', 'no endpoints', sends, 'no pod behind the Service has this port');
  }
  const cells = as(
    'UNKNOWN',
    'no pods here',
    rule && whole ? sends : 'unknown',
    'no pod of the Service is in these files',
  );
  const policies = hint?.policy ? [hint.policy] : [];
  return { ...cells, policies, because: hint ? unique([...cells.because, modeBecause(hint)]) : cells.because };
}

function serverBecause(mtls: MutualTls, { endpoint, accepts }: ConnectionEndpoint): Because[] {
  const { workload } = endpoint;
  if (accepts?.captured) return [modeBecause(accepts.mode)];
  if (accepts) return [{ text: 'an annotation leads the port past the sidecar', object: workload!.object }];
  if (!workload) return [];
  const ambient = mtls.ambientMode(workload, endpoint.port);
  if (ambient) return [ambientBecause(ambient)];
  const why = {
    text: `\`${workloadKey(workload)}\`: ${dataplaneWords(workload.reason)}`,
    object: workload.object,
  };
  return workload.dataplane === 'unknown' ? [modeBecause(modeAsked(mtls, endpoint)!), why] : [why];
}

function clientBecauses(mtls: MutualTls, connection: Connection): Because[] {
  const { route, rule, clients, service } = connection;
  switch (route) {
    case 'no-sidecar':
      return [{ text: `${clients.length === 1 ? 'the client has' : 'these clients have'} no sidecar` }];
    case 'excluded':
      return [captureBecause(clients[0]!, service, connection.port)!];
    case 'passthrough':
      return [
        {
          text: 'the host is not in the Sidecar scope of these clients, so traffic goes out as the application sends it',
        },
      ];
    case 'blocked':
      return [
        { text: 'the host is not in the Sidecar scope of these clients, and REGISTRY_ONLY blocks unknown hosts' },
      ];
    case 'unknown': {
      const past = clients[0] && captureBecause(clients[0], service, connection.port);
      const words = past?.text ?? (clients[0] ? dataplaneWords(clients[0].reason) : '');
      const send = assumedSend(mtls, connection);
      const whole = send?.whole && clientBecause(send.whole, send.rule);
      return [{ text: `clients: ${words}` }, ...(whole ? [whole] : [])];
    }
    case 'ztunnel':
    case 'cluster': {
      const send = connection.send!;
      const decisions = send.whole ? [send.whole] : distinct(send.endpoints.map(({ decision }) => decision));
      const candidates = rule && clients[0] && mtls.candidates(clients[0].namespace, service);
      const lookup = candidates ? [{ text: lookupWords(candidates.step), object: rule.rule }] : [];
      const known = decisions.filter(
        ({ reason }) =>
          reason.code !== 'endpoint-takes-no-mtls' ||
          !connection.endpoints.some(({ endpoint }) => isServerUnknown(endpoint)),
      );
      return [...known.map((decision) => clientBecause(decision, rule, connection.subset)), ...lookup];
    }
  }
}

/** `STRICT`, or `STRICT + no sidecar`: each value once, in the order of the endpoints. */
function joined(values: readonly string[]): string {
  const all = distinct(values);
  return all.length <= 2 ? all.join(' + ') : 'mixed';
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function unique(reasons: readonly Because[]): Because[] {
  const seen = new Map(reasons.map((reason) => [reason.text, reason]));
  return [...seen.values()];
}
