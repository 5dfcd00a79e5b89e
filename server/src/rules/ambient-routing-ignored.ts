// ambient-routing-ignored: a DestinationRule, VirtualService or Sidecar for clients that go through ztunnel.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { VirtualService } from '../manifest/kinds/routing';
import type { Sidecar } from '../manifest/kinds/sidecar';
import type { KubernetesObject } from '../manifest/object';
import { expandHost } from '../mesh/host';
import type { Mesh } from '../mesh/mesh';
import type { MeshService } from '../mesh/service';
import { objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { hasAmbient, hasProxies, isAmbientNamespace, isAmbientPod, waypointNamed } from './ambient';
import { tlsIgnored } from './ambient-tls';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { decidedBy } from './traffic';

export const ambientRoutingIgnored: Rule = {
  id: 'ambient-routing-ignored',
  severity: 'warning',
  summary: 'A DestinationRule, VirtualService or Sidecar is for clients in ambient mode, which do not read it.',
  happens:
    "ztunnel sends HBONE to whoever takes it and the application's own bytes to everybody else, whatever a DestinationRule says. Sidecars and gateways send HBONE to ambient pods too, also where a rule says DISABLE. Routes, retries, load balancing and TLS of a DestinationRule need a waypoint before the service; a Sidecar has no effect on ambient pods at all.",
  remedy:
    'Give the Service or its namespace a waypoint (`istio.io/use-waypoint`), and put the rule into its namespace.',
  peers: ['IST0167', 'KIA0210', 'KIA0211', 'KIA0212', 'KIA1109', 'KIA1113', 'KIA1114'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    if (!hasAmbient(view)) return;
    const isWhole = (object: KubernetesObject): boolean => !isPatch(snapshot, object);
    for (const rule of here.destinationRules) {
      const tls = isWhole(rule) ? tlsIgnored(snapshot, view, rule) : undefined;
      if (tls) {
        yield tls;
        continue;
      }
      const path = settingOf(rule);
      // where a proxy reads it and fails, that is told
      if (path?.at(-1) === 'tls' && decidedBy(view, rule, path).some(({ endpoint }) => endpoint.failure)) continue;
      const why = path && ignoredBecause(view, rule, [rule.spec.host]);
      if (path && why && isWhole(rule)) yield finding(view, rule, path, why);
    }
    for (const routes of here.virtualServices) {
      const isForMesh = routes.spec.gateways.length === 0 || routes.spec.gateways.includes('mesh');
      const path = isForMesh ? routeOf(routes) : undefined;
      const why = path && ignoredBecause(view, routes, routes.spec.hosts);
      if (path && why && isWhole(routes)) yield finding(view, routes, path, why);
    }
    for (const object of here.objects) {
      if (object.kind === 'Sidecar' && isForAmbientOnly(mesh, object) && isWhole(object)) {
        yield {
          ...placeOf(object),
          message: `No pod reads this Sidecar: ${object.spec.workloadSelector ? 'what it selects' : `namespace \`${object.metadata.namespace}\``} is in ambient mode.`,
          related: [],
        };
      }
    }
  },
};

/** The first field of a rule that only a proxy can carry out. */
function settingOf({ source, spec }: DestinationRule): Path | undefined {
  const value = (path: Path): object => (valueAt(source.document.value, [...source.prefix, ...path]) as object) ?? {};
  const policies: Path[] = [
    ['spec', 'trafficPolicy'],
    ...spec.subsets.map((_, index) => ['spec', 'subsets', index, 'trafficPolicy']),
  ];
  for (const path of policies) {
    const policy = value(path) as Readonly<Record<string, unknown>>;
    for (const name of ['connectionPool', 'outlierDetection', 'loadBalancer', 'tls']) {
      const setting = policy[name] as Readonly<Record<string, unknown>> | undefined;
      if (!setting || (name === 'tls' && setting.mode === 'ISTIO_MUTUAL')) continue;
      if (name === 'connectionPool' && !setting.http) continue;
      return [...path, name];
    }
  }
  return undefined;
}

/** Routes of requests; TCP routes need a proxy too, but are rarely written for anything else. */
function routeOf({ source }: VirtualService): Path | undefined {
  return ['http', 'tls'].map((name) => ['spec', name]).find((path) => source.document.has([...source.prefix, ...path]));
}

interface Why {
  readonly words: string;
  readonly isCertain: boolean;
  readonly service: MeshService | undefined;
}

/** Why nobody reads what stands in `object` for these hosts; undefined where somebody does or may. */
function ignoredBecause(view: MeshView, object: KubernetesObject, hosts: readonly string[]): Why | undefined {
  const { mesh } = view;
  const { namespace } = object.metadata;
  const { clusterDomain, rootNamespace } = mesh.settings;
  const services = hosts.flatMap((host) => mesh.servicesByHost.get(expandHost(host, namespace, clusterDomain)) ?? []);
  const ambient = services.filter((service) => isAmbientNamespace(mesh, service.namespace));
  // a proxy of another namespace may be the client that it is for
  const isCertain = !hasProxies(view);
  if (services.length > 0) {
    if (ambient.length < services.length || isReadInNamespace(mesh, namespace)) return undefined;
    const [service] = ambient;
    if (ambient.every((each) => waypointNamed(mesh, each.namespace, each.object.metadata.labels) === undefined)) {
      return { words: `\`${objectName(service!.object)}\` is in ambient mode and has no waypoint`, isCertain, service };
    }
    if (ambient.every((each) => each.namespace !== namespace) && namespace !== rootNamespace) {
      return {
        words: `waypoints of namespace \`${service!.namespace}\` do not read what stands in \`${namespace}\``,
        isCertain,
        service,
      };
    }
    return undefined;
  }
  const isOutside = hosts.every((host) => !host.includes('*'));
  if (!isOutside || !isAmbientNamespace(mesh, namespace) || isReadInNamespace(mesh, namespace)) return undefined;
  if (waypointNamed(mesh, namespace, {}) !== undefined) return undefined;
  return {
    words: `namespace \`${namespace}\` is in ambient mode and has no waypoint`,
    isCertain: false,
    service: undefined,
  };
}

/** True when a proxy runs in the namespace of the object, which reads it as a client. */
function isReadInNamespace(mesh: Mesh, namespace: string): boolean {
  return mesh.podsIn(namespace).some(({ dataplane }) => !['ambient', 'none', 'waypoint'].includes(dataplane));
}

function finding(view: MeshView, object: KubernetesObject, path: Path, { words, isCertain, service }: Why): Finding {
  const also = isCertain || !hasProxies(view) ? '' : ' Only sidecars and gateways elsewhere read it.';
  return {
    ...placeOf(object, path, 'key'),
    ...(!isCertain && { severity: 'information' as const }),
    message: `ztunnel does not read this: ${words}.${also}`,
    related: service ? [{ ...placeOf(service.object), message: `\`${objectName(service.object)}\`` }] : [],
  };
}

function isForAmbientOnly(mesh: Mesh, { metadata, spec }: Sidecar): boolean {
  const pods = mesh.podsIn(metadata.namespace);
  const selected = spec.workloadSelector
    ? pods.filter((pod) =>
        Object.entries(spec.workloadSelector!.matchLabels).every(([key, value]) => pod.labels[key] === value),
      )
    : pods;
  if (metadata.namespace === mesh.settings.rootNamespace && !spec.workloadSelector) return false;
  if (selected.length > 0) return selected.every((pod) => isAmbientPod(mesh, pod));
  return !spec.workloadSelector && isAmbientNamespace(mesh, metadata.namespace);
}
