// Sets of clients, kept as the parts that connections share: groups, and classes without some of their groups. Whole
// meshes call most services, so that lists of clients would be long; parts are few.
import type { Dataplane } from '../mesh/injection';
import type { Workload } from '../mesh/workload';
import type { ClientClass, ClientGroup } from './clients';

/** Everybody of a class but some groups. */
export interface RestOfClass {
  readonly type: 'rest';
  readonly kind: ClientClass;
  /** Not all of the class. */
  readonly without: ReadonlySet<ClientGroup>;
}

/** Some pods by themselves. */
export interface Pods {
  readonly type: 'pods';
  readonly members: readonly Workload[];
}

/** Some clients of a mesh; at least one. */
export type ClientPart = ClientGroup | RestOfClass | Pods;

/** Different clients, in the order of the parts that they came in. */
export class ClientSet implements Iterable<Workload> {
  private readonly classes = new Map<ClientClass, ReadonlySet<ClientGroup>>();
  private readonly groups = new Set<ClientGroup>();
  private readonly pods = new Set<Workload>();
  /** Those that are left out of parts. */
  private readonly removed = new Set<Workload>();

  constructor(parts: Iterable<ClientPart> = []) {
    for (const part of parts) this.add(part);
  }

  add(part: ClientPart): void {
    if (part.type === 'group') this.groups.add(part);
    else if (part.type === 'pods') for (const pod of part.members) this.pods.add(pod);
    else {
      const known = this.classes.get(part.kind);
      if (known !== part.without) this.classes.set(part.kind, known ? common(known, part.without) : part.without);
    }
  }

  /** Leaves a client out, if it is in. */
  remove(client: Workload): void {
    if (this.has(client)) this.removed.add(client);
  }

  get size(): number {
    let size = -this.removed.size;
    for (const [kind, without] of this.classes) {
      size += kind.size();
      for (const { members } of without) size -= members.length;
    }
    for (const group of this.groups) if (!this.isInClass(group)) size += group.members.length;
    for (const pod of this.pods) if (!this.isInParts(pod)) size++;
    return size;
  }

  has(client: Workload): boolean {
    return !this.removed.has(client) && (this.pods.has(client) || this.isInParts(client));
  }

  *[Symbol.iterator](): Iterator<Workload> {
    for (const client of this.all()) if (!this.removed.has(client)) yield client;
  }

  private *all(): Iterable<Workload> {
    for (const [kind, without] of this.classes)
      for (const group of kind.groups) if (!without.has(group)) yield* group.members;
    for (const group of this.groups) if (!this.isInClass(group)) yield* group.members;
    for (const pod of this.pods) if (!this.isInParts(pod)) yield pod;
  }

  /** The first `count` of them, or fewer. */
  first(count: number): Workload[] {
    const found: Workload[] = [];
    for (const client of this) {
      if (found.length >= count) break;
      found.push(client);
    }
    return found;
  }

  private isInClass(group: ClientGroup): boolean {
    for (const [kind, without] of this.classes) if (!without.has(group) && contains(kind, group)) return true;
    return false;
  }

  private isInParts(client: Workload): boolean {
    for (const [{ byNamespace }, without] of this.classes) {
      const near = byNamespace.get(client.namespace) ?? [];
      if (near.some((group) => !without.has(group) && group.members.includes(client))) return true;
    }
    for (const { namespace, members } of this.groups)
      if (namespace === client.namespace && members.includes(client)) return true;
    return false;
  }
}

/** Every client of some parts, those of several parts as often. */
export function membersOf(parts: readonly ClientPart[]): readonly Workload[] {
  const [only, ...others] = parts;
  if (only && others.length === 0 && only.type !== 'rest') return only.members;
  return parts.flatMap((part) =>
    part.type === 'rest'
      ? part.kind.groups.flatMap((group) => (part.without.has(group) ? [] : group.members))
      : part.members,
  );
}

/** What carries the traffic of a part's clients; pods by themselves are alike. */
export function dataplaneOf(part: ClientPart): Dataplane {
  if (part.type === 'rest') return part.kind.dataplane;
  return part.type === 'group' ? part.dataplane : part.members[0]!.dataplane;
}

function contains({ byNamespace }: ClientClass, group: ClientGroup): boolean {
  return byNamespace.get(group.namespace)?.includes(group) ?? false;
}

/** What is in both; one of them where it is within the other. */
function common<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> {
  const [less, more] = a.size < b.size ? [a, b] : [b, a];
  const both = [...less].filter((each) => more.has(each));
  return both.length === less.size ? less : new Set(both);
}
