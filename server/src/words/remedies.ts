// What to change so that a refused connection works: the field, and its new value. The safest change comes first.
import type { Workload } from '../mesh/workload';
import { inboundCapture } from '../mtls/capture';
import type { ClientDecision } from '../mtls/client-tls';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import { identityOf, isServerRefused, spiffe } from '../mtls/handshake';
import { isTunnel } from '../mtls/hbone';
import type { MutualTls } from '../mtls/mutual-tls';
import { ruleAt } from '../mtls/rule-index';
import { type ModeDecision, modeForPort } from '../mtls/server-mode';
import { type Change, hostRule, portMode, type Remedy } from './changes';
import { giveSidecar, ifEnough, importHost, takeIn, unknownRemedies } from './client-remedies';
import { shortHost } from './names';
import { removeBlock, ruleChange } from './rule-remedies';

/** Remedies for a connection; none for one that works. Each of those with a change mends the first endpoint that fails. */
export function remedies(mtls: MutualTls, client: Workload, connection: Connection): Remedy[] {
  if (connection.route === 'unknown') return client.dataplane === 'unknown' ? unknownRemedies([client]) : [];
  const failing = connection.endpoints.find(({ failure }) => failure !== undefined);
  const waypoint = connection.endpoints.find(({ endpoint }) => endpoint.workload?.dataplane === 'waypoint');
  if (waypoint && waypoint === failing)
    return [{ text: 'call the services behind the waypoint: nobody but ztunnel calls it by itself' }];
  const imported = (end: ConnectionEndpoint | undefined): Remedy[] =>
    importHost(mtls, client, connection).map((each) =>
      each.change && end ? ifEnough(mtls, client, connection, end, each) : each,
    );
  if (connection.route === 'blocked') return imported(failing ?? connection.endpoints[0]);
  if (!failing) {
    const unknown = connection.endpoints.flatMap(({ endpoint }) =>
      endpoint.workload?.dataplane === 'unknown' ? [endpoint.workload] : [],
    );
    return [...unknownRemedies(unknown), ...addressRemedies(connection)];
  }
  switch (connection.route) {
    case 'no-sidecar':
      return [
        ...(client.dataplane === 'none'
          ? [ifEnough(mtls, client, connection, failing, giveSidecar(mtls, client))]
          : []),
        ...acceptPlaintext(mtls, failing),
      ];
    case 'ztunnel':
      return ambientRemedies(mtls, failing);
    case 'excluded':
      return [...takeIn(client, connection), ...acceptPlaintext(mtls, failing)];
    case 'passthrough':
      return [...imported(failing), ...acceptPlaintext(mtls, failing)];
    case 'cluster':
      return clusterRemedies(mtls, connection, failing);
  }
}

/** Clients do not know that the port goes past the sidecar: they are told by a mode, or by their rule. */
function pastSidecar(
  mtls: MutualTls,
  connection: Connection,
  decision: ClientDecision,
  { endpoint }: ConnectionEndpoint,
): Remedy[] {
  const change = ruleChange(connection, decision, 'DISABLE');
  if (change) return change;
  const { workload, port } = endpoint;
  const { service, clients } = connection;
  if (!workload) return [];
  if (decision.reason.code.startsWith('passthrough-') && clients[0]) {
    const text = `add a DestinationRule for \`${service.host}\` with \`tls.mode: DISABLE\``;
    return [{ text, change: hostRule(clients[0].namespace, service.host, 'DISABLE') }];
  }
  const text = `say that port \`${port}\` of \`${workload.namespace}/${workload.name}\` takes no mTLS: \`portLevelMtls\` DISABLE`;
  return [{ text, object: workload.object, change: portMode(mtls, workload, port, 'DISABLE') }];
}

/** A service account promises a proxy; a label takes the promise back. */
function addressRemedies({ endpoints, service }: Connection): Remedy[] {
  const end = endpoints.find(({ outcome }) => outcome === 'mtls-unknown')?.endpoint;
  if (!end) return [];
  const text = `if no proxy is at \`${end.address}\`: label the endpoint \`security.istio.io/tlsMode: disabled\`, or remove its \`serviceAccount\``;
  return [{ text, object: end.entry ?? service.object }];
}

function clusterRemedies(mtls: MutualTls, connection: Connection, failing: ConnectionEndpoint): Remedy[] {
  const { decision, failure } = failing;
  if (!decision) return [];
  const change = ruleChange(connection, decision, failure === 'istio-mtls-to-no-sidecar' ? 'DISABLE' : 'ISTIO_MUTUAL');
  switch (failure) {
    case 'plaintext-refused':
      // ztunnel ends no Istio mTLS: a rule would not help
      if (failing.ambient) return acceptPlaintext(mtls, failing);
      return [
        ...(towardsMtls(mtls, connection, decision, change) ?? withoutRule(mtls, connection, decision)),
        ...acceptPlaintext(mtls, failing),
      ];
    case 'tls-refused':
      return otherTls(mtls, connection, decision, failing);
    case 'istio-mtls-to-disabled':
      if (failing.accepts?.captured === false) return pastSidecar(mtls, connection, decision, failing);
      return [
        ...serverMode(failing, 'PERMISSIVE').map((each) => unlessRefused(mtls, connection, failing, each)),
        ...(removeBlock(connection, decision) ?? ruleChange(connection, decision, 'DISABLE') ?? []),
      ];
    case 'istio-mtls-to-no-sidecar': {
      // a label that promises a sidecar deceives auto mTLS too
      const auto = failing.endpoint.tlsMode === 'istio' ? undefined : removeBlock(connection, decision);
      const plain = change?.map((each) =>
        failing.ambient?.plaintext === false ? notEnough(each, 'policies of the server refuse plaintext') : each,
      );
      return [...serverSidecar(mtls, connection, failing), ...(auto ?? plain ?? [])];
    }
    case 'identity-refused':
      return expectServer(mtls, connection, decision, failing);
    case 'tunnel-refused':
      return ambientRemedies(mtls, failing);
    default:
      return [];
  }
}

/** In the place of the application's TLS what the server takes. */
function otherTls(
  mtls: MutualTls,
  connection: Connection,
  decision: ClientDecision,
  failing: ConnectionEndpoint,
): Remedy[] {
  // ztunnel ends no Istio mTLS: a rule would not help
  if (failing.ambient) return acceptPlaintext(mtls, failing);
  const { workload, port } = failing.endpoint;
  const takesMtls = mtls.wireOf(workload, port)?.istio === 'terminated';
  return ruleChange(connection, decision, takesMtls ? 'ISTIO_MUTUAL' : 'DISABLE') ?? [];
}

/** A sidecar for the server; its policies and annotations must let it end mTLS then. */
function serverSidecar(mtls: MutualTls, connection: Connection, failing: ConnectionEndpoint): Remedy[] {
  const { workload, port } = failing.endpoint;
  if (!workload) return [];
  const remedy = unlessRefused(mtls, connection, failing, giveSidecar(mtls, workload));
  const isCaptured = inboundCapture(mtls.mesh, { ...workload, dataplane: 'sidecar' })(port);
  if (isCaptured && modeForPort(mtls.policyOf(workload), port).mode !== 'DISABLE') return [remedy];
  return [
    notEnough(remedy, isCaptured ? 'mTLS is disabled on the port' : 'annotations of the pod lead the port past it'),
  ];
}

function notEnough({ change: _, ...rest }: Remedy, besides: string): Remedy {
  return { ...rest, text: `${rest.text}; it is not enough by itself: ${besides}` };
}

/** Where the server takes mTLS, the client may still not take the server. */
function unlessRefused(
  mtls: MutualTls,
  { send }: Connection,
  { endpoint, decision }: ConnectionEndpoint,
  remedy: Remedy,
): Remedy {
  if (!send || !decision || !isServerRefused(mtls, send, decision, endpoint)) return remedy;
  const { change: _, ...rest } = remedy;
  return { ...rest, text: `${remedy.text}; \`subjectAltNames\` of the rule have to name the server as well` };
}

/** The server's own identity among the names that the rule lists. */
function expectServer(
  mtls: MutualTls,
  { rule, subset }: Connection,
  { reason }: ClientDecision,
  { endpoint }: ConnectionEndpoint,
): Remedy[] {
  if (!rule || reason.code !== 'rule') return [];
  const { namespace, serviceAccount = 'default' } = endpoint;
  const identity = spiffe(identityOf(mtls.mesh.settings, { namespace, serviceAccount }));
  const object = ruleAt(rule, reason.path, subset);
  const path = [...reason.path, 'subjectAltNames'];
  return [
    {
      text: `add \`${identity}\` to \`subjectAltNames\``,
      ...{ object, path, change: { op: 'append', object, path, value: identity } },
    },
    {
      text: 'or remove `subjectAltNames`: clients then expect the service accounts of the endpoints',
      ...{ object, path, change: { op: 'remove', object, path } },
    },
  ];
}

/** A client of ambient cannot be told otherwise: the server has to take what comes. */
function ambientRemedies(mtls: MutualTls, failing: ConnectionEndpoint): Remedy[] {
  const { workload } = failing.endpoint;
  if (failing.decision && isTunnel(failing.decision.tls) && workload && !workload.listensForHbone) {
    return [
      {
        text: 'remove the label `networking.istio.io/tunnel: http`, or give the pod a proxy that takes HBONE',
        object: workload.object,
      },
    ];
  }
  return workload?.dataplane === 'sidecar'
    ? [
        {
          text: `let the sidecar of \`${workload.namespace}/${workload.name}\` take HBONE: \`ISTIO_META_ENABLE_HBONE: "true"\` in \`proxyMetadata\``,
          object: workload.object,
        },
        ...acceptPlaintext(mtls, failing),
      ]
    : [];
}

/** A rule that says ISTIO_MUTUAL breaks the endpoints that cannot take it, so those come first. */
function towardsMtls(
  mtls: MutualTls,
  connection: Connection,
  decision: ClientDecision,
  change: Remedy[] | undefined,
): Remedy[] | undefined {
  const unable = connection.endpoints.find(({ accepts }) => accepts?.wire.istio !== 'terminated');
  if (!change || !unable) return change;
  const { workload } = unable.endpoint;
  // auto mTLS judges each endpoint by itself, where clients do not pick the address themselves
  if (connection.service.resolution === 'client-side' && mtls.mesh.settings.enableAutoMtls) {
    return removeBlock(connection, decision) ?? change;
  }
  return workload?.dataplane === 'none' ? [giveSidecar(mtls, workload), ...change] : change;
}

/** Plaintext without a rule that says so: a rule can say otherwise. */
function withoutRule(mtls: MutualTls, { service, clients }: Connection, { reason }: ClientDecision): Remedy[] {
  const host = shortHost(service.host, mtls.mesh.settings.clusterDomain);
  const add = `add a DestinationRule for \`${service.host}\` with \`tls.mode: ISTIO_MUTUAL\``;
  const [client] = clients;
  const rule: Remedy = {
    text: add,
    ...(client && { change: hostRule(client.namespace, service.host, 'ISTIO_MUTUAL') }),
  };
  switch (reason.code) {
    case 'passthrough-mixed': {
      const { workload } = reason.endpoint;
      return [
        ...(workload ? [giveSidecar(mtls, workload)] : []),
        { text: `give \`${host}\` a subset or a Service of its own for the pods with a sidecar` },
      ];
    }
    case 'namespace-disabled':
      return [
        rule,
        {
          text: '`mode: DISABLE` → `PERMISSIVE` for the namespace',
          ...{ object: reason.by.policy, path: reason.by.path },
          ...(reason.by.policy && {
            change: { op: 'set', object: reason.by.policy, path: reason.by.path, value: 'PERMISSIVE' },
          }),
        },
      ];
    case 'waypoint-plaintext':
      // no rule makes a waypoint send Istio mTLS
      return [];
    default:
      return [rule];
  }
}

/** The server's side: PERMISSIVE for the one port, which needs a policy with a selector. */
function acceptPlaintext(mtls: MutualTls, { endpoint, accepts }: ConnectionEndpoint): Remedy[] {
  const mode = accepts?.mode ?? (endpoint.workload && mtls.ambientMode(endpoint.workload, endpoint.port));
  const { policy } = mode ?? {};
  if (!policy || !mode) return [];
  // in ambient the policies may have come to nothing here, and something else refuses
  if (mode.mode === 'PERMISSIVE') return [];
  if (mode.level === 'port' || mode.level === 'workload')
    return serverModeAt(mode, 'PERMISSIVE').map(({ change, ...rest }) =>
      accepts && change ? { ...rest, change } : rest,
    );
  const name = endpoint.workload ? `\`${endpoint.workload.namespace}/${endpoint.workload.name}\`` : 'the workload';
  return [
    {
      text: `or accept plaintext on port \`${endpoint.port}\` of ${name} alone: a PeerAuthentication that selects it, with \`portLevelMtls\` PERMISSIVE`,
      object: policy,
      path: mode.path,
      // ztunnel has policies and conversions of its own, so that there one change may not be enough
      ...(accepts && endpoint.workload && { change: portMode(mtls, endpoint.workload, endpoint.port, 'PERMISSIVE') }),
    },
  ];
}

function serverMode({ accepts }: ConnectionEndpoint, mode: string): Remedy[] {
  return accepts?.mode.policy ? serverModeAt(accepts.mode, mode) : [];
}

function serverModeAt({ policy, path, mode }: ModeDecision, wanted: string): Remedy[] {
  const change: Change | undefined = policy && { op: 'set', object: policy, path, value: wanted };
  return [{ text: `\`mode: ${mode}\` → \`${wanted}\``, object: policy, path, ...(change && { change }) }];
}
