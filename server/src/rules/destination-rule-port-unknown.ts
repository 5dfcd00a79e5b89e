// destination-rule-port-unknown: portLevelSettings names a port that the Service does not have, often the pods'.
import type { DestinationRule, PortTrafficPolicy, TrafficPolicy } from '../manifest/kinds/destination-rule';
import { expandHost } from '../mesh/host';
import type { MeshPort, MeshService } from '../mesh/service';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { meshesAround } from './around';
import { offered, setField } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { reachesIn } from './traffic';
import { listed, portWords } from './wording';

export const destinationRulePortUnknown: Rule = {
  id: 'destination-rule-port-unknown',
  severity: 'warning',
  summary: "portLevelSettings names a port that the Service does not have, often the pods'.",
  happens:
    "`portLevelSettings` is compared with the Service's own port, not with the port that the pods listen on. An item for another port is never used, and clients send what the rest of the rule says.",
  remedy: "Write the Service's `port`.",
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const rule of here.destinationRules) {
      if (isPatch(snapshot, rule)) continue;
      const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
      const services = mesh.servicesByHost.get(host) ?? [];
      // a file that several meshes share may meet another Service there
      const others = meshesAround(snapshot, rule).flatMap((each) => each.mesh.servicesByHost.get(host) ?? []);
      if (services.length === 0 || services.some((service) => service.ports.length === 0)) continue;
      for (const { path, port } of portItems(rule)) {
        const known = [...services, ...others].some((service) => service.ports.some((each) => each.port === port));
        if (!known) yield finding(snapshot, view, rule, services, port, path);
      }
    }
  },
};

interface PortItem {
  readonly port: number;
  /** Of the number. */
  readonly path: Path;
}

function portItems({ spec }: DestinationRule): PortItem[] {
  const policies: { policy: DestinationRule['spec']['trafficPolicy']; path: Path }[] = [
    { policy: spec.trafficPolicy, path: ['spec', 'trafficPolicy'] },
    ...spec.subsets.map((subset, index) => ({
      policy: subset.trafficPolicy,
      path: ['spec', 'subsets', index, 'trafficPolicy'],
    })),
  ];
  return policies.flatMap(({ policy, path }) =>
    (policy?.portLevelSettings ?? []).flatMap(({ port }, index): PortItem[] =>
      port === undefined ? [] : [{ port, path: [...path, 'portLevelSettings', index, 'port', 'number'] }],
    ),
  );
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  rule: DestinationRule,
  services: readonly MeshService[],
  port: number,
  path: Path,
): Finding {
  const host = shortHost(services[0]!.host, view.mesh.settings.clusterDomain);
  const own = services.flatMap((service) => service.ports);
  const led = services.flatMap((service) => service.ports.filter((each) => leadsTo(view, service, each, port)));
  const meant = led[0] ?? (own.length === 1 ? own[0] : undefined);
  const where =
    led.length > 0
      ? `it is what \`${host}\` leads port ${[...new Set(led.map((each) => each.port))].join(' and ')} to`
      : `\`${host}\` has ${portWords(own.map((each) => each.port))}`;
  return {
    ...placeOf(rule, path),
    message: `\`${port}\` is not a port of the Service; ${where}. This item is never used.`,
    related: services.slice(0, 3).map(({ object }) => ({ ...placeOf(object), message: listed([objectName(object)]) })),
    fixes: () =>
      meant && led.length <= 1 && isSafe(view, rule, services, meant.port, path)
        ? offered(setField(snapshot, rule, path, String(meant.port), `Change to Service port ${meant.port}`, true))
        : [],
  };
}

/** An item that begins to count changes what clients send: every server must take that. */
function isSafe(
  view: MeshView,
  rule: DestinationRule,
  services: readonly MeshService[],
  port: number,
  path: Path,
): boolean {
  const holder = path.slice(0, -4);
  const taken = portItems(rule).some((item) => item.port === port && String(item.path.slice(0, -4)) === String(holder));
  if (taken) return false;
  const item = valueAt(rule.spec, path.slice(1, -2)) as PortTrafficPolicy | undefined;
  const around = valueAt(rule.spec, path.slice(1, -4)) as TrafficPolicy | undefined;
  const outer = around?.tls ?? rule.spec.trafficPolicy?.tls;
  if (!item?.tls) return outer === undefined && item?.loadBalancer !== 'PASSTHROUGH';
  if (item.loadBalancer === 'PASSTHROUGH') return false;
  const servers = services
    .flatMap(({ namespace }) => reachesIn(view, namespace))
    .filter(({ connection }) => services.includes(connection.service) && connection.port.port === port);
  const { mode } = item.tls;
  return servers.every(({ endpoint: { accepts, endpoint } }) => {
    if (endpoint.workload && !accepts && endpoint.workload.dataplane !== 'none') return false;
    if (mode === 'ISTIO_MUTUAL') return accepts?.wire.istio === 'terminated';
    if (mode === 'DISABLE') return accepts?.wire.plaintext ?? true;
    return endpoint.workload === undefined;
  });
}

/** True when some endpoint of the Service's port listens on this number. */
function leadsTo(view: MeshView, service: MeshService, port: MeshPort, number: number): boolean {
  const { declared } = port;
  return declared.targetPort === number || view.mtls.endpoints(service, port).some((each) => each.port === number);
}
