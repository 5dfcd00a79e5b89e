// What to change so that a refused connection works: the field, and its new value. The safest change comes first.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { policyBehind } from '../mesh/backend-tls';
import type { Workload } from '../mesh/workload';
import { outboundCapture } from '../mtls/capture';
import type { ClientDecision } from '../mtls/client-tls';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import { identityOf, spiffe } from '../mtls/handshake';
import { isTunnel } from '../mtls/hbone';
import type { MutualTls } from '../mtls/mutual-tls';
import { ruleAt } from '../mtls/rule-index';
import type { ModeDecision } from '../mtls/server-mode';
import type { AccessAnswer } from './access';
import { captureBecause } from './capture';
import { objectName, shortHost } from './names';
import type { Because } from './reasons';

/** Remedies for a connection; none for one that works. */
export function remedies(mtls: MutualTls, client: Workload, connection: Connection): Because[] {
  if (connection.route === 'unknown') return client.dataplane === 'unknown' ? unknownRemedies([client]) : [];
  const failing = connection.endpoints.find(({ failure }) => failure !== undefined);
  if (connection.route === 'blocked') return importHost(mtls, client, connection);
  if (!failing) {
    const unknown = connection.endpoints.flatMap(({ endpoint }) =>
      endpoint.workload?.dataplane === 'unknown' ? [endpoint.workload] : [],
    );
    return [...unknownRemedies(unknown), ...addressRemedies(connection)];
  }
  switch (connection.route) {
    case 'no-sidecar':
      return [...(client.dataplane === 'none' ? [giveSidecar(mtls, client)] : []), ...acceptPlaintext(mtls, failing)];
    case 'ztunnel':
      return ambientRemedies(mtls, failing);
    case 'excluded':
      return [...takeIn(client, connection), ...acceptPlaintext(mtls, failing)];
    case 'passthrough':
      return [...importHost(mtls, client, connection), ...acceptPlaintext(mtls, failing)];
    case 'cluster':
      return clusterRemedies(mtls, connection, failing);
  }
}

/** A service account promises a proxy; a label takes the promise back. */
function addressRemedies({ endpoints, service }: Connection): Because[] {
  const end = endpoints.find(({ outcome }) => outcome === 'mtls-unknown')?.endpoint;
  if (!end) return [];
  const text = `if no proxy is at \`${end.address}\`: label the endpoint \`security.istio.io/tlsMode: disabled\`, or remove its \`serviceAccount\``;
  return [{ text, object: end.entry ?? service.object }];
}

/** A missing fact is stated, not mended. */
function unknownRemedies(workloads: readonly Workload[]): Because[] {
  const texts = workloads.map(({ namespace, reason }) =>
    reason.code === 'revision-unknown'
      ? 'state which revisions are installed: the setting `mutual.assume.revisions`'
      : `add the Namespace manifest of \`${namespace}\` with its labels, or state it: \`--assume-injected ${namespace}\``,
  );
  return [...new Set(texts)].map((text) => ({ text }));
}

function clusterRemedies(mtls: MutualTls, connection: Connection, failing: ConnectionEndpoint): Because[] {
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
      return change ?? [];
    case 'istio-mtls-to-disabled':
      return [...serverMode(failing, 'PERMISSIVE'), ...(removeBlock(connection, decision) ?? [])];
    case 'istio-mtls-to-no-sidecar': {
      const server = failing.endpoint.workload;
      return [...(server ? [giveSidecar(mtls, server)] : []), ...(removeBlock(connection, decision) ?? change ?? [])];
    }
    case 'identity-refused':
      return expectServer(mtls, connection, decision, failing);
    case 'tunnel-refused':
      return ambientRemedies(mtls, failing);
    default:
      return [];
  }
}

/** The server's own identity among the names that the rule lists. */
function expectServer(
  mtls: MutualTls,
  { rule, subset }: Connection,
  { reason }: ClientDecision,
  { endpoint }: ConnectionEndpoint,
): Because[] {
  if (!rule || reason.code !== 'rule') return [];
  const { namespace, serviceAccount = 'default' } = endpoint;
  const identity = spiffe(identityOf(mtls.mesh.settings, { namespace, serviceAccount }));
  const object = ruleAt(rule, reason.path, subset);
  const path = [...reason.path, 'subjectAltNames'];
  return [
    { text: `add \`${identity}\` to \`subjectAltNames\``, object, path },
    { text: 'or remove `subjectAltNames`: clients then expect the service accounts of the endpoints', object, path },
  ];
}

/** A client of ambient cannot be told otherwise: the server has to take what comes. */
function ambientRemedies(mtls: MutualTls, failing: ConnectionEndpoint): Because[] {
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

/** What to change where policies, not the connection, keep the client out. */
export function accessRemedies(
  mtls: MutualTls,
  client: Workload,
  connection: Connection,
  access: readonly AccessAnswer[],
): Because[] {
  const denied = access.find(({ decision }) => decision === 'denied');
  if (!denied) return [];
  const line = denied.because.find(({ object }) => object?.kind === 'AuthorizationPolicy');
  const object = line?.object as AuthorizationPolicy | undefined;
  if (!denied.withIdentity && denied.dependsOnIdentity) {
    const host = connection.service.host;
    return [
      { text: `send mTLS to \`${host}\`: without it the policies do not know the client`, object, path: line?.path },
    ];
  }
  if (!object) return [];
  const principal = spiffe(identityOf(mtls.mesh.settings, client)).slice('spiffe://'.length);
  return object.spec.action === 'ALLOW'
    ? [{ text: `let it in: a rule with \`principals: ["${principal}"]\` in an ALLOW policy`, object, path: line?.path }]
    : [{ text: 'narrow the rule that refuses it', object, path: line?.path }];
}

/** A rule that says ISTIO_MUTUAL breaks the endpoints that cannot take it, so those come first. */
function towardsMtls(
  mtls: MutualTls,
  connection: Connection,
  decision: ClientDecision,
  change: Because[] | undefined,
): Because[] | undefined {
  const unable = connection.endpoints.find(({ accepts }) => accepts?.wire.istio !== 'terminated');
  if (!change || !unable) return change;
  const { workload } = unable.endpoint;
  // auto mTLS judges each endpoint by itself, where clients do not pick the address themselves
  if (connection.service.resolution === 'client-side' && mtls.mesh.settings.enableAutoMtls) {
    return removeBlock(connection, decision) ?? change;
  }
  return workload?.dataplane === 'none' ? [giveSidecar(mtls, workload), ...change] : change;
}

/** The `tls` block that decided, changed to another mode. */
function ruleChange({ rule }: Connection, { reason, tls }: ClientDecision, mode: string): Because[] | undefined {
  const object = rule?.policyFrom ?? rule?.rule;
  if (!object || !('path' in reason)) return undefined;
  const { path } = reason;
  const made = policyBehind(object, path);
  if (made)
    return [{ text: `take \`${objectName(made)}\` away: clients in the mesh need none`, object: made, path: ['spec'] }];
  const now = tls === 'PLAINTEXT' ? 'DISABLE' : tls;
  switch (reason.code) {
    case 'rule':
      return reason.modeStated
        ? [{ text: `\`mode: ${now}\` → \`${mode}\``, object, path: [...path, 'mode'] }]
        : [{ text: `add \`mode: ${mode}\` to the \`tls\` block`, object, path }];
    case 'credential-name-ignored':
      return [
        { text: `\`tls\`: \`mode: ${mode}\` without \`credentialName\``, object, path: [...path, 'credentialName'] },
      ];
    default:
      return [{ text: `set \`mode: ${mode}\` in the \`tls\` block`, object, path }];
  }
}

function removeBlock({ rule }: Connection, { reason }: ClientDecision): Because[] | undefined {
  const object = rule?.policyFrom ?? rule?.rule;
  if (!object || !('path' in reason)) return undefined;
  return [{ text: 'remove the `tls` block: auto mTLS then follows the server', object, path: reason.path }];
}

/** Plaintext without a rule that says so: a rule can say otherwise. */
function withoutRule(mtls: MutualTls, { service }: Connection, { reason }: ClientDecision): Because[] {
  const host = shortHost(service.host, mtls.mesh.settings.clusterDomain);
  const add = `add a DestinationRule for \`${service.host}\` with \`tls.mode: ISTIO_MUTUAL\``;
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
        { text: add },
        { text: '`mode: DISABLE` → `PERMISSIVE` for the namespace', object: reason.by.policy, path: reason.by.path },
      ];
    default:
      return [{ text: add }];
  }
}

function giveSidecar(mtls: MutualTls, workload: Workload): Because {
  const namespace = mtls.mesh.labelled(workload.namespace);
  const name = `\`${objectName(workload.object)}\``;
  const { code } = workload.reason;
  if (code === 'no-injection-label' || code === 'namespace-opts-out') {
    return {
      text: `give ${name} a sidecar: label its namespace \`istio-injection: enabled\` and restart the pods${mtls.mesh.settings.ambient ? '; or enrol it: `istio.io/dataplane-mode: ambient`' : ''}`,
      object: namespace ?? workload.object,
      path: ['metadata', 'labels'],
    };
  }
  if (code === 'pod-opts-out') {
    const path =
      'template' in workload.object.spec ? [...workload.object.spec.template.path, 'metadata', 'labels'] : [];
    return {
      text: `give ${name} a sidecar: remove \`sidecar.istio.io/inject: "false"\``,
      object: workload.object,
      path,
    };
  }
  return { text: `give ${name} a sidecar`, object: workload.object };
}

/** The server's side: PERMISSIVE for the one port, which needs a policy with a selector. */
function acceptPlaintext(mtls: MutualTls, { endpoint, accepts }: ConnectionEndpoint): Because[] {
  const mode = accepts?.mode ?? (endpoint.workload && mtls.ambientMode(endpoint.workload, endpoint.port));
  const { policy } = mode ?? {};
  if (!policy || !mode) return [];
  // in ambient the policies may have come to nothing here, and something else refuses
  if (mode.mode === 'PERMISSIVE') return [];
  if (mode.level === 'port' || mode.level === 'workload') return serverModeAt(mode, 'PERMISSIVE');
  const name = endpoint.workload ? `\`${endpoint.workload.namespace}/${endpoint.workload.name}\`` : 'the workload';
  return [
    {
      text: `or accept plaintext on port \`${endpoint.port}\` of ${name} alone: a PeerAuthentication that selects it, with \`portLevelMtls\` PERMISSIVE`,
      object: policy,
      path: mode.path,
    },
  ];
}

function serverMode({ accepts }: ConnectionEndpoint, mode: string): Because[] {
  return accepts?.mode.policy ? serverModeAt(accepts.mode, mode) : [];
}

function serverModeAt({ policy, path, mode }: ModeDecision, wanted: string): Because[] {
  return [{ text: `\`mode: ${mode}\` → \`${wanted}\``, object: policy, path }];
}

/** The client's pods keep the traffic from their sidecars. */
function takeIn(client: Workload, { service, port }: Connection): Because[] {
  const past = captureBecause(client, service, port);
  const { annotation } = outboundCapture(client, service, port.port);
  return past ? [{ ...past, text: `let \`${annotation}\` leave this port to the sidecar` }] : [];
}

/** The client's Sidecar lacks the host. */
function importHost(mtls: MutualTls, client: Workload, { service }: Connection): Because[] {
  const { sidecar } = mtls.mesh.scopeOf(client);
  const entry = `${service.namespace}/${service.host}`;
  if (!sidecar) return [{ text: `export the service to \`${client.namespace}\``, object: service.object }];
  return [{ text: `add \`${entry}\` to \`egress.hosts\``, object: sidecar, path: ['spec', 'egress'] }];
}
