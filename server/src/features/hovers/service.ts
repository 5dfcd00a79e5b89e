// Hover of a Service or ServiceEntry: what each port accepts, what clients send, and what comes of it.
import type { Service } from '../../manifest/kinds/service';
import type { ServiceEntry } from '../../manifest/kinds/service-entry';
import { endpointsUnknown } from '../../mesh/endpoints';
import type { MeshPort, MeshService } from '../../mesh/service';
import { type Workload, workloadKey } from '../../mesh/workload';
import { callFromOutside } from '../../mtls/addresses';
import type { Connection } from '../../mtls/connections';
import { isServerUnknown, modeAsked } from '../../mtls/possible';
import { failureWords } from '../../words/failures';
import { objectName, shortHost } from '../../words/names';
import { ambientBecause, clientBecause, modeBecause } from '../../words/reasons';
import { accessLines } from '../access';
import { code, escapeText, linkBecause, list, sentence, table } from '../markdown';
import type { HoverContext } from './context';
import { acceptsText, connectionText, sendsText } from './shared';

export function serviceHover(context: HoverContext<Service | ServiceEntry>): string[] {
  const { object, view } = context;
  const services = view.mesh.services.filter((service) => service.sources.includes(object));
  const name = `**${escapeText(objectName(object))}**`;
  if (services.length === 0) return [`${name} names no host`];
  const { clusterDomain } = view.mesh.settings;
  if (object.kind === 'Service' && object.spec.externalName && object.spec.type === 'ExternalName') {
    return [`${name} is another name for ${code(object.spec.externalName)}: what holds there holds here.`];
  }
  const hosts = list(services.map((service) => code(shortHost(service.host, clusterDomain))));
  const ports = services.flatMap((service) => portsAt(context, service).map((port) => ({ service, port })));
  const connections = ports.flatMap(({ service, port }) => context.callers.connections(service, port));
  const several = services.length > 1;
  const subsets = connections.some((connection) => connection.subset !== undefined);
  const rows = connections.map((connection) => rowOf(context, connection, several, subsets));
  const header = [
    ...(several ? ['host'] : []),
    'port',
    ...(subsets ? ['subset'] : []),
    'accepts',
    'clients',
    'send',
    'outcome',
  ];
  return [
    `${name}, ${hosts} to clients${leadsTo(context, ports)}`,
    ...table(header, rows),
    ...fromOutside(context, ports),
    ...access(context, ports),
    ...why(context, connections),
    ...services
      .filter((service) => endpointsUnknown(view.mesh, service))
      .slice(0, 1)
      .map(() => 'No pod of these manifests is behind it, so what its endpoints accept is unknown.'),
  ];
}

/** One port where the pointer is on one, else all. */
function portsAt({ path, object }: HoverContext<Service | ServiceEntry>, service: MeshService): readonly MeshPort[] {
  const tcp = service.ports.filter((port) => port.protocol !== 'udp');
  const index = path[0] === 'spec' && path[1] === 'ports' ? path[2] : undefined;
  if (typeof index !== 'number') return tcp;
  const declared = object.spec.ports[index];
  const focused = tcp.filter((port) => port.declared === declared);
  return focused.length > 0 ? focused : tcp;
}

function leadsTo(
  { view }: HoverContext<Service | ServiceEntry>,
  ports: readonly { service: MeshService; port: MeshPort }[],
): string {
  const workloads = new Set<Workload>();
  for (const { service, port } of ports) {
    for (const { workload } of view.mtls.endpoints(service, port)) if (workload) workloads.add(workload);
  }
  return workloads.size === 0
    ? ''
    : `, leads to ${list([...workloads].map((workload) => code(workloadKey(workload))))}`;
}

/** What callers outside the cluster meet at a port of the nodes or of a load balancer: no list of clients has them. */
function fromOutside(
  { object, view }: HoverContext<Service | ServiceEntry>,
  ports: readonly { service: MeshService; port: MeshPort }[],
): string[] {
  const answers = ports.flatMap(({ service, port }) =>
    (callFromOutside(view.mtls, service, port) ?? []).map(({ outcome }) => ({ outcome, port: port.port })),
  );
  const at = (wanted: string): number[] => [
    ...new Set(answers.filter(({ outcome }) => outcome === wanted).map(({ port }) => port)),
  ];
  const refused = at('fail');
  const open = at('plaintext').filter((port) => !refused.includes(port));
  const type = object.kind === 'Service' ? object.spec.type : '';
  const lines = [
    ...(refused.length > 0
      ? [
          `Port ${portWords(refused)} refuses what comes through the ${type} from outside: that is plaintext, past any gateway.`,
        ]
      : []),
    ...(open.length > 0 ? [`Port ${portWords(open)} takes plaintext from outside, through the ${type}.`] : []),
  ];
  return lines.length > 0 ? [lines.join(' ')] : [];
}

function portWords(ports: readonly number[]): string {
  return list(ports.map((port) => code(String(port))));
}

/** Whom policies let in, at the first few workloads behind the ports. */
function access(
  { snapshot, view, callers }: HoverContext<Service | ServiceEntry>,
  ports: readonly { service: MeshService; port: MeshPort }[],
): string[] {
  const targets = new Map<Workload, Set<number>>();
  for (const { service, port } of ports) {
    for (const { workload, port: number } of view.mtls.endpoints(service, port)) {
      if (workload) targets.set(workload, (targets.get(workload) ?? new Set()).add(number));
    }
  }
  const lines = [...targets].slice(0, MAX_WORKLOADS).flatMap(([workload, numbers]) => {
    const reach = new Map([...callers.of(workload)].filter(([port]) => numbers.has(port)));
    return accessLines(snapshot, view, workload, reach);
  });
  return [...new Set(lines)];
}

const MAX_WORKLOADS = 3;

function rowOf(
  { view }: HoverContext<Service | ServiceEntry>,
  connection: Connection,
  several: boolean,
  subsets: boolean,
): string[] {
  const { service, port, endpoints, clients } = connection;
  const accepts = new Set(
    endpoints.map(({ endpoint, accepts }) =>
      endpoint.workload
        ? isServerUnknown(endpoint)
          ? `${modeAsked(view.mtls, endpoint)!.mode} if injected`
          : acceptsText(endpoint.workload, accepts, view.mtls.ambientMode(endpoint.workload, endpoint.port))
        : 'outside the manifests',
    ),
  );
  const targets = new Set(endpoints.map(({ endpoint }) => endpoint.port));
  const target = targets.size === 1 && !targets.has(port.port) ? ` → ${[...targets][0]}` : '';
  return [
    ...(several ? [code(shortHost(service.host, view.mesh.settings.clusterDomain))] : []),
    `${port.port}${target}`,
    ...(subsets ? [connection.subset === undefined ? '' : code(connection.subset)] : []),
    [...accepts].join(', ') || 'unknown',
    list(clients.map((client) => code(workloadKey(client)))),
    sendsText(view.mtls, connection),
    connectionText(view.mtls, connection),
  ];
}

/** What decided the servers' side and the clients', each once. */
function why({ snapshot, view }: HoverContext<Service | ServiceEntry>, connections: readonly Connection[]): string[] {
  const texts = new Set<string>();
  for (const { endpoints, rule, subset } of connections) {
    for (const { endpoint, accepts, decision, failure } of endpoints) {
      const ambient = endpoint.workload && view.mtls.ambientMode(endpoint.workload, endpoint.port);
      if (ambient) texts.add(`Server: ${linkBecause(snapshot, ambientBecause(ambient))}.`);
      if (accepts?.captured) texts.add(`Server: ${linkBecause(snapshot, modeBecause(accepts.mode))}.`);
      if (decision && !isServerUnknown(endpoint))
        texts.add(`Client: ${linkBecause(snapshot, clientBecause(decision, rule, subset))}.`);
      if (failure)
        texts.add(
          `**Refused**: ${sentence(failureWords(failure, endpoint.workload?.dataplane, accepts?.mode.mode)).replace(/^T/, 't')}`,
        );
    }
  }
  return texts.size === 0
    ? []
    : [
        [...texts]
          .slice(0, 8)
          .map((text) => `- ${text}`)
          .join('\n'),
      ];
}
