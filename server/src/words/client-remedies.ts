// What to change at a client that sends past its proxy, or has none.
import type { WorkloadObject } from '../manifest/kinds/workload';
import type { Namespace } from '../manifest/read';
import { couldImport } from '../mesh/egress';
import { isVisibleIn } from '../mesh/service';
import { readWorkloadPod, type Workload } from '../mesh/workload';
import { outboundCapture } from '../mtls/capture';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import { isServerRefused } from '../mtls/handshake';
import type { MutualTls } from '../mtls/mutual-tls';
import { captureBecause } from './capture';
import type { Change, Remedy } from './changes';
import { objectName } from './names';

/** What its sidecar would know of a client that has none, or too little, must let the connection stand. */
export function ifEnough(
  mtls: MutualTls,
  client: Workload,
  { service, port }: Connection,
  { endpoint }: ConnectionEndpoint,
  remedy: Remedy,
): Remedy {
  const { change, ...rest } = remedy;
  const injected: Workload = { ...client, dataplane: 'sidecar' };
  const known = mtls.mesh.scopeOf(injected).services.get(service.host)?.service === service;
  const imports = change?.op === 'append';
  if (!known && !imports) return { ...rest, text: `${remedy.text}; its Sidecar has to import the host as well` };
  if (outboundCapture(injected, service, port.port).captured !== true) return rest;
  const send = mtls.send(service, port, undefined, mtls.ruleFor(injected, service), 'sidecar');
  const found = send.endpoints.find((each) => each.endpoint === endpoint);
  if (found && found.outcome !== 'fail' && !isServerRefused(mtls, send, found.decision, endpoint)) return remedy;
  const rule = send.rule && (send.rule.policyFrom ?? send.rule.rule);
  const then = rule ? `, and mend \`${objectName(rule)}\`, which it uses then` : '; it is not enough by itself';
  return { ...rest, text: `${remedy.text}${then}` };
}

/** A sidecar for a workload, by the label that keeps it from one. */
export function giveSidecar(mtls: MutualTls, workload: Workload): Remedy {
  const namespace = mtls.mesh.labelled(workload.namespace);
  const name = `\`${objectName(workload.object)}\``;
  const { code } = workload.reason;
  if (code === 'no-injection-label' || code === 'namespace-opts-out') {
    const path = ['metadata', 'labels'];
    return {
      text: `give ${name} a sidecar: label its namespace \`istio-injection: enabled\` and restart the pods${mtls.mesh.settings.ambient ? '; or enrol it: `istio.io/dataplane-mode: ambient`' : ''}`,
      object: namespace ?? workload.object,
      path,
      ...(namespace &&
        labelInjects(mtls, workload, namespace) && {
          change: { op: 'set', object: namespace, path: [...path, 'istio-injection'], value: 'enabled' },
        }),
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

/** Whether the namespace's label is all that is missing. */
function labelInjects({ mesh }: MutualTls, { object }: Workload, namespace: Namespace): boolean {
  if (!('template' in object.spec)) return false;
  const { metadata } = namespace;
  const labelled = {
    ...namespace,
    metadata: { ...metadata, labels: { ...metadata.labels, 'istio-injection': 'enabled' } },
  };
  return readWorkloadPod(object as WorkloadObject, labelled, mesh.settings, {}).dataplane === 'sidecar';
}

/** The client's pods keep the traffic from their sidecars. */
export function takeIn(client: Workload, { service, port }: Connection): Remedy[] {
  const past = captureBecause(client, service, port);
  const { annotation } = outboundCapture(client, service, port.port);
  return past ? [{ ...past, text: `let \`${annotation}\` leave this port to the sidecar` }] : [];
}

/** The client's Sidecar lacks the host. */
export function importHost(mtls: MutualTls, client: Workload, { service, port }: Connection): Remedy[] {
  const { sidecar } = mtls.mesh.scopeOf(client);
  const entry = `${service.namespace}/${service.host}`;
  const isShown = isVisibleIn(service.visibility, client.namespace);
  if (!sidecar || !isShown) return [{ text: `export the service to \`${client.namespace}\``, object: service.object }];
  const { egress = [] } = sidecar.spec;
  const place = { object: sidecar, path: ['spec', 'egress'] };
  const found = egress.findIndex((each) => couldImport(mtls.mesh, each, client.namespace, service, port.port));
  if (found < 0 && egress.length > 0)
    return [
      { text: `import \`${entry}\` in \`egress\`, which excludes it with \`~\` or is for other ports`, ...place },
    ];
  const path = ['spec', 'egress', Math.max(found, 0), 'hosts'];
  const change: Change = { op: 'append', object: sidecar, path, value: entry };
  return [{ text: `add \`${entry}\` to \`egress.hosts\``, ...place, change }];
}

/** A missing fact is stated, not mended. */
export function unknownRemedies(workloads: readonly Workload[]): Remedy[] {
  const texts = workloads.map(({ namespace, reason }) =>
    reason.code === 'revision-unknown'
      ? 'state which revisions are installed: the setting `mutual.assume.revisions`'
      : `add the Namespace manifest of \`${namespace}\` with its labels, or state it: \`--assume-injected ${namespace}\``,
  );
  return [...new Set(texts)].map((text) => ({ text }));
}
