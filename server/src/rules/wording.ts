// Pieces of sentences that rules share.
import type { KubernetesObject } from '../manifest/object';
import { workloadKey } from '../mesh/workload';
import type { ClientSet } from '../mtls/client-set';
import { objectName } from '../words/names';

/** `` `a` ``, `` `a` and `b` ``, at most `limit` names and then "and 3 more". */
export function listed(names: Iterable<string>, limit = 5): string {
  const all = [...new Set(names)];
  return listOf(all.slice(0, limit), all.length);
}

/** The same of clients that are many. */
export function listedClients(clients: ClientSet, limit = 5): string {
  return listOf(clients.first(limit).map(workloadKey), clients.size);
}

/** @param of how many there are, of which some are named */
function listOf(names: readonly string[], of: number): string {
  const rest = of - names.length;
  const quoted = names.map((name) => `\`${name}\``);
  if (rest > 0) return `${quoted.join(', ')} and ${rest} more`;
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

/** `port 80`, `ports 80 and 443` */
export function portWords(ports: Iterable<number>): string {
  const all = [...new Set(ports)].sort((a, b) => a - b);
  const text = all.length < 2 ? String(all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
  return `port${all.length === 1 ? '' : 's'} ${text}`;
}

/** `` `PeerAuthentication shop/default` ``, or how many objects of one kind there are. */
export function namedOrCounted(objects: Iterable<KubernetesObject>, verb: (many: boolean) => string): string {
  const all = [...new Set(objects)];
  return all.length === 1
    ? `\`${objectName(all[0]!)}\` ${verb(false)}`
    : `${all.length} ${all[0]?.kind ?? 'object'}s ${verb(true)}`;
}
