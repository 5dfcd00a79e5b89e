// What may come of a connection where manifests do not show whether a pod has a sidecar: both cases, side by side.
import type { Endpoint } from '../mesh/endpoints';
import type { ClientDecision, ClientTls } from './client-tls';
import type { Connection } from './connections';
import { type WireBehaviour, wireBehaviour } from './inbound';
import type { MutualTls, Send } from './mutual-tls';
import { type Outcome, outcomeOf } from './outcome';
import { type ModeDecision, modeForPort } from './server-mode';

/** One case: what is sent and what comes of it, if the client and the server have the sidecars stated. */
export interface PossibleCase {
  readonly clientHasProxy: boolean;
  readonly serverHasSidecar: boolean;
  readonly tls: ClientTls;
  readonly outcome: Outcome;
}

/** True when no manifest shows whether the pod behind the endpoint has a sidecar. */
export function isServerUnknown(endpoint: Endpoint): boolean {
  return endpoint.workload?.dataplane === 'unknown';
}

/** The mode that the endpoint's policies ask for, whether or not a sidecar is there to hold to it. */
export function modeAsked(mtls: MutualTls, endpoint: Endpoint): ModeDecision | undefined {
  return endpoint.workload && modeForPort(mtls.policyOf(endpoint.workload), endpoint.port);
}

/**
 * Every case that the manifests leave open for one endpoint of a connection; a single one where all is known. Where
 * the case has a sidecar that no manifest shows, it is taken to be captured and injected as usual.
 */
export function possibleCases(mtls: MutualTls, connection: Connection, endpoint: Endpoint): PossibleCase[] {
  const { route } = connection;
  const clients = route === 'unknown' ? [true, false] : [route === 'cluster' || route === 'ztunnel'];
  const unknown = isServerUnknown(endpoint);
  const known = endpoint.workload && mtls.accepts(endpoint.workload, endpoint.port);
  const settled = connection.endpoints.find((each) => each.endpoint === endpoint);
  if (settled && !unknown && route !== 'unknown') {
    const { decision, outcome } = settled;
    const clientHasProxy = route === 'cluster' || route === 'ztunnel';
    return [{ clientHasProxy, serverHasSidecar: known !== undefined, tls: decision?.tls ?? 'PLAINTEXT', outcome }];
  }
  const ambient = endpoint.workload && mtls.ambientAccepts(endpoint.workload, endpoint.port);
  const servers = unknown ? [true, false] : [known !== undefined];
  const send = connection.send ?? (route === 'unknown' ? assumedSend(mtls, connection) : undefined);
  return clients.flatMap((clientHasProxy) =>
    servers.map((serverHasSidecar): PossibleCase => {
      const tls = clientHasProxy && send ? tlsTowards(mtls, send, endpoint, serverHasSidecar) : 'PLAINTEXT';
      const wire = serverHasSidecar ? (known?.wire ?? assumedWire(mtls, endpoint)) : undefined;
      return { clientHasProxy, serverHasSidecar, tls, outcome: outcomeOf(tls, { endpoint, wire, ambient }) };
    }),
  );
}

/** What clients of unknown kind would send if they had a sidecar. */
export function assumedSend(mtls: MutualTls, connection: Connection): Send | undefined {
  const client = connection.clients[0];
  if (!client) return undefined;
  const rule = mtls.ruleFor(client, connection.service);
  return mtls.send(connection.service, connection.port, undefined, rule, 'sidecar');
}

/** Decisions that rest on what endpoints say of themselves say nothing about pods of unknown kind. */
function restsOnEndpoints(decision: ClientDecision): boolean {
  return decision.reason.code.startsWith('passthrough-');
}

function tlsTowards(mtls: MutualTls, send: Send, endpoint: Endpoint, serverHasSidecar: boolean): ClientTls {
  if (send.whole && !(isServerUnknown(endpoint) && restsOnEndpoints(send.whole))) return send.whole.tls;
  if (isServerUnknown(endpoint)) {
    const disabled = modeAsked(mtls, endpoint)?.mode === 'DISABLE';
    return serverHasSidecar && !disabled ? 'ISTIO_MUTUAL' : 'PLAINTEXT';
  }
  return send.endpoints.find((each) => each.endpoint === endpoint)?.decision.tls ?? 'PLAINTEXT';
}

function assumedWire(mtls: MutualTls, endpoint: Endpoint): WireBehaviour | undefined {
  const { workload } = endpoint;
  const mode = modeAsked(mtls, endpoint);
  return workload && mode && wireBehaviour(mode.mode, mtls.protocolsOf(workload).get(endpoint.port) ?? 'auto');
}
