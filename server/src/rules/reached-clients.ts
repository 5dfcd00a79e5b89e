// Who the clients of connections are: looked up in groups, since the lists are long and groups are shared.
import { memoWeakly } from '../incremental/cells';
import { sameItems } from '../mesh/lookup';
import type { Workload } from '../mesh/workload';
import type { Members } from '../mtls/callers';
import type { Reach } from './traffic';

/** A group whose pods change among others that do not is the same to whoever reads its members. */
const membersOf = memoWeakly((group: Members) => group.members, sameItems);

/** True when a workload is among the clients. */
export function isClient({ groups }: Pick<Reach, 'groups'>, client: Workload): boolean {
  return groups.some((group) => membersOf(group).includes(client));
}

/** Every client of these reaches once, in their order. */
export function distinctClients(list: readonly Pick<Reach, 'groups'>[]): Workload[] {
  const seen = new Set<Members>();
  const clients = new Set<Workload>();
  for (const { groups } of list) {
    for (const group of groups) {
      // clients of many services stand in groups that their connections share
      if (seen.has(group)) continue;
      seen.add(group);
      for (const client of membersOf(group)) clients.add(client);
    }
  }
  return [...clients];
}
