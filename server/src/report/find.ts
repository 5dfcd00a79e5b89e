// What a user means by a client and a host, as typed on a command line; and when nothing fits, what comes near.

import type { KnownObject } from '../manifest/read';
import { covers } from '../mesh/host';
import type { IgnoredReason, Mesh } from '../mesh/mesh';
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { shortHost } from '../words/names';
import { editDistance } from '../words/suggestions';

/** The workloads that `text` names: `namespace/name`, a bare name, or `kind/name` as kubectl writes it. */
export function findClients(mesh: Mesh, text: string): Workload[] {
  const exact = mesh.workloads.filter((workload) => workloadKey(workload) === text);
  if (exact.length > 0) return exact;
  const [first, second] = text.split('/');
  if (second === undefined) return mesh.workloads.filter(({ name }) => name === text);
  const kind = first!.toLowerCase();
  return mesh.workloads.filter(
    ({ name, object }) =>
      name === second && [object.kind.toLowerCase(), ...(SHORT_KINDS[object.kind] ?? [])].includes(kind),
  );
}

const SHORT_KINDS: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['deploy', 'deployments'],
  StatefulSet: ['sts', 'statefulsets'],
  DaemonSet: ['ds', 'daemonsets'],
  ReplicaSet: ['rs', 'replicasets'],
  CronJob: ['cj', 'cronjobs'],
  Job: ['jobs'],
  Pod: ['po', 'pods'],
};

/**
 * The service that a client of `namespace` reaches by `host`, as DNS and its sidecar see it: a full name, `name.ns`,
 * `name.ns.svc`, or a short name of its own namespace. A wildcard of a ServiceEntry answers for the hosts it covers.
 */
export function findService(mesh: Mesh, host: string, client: Workload | undefined): MeshService | undefined {
  const domain = mesh.settings.clusterDomain;
  const names = [
    host,
    ...(client && !host.includes('.') ? [`${host}.${client.namespace}.svc.${domain}`] : []),
    `${host}.svc.${domain}`,
    `${host}.${domain}`,
  ];
  for (const name of names) {
    const found = mesh.servicesByHost.get(name);
    if (!found) continue;
    const scoped = client && hasProxy(client) ? mesh.scopeOf(client).services.get(name)?.service : undefined;
    return scoped ?? found.find(({ namespace }) => namespace === client?.namespace) ?? found[0];
  }
  if (!host.includes('.') && !client) {
    const same = mesh.services.filter((service) => shortHost(service.host, domain).split('.')[0] === host);
    if (same.length === 1) return same[0];
  }
  return mesh.services.find((service) => service.host.startsWith('*') && covers(service.host, host));
}

/** The Service of that host that has no part in the mesh, and why, where there is one. */
export function ignoredService(
  mesh: Mesh,
  host: string,
  client: Workload | undefined,
): { readonly object: KnownObject; readonly reason: IgnoredReason } | undefined {
  const [name, namespace = client?.namespace, ...rest] = host.split('.');
  if (namespace === undefined || (rest.length > 0 && rest.join('.') !== `svc.${mesh.settings.clusterDomain}`)) return;
  for (const object of mesh.in(namespace).ignored) {
    const reason = mesh.ignoredReason(object);
    if (object.kind === 'Service' && object.metadata.name === name && reason) return { object, reason };
  }
  return undefined;
}

function hasProxy({ dataplane }: Workload): boolean {
  return dataplane === 'sidecar' || dataplane === 'gateway';
}

/** The port meant by a number; the only one where none is given. */
export function findPort(service: MeshService, number: number | undefined): MeshPort | undefined {
  const ports = service.ports.filter(({ protocol }) => protocol !== 'udp');
  return number === undefined ? (ports.length === 1 ? ports[0] : undefined) : ports.find(({ port }) => port === number);
}

/** Splits `host:port`; the port may be missing. */
export function splitHostPort(text: string): { host: string; port: number | undefined } {
  const match = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?:\/.*)?$/.exec(text);
  if (!match) return { host: text, port: undefined };
  return { host: match[1]!, port: match[2] === undefined ? undefined : Number(match[2]) };
}

/** The names nearest to `text`, at most `limit`, the best first; none that is too far off to be meant. */
export function nearest(text: string, names: Iterable<string>, limit = 3): string[] {
  const wanted = text.toLowerCase();
  return [...new Set(names)]
    .map((name) => ({ name, distance: likeness(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Edit distance; a name that holds the text, or its last part, is near. */
function likeness(text: string, name: string): number {
  if (name === text) return 0;
  const last = (path: string): string => path.split('/').pop()!.split('.')[0]!;
  const parts = last(text) === last(name) ? 1 : Number.POSITIVE_INFINITY;
  const limit = Math.max(text.length, name.length);
  return Math.min(parts, editDistance(text, name, limit), editDistance(last(text), last(name), limit) + 1);
}
