// What a `tls` block of a DestinationRule comes to where servers or clients are in ambient mode: often nothing.
import type { ClientTlsSettings, DestinationRule } from '../manifest/kinds/destination-rule';
import { expandHost } from '../mesh/host';
import type { MeshService } from '../mesh/service';
import { workloadKey } from '../mesh/workload';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, removeTls } from './fixes';
import type { Finding } from './rule';
import { clientsOf, connectionsIn, type Reach, reachesIn } from './traffic';
import { listed } from './wording';

/** A `tls` block that nobody follows, for certain; undefined where somebody does or may. */
export function tlsIgnored(snapshot: Snapshot, view: MeshView, rule: DestinationRule): Finding | undefined {
  const { clusterDomain } = view.mesh.settings;
  const services = view.mesh.servicesByHost.get(expandHost(rule.spec.host, rule.metadata.namespace, clusterDomain));
  if (!view.mesh.settings.ambient || !services || services.length === 0) return undefined;
  for (const { path, tls } of blocksOf(rule)) {
    if (tls.mode === 'DISABLE' && services.every((service) => takesTunnelsAlone(view, service)))
      return disabled(snapshot, rule, path, services[0]!);
    if (tls.mode === 'ISTIO_MUTUAL') {
      const finding = plaintext(view, rule, path, services);
      if (finding) return finding;
    }
  }
  return undefined;
}

function blocksOf({ spec }: DestinationRule): { path: Path; tls: ClientTlsSettings }[] {
  const policies = [
    { path: ['spec', 'trafficPolicy'] as Path, policy: spec.trafficPolicy },
    ...spec.subsets.map(({ trafficPolicy }, index) => ({
      path: ['spec', 'subsets', index, 'trafficPolicy'] as Path,
      policy: trafficPolicy,
    })),
  ];
  return policies.flatMap(({ path, policy }) => [
    ...(policy?.tls ? [{ path: [...path, 'tls'], tls: policy.tls }] : []),
    ...(policy?.portLevelSettings ?? []).flatMap(({ tls }, index) =>
      tls ? [{ path: [...path, 'portLevelSettings', index, 'tls'], tls }] : [],
    ),
  ]);
}

/** True where every pod is in ambient mode and proxies look up its address: they send HBONE, whatever rules say. */
function takesTunnelsAlone(view: MeshView, service: MeshService): boolean {
  const endpoints = connectionsIn(view, service.namespace)
    .filter((connection) => connection.service === service)
    .flatMap((connection) => connection.endpoints);
  return (
    service.resolution === 'client-side' &&
    endpoints.length > 0 &&
    endpoints.every(({ endpoint }) => endpoint.workload?.dataplane === 'ambient')
  );
}

function disabled(snapshot: Snapshot, rule: DestinationRule, path: Path, service: MeshService): Finding {
  const stated = rule.source.document.has([...rule.source.prefix, ...path, 'mode']);
  return {
    ...(stated ? placeOf(rule, [...path, 'mode']) : placeOf(rule, path, 'key')),
    message: `Nobody sends plaintext for this: the pods of \`${objectName(service.object)}\` are in ambient mode, and ztunnel, sidecars and gateways send them HBONE, whatever a DestinationRule says.`,
    related: [{ ...placeOf(service.object), message: `\`${objectName(service.object)}\`` }],
    fixes: () => offered(removeTls(snapshot, rule, path, 'Remove `tls`, which changes nothing', true)),
  };
}

/** Clients of the rule's own namespace are all in ambient mode, and where they go nobody takes HBONE. */
function plaintext(
  view: MeshView,
  rule: DestinationRule,
  path: Path,
  services: readonly MeshService[],
): Finding | undefined {
  const { namespace } = rule.metadata;
  if (view.mesh.podsIn(namespace).some(({ dataplane }) => dataplane !== 'ambient' && dataplane !== 'none'))
    return undefined;
  const sent = services
    .flatMap((service) => reachesIn(view, service.namespace).filter(({ connection }) => connection.service === service))
    .filter(isPlaintextOfZtunnel);
  const clients = [...clientsOf(sent)].filter((client) => client.namespace === namespace);
  if (clients.length === 0) return undefined;
  const host = shortHost(services[0]!.host, view.mesh.settings.clusterDomain);
  return {
    ...placeOf(rule, [...path, 'mode']),
    message: `ztunnel does not read this: ${listed(clients.map(workloadKey), 3)} ${clients.length === 1 ? 'is in ambient mode and sends' : 'are in ambient mode and send'} plaintext to \`${host}\`, which takes no HBONE.`,
    related: [{ ...placeOf(services[0]!.object), message: `\`${objectName(services[0]!.object)}\`` }],
  };
}

function isPlaintextOfZtunnel({ connection, endpoint }: Reach): boolean {
  return connection.route === 'ztunnel' && !connection.send?.waypoint && endpoint.outcome === 'plaintext';
}
