// How rules speak of connections that are refused: how many clients, and the other half of the conflict.
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { KubernetesObject } from '../manifest/object';
import { workloadKey } from '../mesh/workload';
import { count, placeOf } from '../words/names';
import type { Related } from './rule';
import { clientsOf, type Reach, servicesOf } from './traffic';
import { namedOrCounted, portWords } from './wording';

/** The policies that make the servers' modes. */
function policiesOf(list: readonly Reach[]): PeerAuthentication[] {
  return [...new Set(list.flatMap(({ mode }) => mode?.policy ?? []))];
}

/** `7 clients are refused on port 80`, `9 clients are refused by 4 services` */
export function refusedWords(list: readonly Reach[], verb = 'refused'): string {
  const clients = clientsOf(list).size;
  const subject = clients === 0 ? 'clients are' : `${count(clients, 'client')} ${clients === 1 ? 'is' : 'are'}`;
  const services = servicesOf(list);
  const where =
    services.length === 1
      ? `on ${portWords(list.map((reach) => reach.connection.port.port))}`
      : `by ${services.length} services`;
  return `${subject} ${verb} ${where}`;
}

/** `` `PeerAuthentication shop/default` requires mTLS `` */
export function requiresWords(list: readonly Reach[]): string {
  return namedOrCounted(policiesOf(list), (many) => (many ? 'require mTLS' : 'requires mTLS'));
}

/** The other half of a conflict: the fields that set the servers' modes, and the services. */
export function relatedHalves(list: readonly Reach[]): Related[] {
  // told apart and ordered by names: places in a text change without the answers
  const related = new Map<string, () => Related>();
  for (const { endpoint, connection, mode } of list) {
    const { workload } = endpoint.endpoint;
    if (mode?.policy) {
      const { policy, path } = mode;
      related.set(`0 ${keyOf(policy)} ${path.join('.')}`, () => ({
        ...placeOf(policy, path),
        message: `\`mode: ${mode.mode}\``,
      }));
    } else if (workload?.dataplane === 'none' || workload?.dataplane === 'ambient') {
      const state = workload.dataplane === 'none' ? 'has no sidecar' : 'is in ambient mode';
      const message = `${workload.object.kind} \`${workloadKey(workload)}\` ${state}`;
      related.set(`1 ${keyOf(workload.object)}`, () => ({ ...placeOf(workload.object), message }));
    }
    const { object } = connection.service;
    const message = `${object.kind} \`${object.metadata.namespace}/${object.metadata.name}\``;
    related.set(`2 ${keyOf(object)}`, () => ({ ...placeOf(object), message }));
  }
  return [...related]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, 6)
    .map(([, make]) => make());
}

function keyOf({ source, kind, metadata }: KubernetesObject): string {
  return `${source.uri} ${kind} ${metadata.namespace}/${metadata.name}`;
}
