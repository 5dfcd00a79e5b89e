// Where the thing stands that a field means: the service of a host, the workloads of a selector.
import { type KubernetesObject, type Labels, selects } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
import { covers, expandHost } from '../mesh/host';
import { type Place, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { locateAll } from './locate';

/** The places meant at `offset`; none where the field names nothing. */
export function definition(snapshot: Snapshot, uri: string, offset: number): Place[] {
  const places = new Map<string, Place>();
  for (const { view, ...at } of locateAll(snapshot, uri, offset)) {
    for (const object of meant(view, at.object, at.path)) {
      const place = placeOf(object);
      places.set(`${place.uri} ${place.range.start}`, place);
    }
  }
  return [...places.values()];
}

function meant(
  { mesh }: MeshView,
  object: KnownObject,
  path: readonly (string | number)[],
): readonly KubernetesObject[] {
  const { namespace } = object.metadata;
  const [first, second] = path;
  if (first === 'metadata' && second === 'namespace') {
    const found = mesh.namespaces.get(namespace);
    return found ? [found] : [];
  }
  if (first !== 'spec') return [];
  if (object.kind === 'DestinationRule' && second === 'host') {
    const host = expandHost(object.spec.host, namespace, mesh.settings.clusterDomain);
    return mesh.services.filter((service) => covers(host, service.host)).map((service) => service.object);
  }
  const pods = (labels: Labels): readonly KubernetesObject[] =>
    mesh
      .podsIn(namespace)
      .filter((workload) => selects(labels, workload.labels))
      .map((workload) => workload.object);
  if (object.kind === 'Service' && second === 'selector') return pods(object.spec.selector ?? {});
  if (object.kind === 'PeerAuthentication' && second === 'selector')
    return pods(object.spec.selector?.matchLabels ?? {});
  return [];
}
