// One state of a mesh as a comparison sees it: its ports and workloads by name, and what only one state has.
import { compareText } from '../manifest/object';
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { connectionsTo } from '../mtls/connections';
import { shortHost } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { judgedState, stateOf } from './diff-state';
import { isWaypointsOwn } from './table';

/** A port of a service. */
export interface Target {
  /** `payments.finance:80`, as clients of the mesh write it. */
  readonly name: string;
  readonly host: string;
  /** Of the service. */
  readonly namespace: string;
  readonly port: number;
  readonly subset: string | undefined;
}

/** Something that one state has alone; `fares`: by state, how many clients or ports of it there are. */
export interface Presence {
  readonly kind: 'service' | 'port' | 'workload';
  readonly name: string;
  readonly fares: ReadonlyMap<string, number>;
}

export interface PortOf {
  readonly service: MeshService;
  readonly port: MeshPort;
}

/** One state of a mesh, with what is asked of it again and again. */
export interface Side {
  readonly view: MeshView;
  readonly names: ReadonlyMap<Workload, string>;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly ports: ReadonlyMap<string, PortOf>;
}

/** Makes a state comparable. */
export function sideOf(view: MeshView): Side {
  const { mesh } = view;
  const names = new Map<Workload, string>();
  const workloads = new Map<string, Workload>();
  for (const workload of mesh.workloads) {
    const key = workloadKey(workload);
    // a Deployment and a Job may have one name
    const name = workloads.has(key) ? `${key} (${workload.object.kind})` : key;
    names.set(workload, name);
    workloads.set(name, workload);
  }
  const ports = new Map<string, PortOf>();
  for (const service of mesh.services) {
    if (isWaypointsOwn(mesh, service)) continue;
    for (const port of service.ports)
      if (port.protocol !== 'udp') ports.set(`${serviceKey(service)} ${port.port}`, { service, port });
  }
  return { view, names, workloads, ports };
}

function serviceKey({ host, namespace }: MeshService): string {
  return `${namespace} ${host}`;
}

/** How a port is named. */
export function targetOf({ view }: Side, { service, port }: PortOf, subset?: string): Target {
  const { host, namespace } = service;
  const name = `${shortHost(host, view.mesh.settings.clusterDomain)}:${port.port}`;
  return { name, host, namespace, port: port.port, subset };
}

/** Services, ports and workloads that only `side` has. */
export function onlyIn(side: Side, other: Side): Presence[] {
  const found: Presence[] = [];
  const others = new Set([...other.ports.values()].map(({ service }) => serviceKey(service)));
  const lone = new Map(
    [...side.workloads].filter(([name]) => !other.workloads.has(name)).map(([name, each]) => [each, name]),
  );
  const faresOf = new Map<string, Map<string, number>>();
  const add = (name: string, label: string, number: number): void => {
    const fares = faresOf.get(name) ?? new Map<string, number>();
    faresOf.set(name, fares.set(label, (fares.get(label) ?? 0) + number));
  };
  for (const [key, each] of side.ports) {
    const isNew = !other.ports.has(key);
    if (!isNew && lone.size === 0) continue;
    const { name } = targetOf(side, each);
    const connections = connectionsTo(side.view.mtls, each.service, each.port);
    for (const connection of connections.filter(({ subset }) => subset === undefined)) {
      const state = stateOf(side.view, connection);
      if (isNew) add(name, state.label, connection.clients.length);
      if (lone.size === 0) continue;
      for (const client of connection.clients) {
        const loner = lone.get(client);
        if (loner !== undefined) add(loner, judgedState(side.view, client, connection, state).label, 1);
      }
    }
    const kind = others.has(serviceKey(each.service)) ? 'port' : 'service';
    if (isNew) found.push({ kind, name, fares: faresOf.get(name) ?? new Map() });
  }
  const workloads = [...lone.values()].map(
    (name): Presence => ({ kind: 'workload', name, fares: faresOf.get(name) ?? new Map() }),
  );
  return [...found, ...workloads].sort((a, b) => compareText(a.kind, b.kind) || compareText(a.name, b.name));
}
