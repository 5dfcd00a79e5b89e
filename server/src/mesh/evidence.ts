// Does a manifest show that a workload calls a service?
import { memo, memoWeakly, perObject } from '../incremental/cells';
import { sameItems, unique } from './lookup';
import { type Evidence, type Mention, mentionsOf } from './mentions';
import type { Mesh } from './mesh';
import type { MeshService } from './service';
import type { Workload } from './workload';

/**
 * The first string in the manifest of `client` that names this port of a service: its host, `name.namespace`, or
 * within the namespace its name. Config maps and secrets are not looked into.
 */
export function evidenceOf(
  client: Workload,
  service: MeshService,
  port: number,
  clusterDomain: string,
): Evidence | undefined {
  const mentions = mentionsOf(client.object);
  if (mentions.size === 0) return undefined;
  const fits = (mention: Mention): boolean => mention.port === undefined || mention.port === port;
  const names = namesOf(service, clusterDomain);
  for (const name of names) {
    const found = mentions.get(name)?.find(fits);
    if (found) return found;
  }
  if (service.namespace !== client.namespace) return undefined;
  return mentions.get(shortName(names))?.find((mention) => mention.isAddress && fits(mention));
}

/** A workload whose manifest names a port of a service, with the string that does. */
export interface Caller {
  readonly client: Workload;
  readonly evidence: Evidence;
}

/** Everybody whose manifest names this port of a service, in the order of the workloads. */
export function callersOf(mesh: Mesh, service: MeshService, port: number): Caller[] {
  return namersOf(mesh)(service).flatMap((client) => {
    const evidence = evidenceOf(client, service, port, mesh.settings.clusterDomain);
    return evidence ? [{ client, evidence }] : [];
  });
}

/** By service, the workloads of a mesh whose manifests have one of its names, whether or not they mean it. */
const namersOf = perObject((mesh: Mesh): ((service: MeshService) => readonly Workload[]) => {
  const mentioning = memo((namespace: string): ReadonlyMap<string, readonly Workload[]> => {
    const byHost = new Map<string, Workload[]>();
    for (const client of mesh.podsIn(namespace)) {
      for (const host of mentionsOf(client.object).keys()) {
        const list = byHost.get(host);
        if (list) list.push(client);
        else byHost.set(host, [client]);
      }
    }
    return byHost;
  });
  return memoWeakly((service: MeshService): readonly Workload[] => {
    const names = namesOf(service, mesh.settings.clusterDomain);
    const everywhere = names.flatMap((name) =>
      mesh.namespacesMentioning(name).flatMap((namespace) => mentioning(namespace).get(name) ?? []),
    );
    // a bare name is that of a neighbour
    const bare = shortName(names);
    const isNear = mesh.namespacesMentioning(bare).includes(service.namespace);
    const near = isNear ? (mentioning(service.namespace).get(bare) ?? []) : [];
    return unique([...everywhere, ...near]);
  }, sameItems);
});

/** The names by which a service is known in every namespace, the full one first. */
function namesOf(service: MeshService, clusterDomain: string): readonly string[] {
  const suffix = `.svc.${clusterDomain}`;
  if (!service.host.endsWith(suffix)) return [service.host];
  const name = service.host.slice(0, -suffix.length);
  return [service.host, name, `${name}.svc`];
}

function shortName(names: readonly string[]): string {
  return names[0]!.split('.', 1)[0]!;
}
