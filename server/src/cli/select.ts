// Which client, service and port the arguments of a command mean, in each mesh; and a clear error where none is meant.
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { findClients, findPort, findService, ignoredService, nearest, splitHostPort } from '../report/find';
import { IGNORED } from '../words/considered';
import { objectName, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { suggestion, UserError } from './errors';

export interface Selection {
  readonly view: MeshView;
  readonly client: Workload | undefined;
  readonly service: MeshService | undefined;
  /** Undefined where no port was named. */
  readonly port: MeshPort | undefined;
}

/**
 * The meshes in which both exist. An argument that is left out selects everything.
 * @throws UserError where nothing fits, with the names that come near
 */
export function selectConnections(
  snapshot: Snapshot,
  source: string | undefined,
  destination: string | undefined,
): Selection[] {
  const { meshes } = snapshot;
  const withClient = meshes.flatMap((view): { view: MeshView; client: Workload | undefined }[] =>
    source === undefined ? [{ view, client: undefined }] : clientOf(view, source).map((client) => ({ view, client })),
  );
  if (withClient.length === 0) throw unknownClient(meshes, source!);
  if (destination === undefined) return withClient.map((each) => ({ ...each, service: undefined, port: undefined }));
  const target = splitHostPort(destination);
  const found = withClient.flatMap(({ view, client }) => {
    const service = findService(view.mesh, target.host, client);
    return service ? [{ view, client, service }] : [];
  });
  if (found.length === 0)
    throw unknownHost(
      withClient.map(({ view }) => view),
      target.host,
      withClient[0]?.client,
    );
  return found.map((each) => {
    const port = target.port === undefined ? undefined : findPort(each.service, target.port);
    if (target.port !== undefined && !port) throw unknownPort(each.view, each.service, target.port);
    return { ...each, port };
  });
}

/** The port of a selection where one is needed; a service with one port needs none. */
export function requirePort({ view, service, port }: Selection): MeshPort {
  const found = port ?? (service && findPort(service, undefined));
  if (found) return found;
  const host = shortHost(service!.host, view.mesh.settings.clusterDomain);
  throw new UserError(
    `which port of ${host}? It has ${portList(service!)}: write ${host}:${service!.ports[0]?.port ?? 80}.`,
  );
}

function clientOf(view: MeshView, text: string): Workload[] {
  const found = findClients(view.mesh, text);
  const keys = [...new Set(found.map(workloadKey))];
  if (keys.length > 1)
    throw new UserError(`${text} is the name of ${keys.length} workloads: ${keys.join(', ')}. Name one of them.`);
  return found.slice(0, 1);
}

function unknownClient(meshes: readonly MeshView[], text: string): UserError {
  const known = meshes.flatMap(({ mesh }) => mesh.workloads.map(workloadKey));
  const hint = suggestion(nearest(text, known), known);
  return new UserError(`no workload ${text} in these manifests.${hint || ' None has a workload.'}`);
}

function unknownHost(views: readonly MeshView[], host: string, client: Workload | undefined): UserError {
  const ignored = views.flatMap(({ mesh }) => ignoredService(mesh, host, client) ?? [])[0];
  if (ignored)
    return new UserError(
      `no service ${host} for clients of the mesh: ${objectName(ignored.object)} ${IGNORED[ignored.reason.code].replaceAll('`', '')}.`,
    );
  const known = views.flatMap(({ mesh }) =>
    mesh.services.map((service) => shortHost(service.host, mesh.settings.clusterDomain)),
  );
  const from =
    client && !host.includes('.')
      ? ` in namespace ${client.namespace}, where ${workloadKey(client)} would look for it`
      : '';
  return new UserError(`no service ${host}${from}.${suggestion(nearest(host, known), known)}`);
}

function unknownPort(view: MeshView, service: MeshService, number: number): UserError {
  const host = shortHost(service.host, view.mesh.settings.clusterDomain);
  const leading = service.ports.filter((port) =>
    view.mtls.endpoints(service, port).some((endpoint) => endpoint.port === number),
  );
  const pod =
    leading.length > 0
      ? ` ${number} is the pods' port; clients use ${leading.map(({ port }) => port).join(' or ')}.`
      : '';
  return new UserError(`${host} has no port ${number}, it has ${portList(service)}.${pod}`);
}

function portList(service: MeshService): string {
  const ports = service.ports.filter(({ protocol }) => protocol !== 'udp').map(({ port }) => port);
  return ports.length === 0 ? 'no TCP port' : `port${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`;
}
