// Whom to ask about one service so that the answer holds for every client: few callers, each standing for many clients.
import type { Scope } from '../mesh/scope';
import type { MeshService } from '../mesh/service';
import type { Client, Workload } from '../mesh/workload';
import type { ClientPart } from './client-set';
import { type ClientClass, type ClientGroup, clientsOf, distinguished } from './clients';
import type { MutualTls } from './mutual-tls';

/** Clients that fare alike with one service. */
export interface Callers {
  readonly dataplane: Client['dataplane'];
  /** What they can call by name; undefined without a proxy. */
  readonly scope: Scope | undefined;
  readonly capturesAll: boolean;
  /** One of them, or somebody like them. */
  readonly sample: Client;
  /** All of them; others may share the part. */
  readonly part: ClientPart;
}

/** The clients of a group, or those that are not among `without`. */
export function callersOf(group: ClientGroup, without: Iterable<Workload> = []): Callers[] {
  const { dataplane, scope, capturesAll, sample } = group;
  const same = { dataplane, scope, capturesAll };
  let { members } = group;
  for (const each of without) {
    const at = members.indexOf(each);
    if (at >= 0) members = [...members.slice(0, at), ...members.slice(at + 1)];
  }
  if (members === group.members) return [{ ...same, sample, part: group }];
  return members.length > 0 ? [{ ...same, sample: members[0]!, part: { type: 'pods', members } }] : [];
}

/** One client of a group. */
export function callerOf(group: ClientGroup, client: Workload): Callers {
  const { dataplane, scope, capturesAll } = group;
  return { dataplane, scope, capturesAll, sample: client, part: { type: 'pods', members: [client] } };
}

/** Clients of other namespaces than the service's own: one by one where they may differ, else by class. */
export function strangers(mtls: MutualTls, service: MeshService): readonly Callers[] {
  const { mesh } = mtls;
  const clients = clientsOf(mtls);
  const isOther = ({ namespace }: ClientGroup): boolean => namespace !== service.namespace;
  const apart = distinguished(mtls, service);
  const classed = clients.classes().flatMap((kind): Callers[] => {
    const names = apart ?? kind.byNamespace.keys();
    const asked = [...names].flatMap((name) => kind.byNamespace.get(name) ?? []);
    const sample = anybody(kind.dataplane);
    const scope = kind.dataplane === 'none' || kind.dataplane === 'unknown' ? undefined : mesh.scopeOf(sample);
    return [...asked.filter(isOther).flatMap((group) => callersOf(group)), ...others(kind, asked, scope, sample)];
  });
  const candidates = mesh.servicesByHost.get(service.host) ?? [];
  const leading = mesh.virtualServicesTo(service.host).map(({ metadata }) => metadata.namespace);
  const importing = new Set(
    ['*', ...candidates.map(({ namespace }) => namespace), ...leading].flatMap((name) => clients.importing(name)),
  );
  const scoped = clients.scoped().flatMap((kind): Callers[] => {
    const asked = [
      ...new Set([
        ...kind.groups.filter((group) => importing.has(group)),
        ...(kind.byNamespace.get(service.namespace) ?? []),
      ]),
    ];
    const left = asked.length < kind.groups.length && kind.groups.find((group) => !asked.includes(group));
    return left ? others(kind, asked, left.scope, left.sample) : [];
  });
  const alone = [...clients.special(), ...importing].filter(isOther).flatMap((group) => callersOf(group));
  return [...alone, ...classed, ...scoped];
}

/** Everybody of a class but those that are asked one by one. */
function others(kind: ClientClass, asked: readonly ClientGroup[], scope: Scope | undefined, sample: Client): Callers[] {
  if (asked.length >= kind.groups.length) return [];
  const part: ClientPart = { type: 'rest', kind, without: new Set(asked) };
  return [{ dataplane: kind.dataplane, scope, capturesAll: true, sample, part }];
}

/** Somebody to ask on behalf of clients whose namespace says nothing about a host. */
function anybody(dataplane: Client['dataplane']): Client {
  return { namespace: '', name: '', labels: {}, annotations: {}, serviceAccount: '', dataplane };
}
