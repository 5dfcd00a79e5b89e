// Where VirtualServices lead, their delegates included.

import type { Delegate, Destination, VirtualService } from '../manifest/kinds/routing';
import { expandHost } from './host';
import type { Mesh } from './mesh';
import { isVisibleIn, visibilityOf } from './service';

/**
 * The hosts that a VirtualService leads clients of a namespace to, each with the ports that are named; undefined
 * where some route names none (model/push_context.go:virtualServiceDestinationsFilteredBySourceNamespace).
 */
export function destinationsFor(
  mesh: Mesh,
  virtualService: VirtualService,
  namespace: string,
): ReadonlyMap<string, ReadonlySet<number> | undefined> {
  const { spec, metadata } = virtualService;
  const found = new Map<string, Set<number> | undefined>();
  const isFor = ({ sourceNamespaces }: Pick<Destination, 'sourceNamespaces'>): boolean =>
    !sourceNamespaces || sourceNamespaces.has(namespace);
  // model/virtualservice.go:mergeVirtualServicesIfNeeded
  const delegates = spec.delegates.filter(isFor).flatMap((delegate) => delegatesOf(mesh, metadata.namespace, delegate));
  for (const { spec, metadata } of [virtualService, ...delegates]) {
    for (const destination of spec.destinations.filter(isFor)) {
      const host = expandHost(destination.host, metadata.namespace, mesh.settings.clusterDomain);
      const known = found.get(host);
      if (!destination.port || (found.has(host) && !known)) found.set(host, undefined);
      else found.set(host, (known ?? new Set()).add(destination.port));
    }
  }
  return found;
}

/** The delegate, if there is one without hosts that the root's namespace may see. */
function delegatesOf(mesh: Mesh, rootNamespace: string, { name, namespace }: Delegate): VirtualService[] {
  return mesh
    .in(namespace)
    .virtualServices.filter(
      ({ spec, metadata }) =>
        metadata.name === name &&
        spec.hosts.length === 0 &&
        isVisibleIn(visibilityOf(spec.exportTo, mesh.settings, 'VirtualService', namespace), rootNamespace),
    );
}
