// The objects of a mesh by what asks for them: kind and namespace, and the hosts that they name. Files hand in their
// objects; only entries that a change touches are told to have changed.
import { type Cell, cell } from '../incremental/cells';
import { type KubernetesObject, refKey, refOf } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
import { isWildcard } from './host';
import { sameItems } from './lookup';

/** By what else than kind and namespace objects are found; each leads from a host to the namespaces concerned. */
export type HostIndex =
  /** Services and ServiceEntries, by the hosts that they define. */
  | 'defined'
  /** DestinationRules by their host pattern. */
  | 'ruled'
  /** VirtualServices by the hosts that they lead to. */
  | 'routed'
  /** Workloads by the hosts that their manifests mention. */
  | 'mentioned';

/** Why an object has no part in the answers. */
export interface IgnoredReason {
  /**
   * `rejected`: the API server refuses it; `revision`: labelled for another istiod; `repeated`: defined again elsewhere;
   * `open`: something still fills it in; `undiscovered`: istiod does not look into its namespace.
   */
  readonly code: 'rejected' | 'revision' | 'repeated' | 'open' | 'undiscovered';
  /** The object that counts instead. */
  readonly winner?: KnownObject;
}

/** Lists by key, each of which can be watched by itself. */
class Lists<T> {
  private readonly lists = new Map<string, T[]>();
  private readonly cells = new Map<string, Cell<number>>();

  get(key: string): readonly T[] {
    let version = this.cells.get(key);
    if (!version) {
      version = cell(0);
      this.cells.set(key, version);
    }
    version.get();
    return this.lists.get(key) ?? [];
  }

  add(key: string, item: T): void {
    const list = this.lists.get(key);
    if (list) list.push(item);
    else this.lists.set(key, [item]);
    this.touch(key);
  }

  remove(key: string, item: T): void {
    const list = this.lists.get(key);
    const index = list?.indexOf(item) ?? -1;
    if (!list || index < 0) return;
    if (list.length === 1) this.lists.delete(key);
    else list.splice(index, 1);
    this.touch(key);
  }

  private touch(key: string): void {
    const version = this.cells.get(key);
    version?.set(version.get() + 1);
  }
}

/** An object that was handed in, with its place in the order of everything. */
interface Entry {
  readonly object: KnownObject;
  readonly provider: string;
  index: number;
}

/** What the table needs to know of objects that it does not know itself. */
export interface TableRules {
  /** Why an object does not count whatever is beside it. */
  refusal(object: KnownObject): IgnoredReason | undefined;
  /** The hosts under which an object is found, as clients name them. */
  hosts: Readonly<Record<HostIndex, (object: KnownObject) => readonly string[]>>;
}

const MOST_EMPTIED = 4;

/** The objects that count and those that do not, changing with the files. */
export class ObjectTable {
  private readonly providers = new Map<string, readonly KnownObject[]>();
  private readonly entries = new Map<KnownObject, Entry>();
  /** What defines an object, by its reference, and which of these counts. */
  private readonly definitions = new Map<string, Set<Entry>>();
  private readonly winners = new Map<string, Entry>();
  /** References whose definitions have changed since the winners were found. */
  private readonly redefined = new Set<string>();
  private readonly reasons = new Map<KnownObject, IgnoredReason>();
  private readonly counting = new Lists<Entry>();
  private readonly all = new Lists<Entry>();
  private readonly namespacesByHost: Readonly<Record<HostIndex, Lists<string>>> = {
    defined: new Lists(),
    ruled: new Lists(),
    routed: new Lists(),
    mentioned: new Lists(),
  };
  private readonly patterns = new Lists<string>();
  private readonly sizes = new Map<string, number>();
  private readonly names = cell<readonly string[]>([]);
  private namesChanged = false;
  /** Namespaces that are listed though nothing stands in them any more, the oldest first. */
  private readonly emptied = new Set<string>();

  constructor(private readonly rules: TableRules) {}

  /** Hands in what a provider (a file, or a rendered build) now has, in place of what it had. */
  provide(provider: string, objects: readonly KnownObject[]): void {
    const before = this.providers.get(provider) ?? [];
    const now = new Set(objects);
    const kept = before.filter((object) => now.has(object));
    const keptNow = objects.filter((object) => this.entries.get(object)?.provider === provider);
    // objects that changed places are taken out and put in again, since order decides between some
    const moved = kept.some((object, index) => object !== keptNow[index]);
    for (const object of before) if (moved || !now.has(object)) this.remove(object);
    if (objects.length === 0) this.providers.delete(provider);
    else this.providers.set(provider, objects);
    objects.forEach((object, index) => {
      const entry = this.entries.get(object);
      if (entry) entry.index = index;
      else this.add({ object, provider, index });
    });
    for (const key of this.redefined) this.redefine(key);
    this.redefined.clear();
    if (!this.namesChanged) return;
    this.namesChanged = false;
    const names = [...this.sizes.keys()].sort();
    if (!sameItems(names, this.names.get())) this.names.set(names);
  }

  /** Names of the namespaces in which something stands or that are defined, and of a few where something was; in order. */
  namespaces(): readonly string[] {
    return this.names.get();
  }

  /** Objects of a kind that count, in the order of the manifests. */
  of<T extends KnownObject>(kind: T['kind'], namespace: string): T[] {
    return inOrder(this.counting.get(`${kind} ${namespace}`)) as T[];
  }

  /** Every object of a namespace, in the order of the manifests; a Namespace is in itself. */
  objectsIn(namespace: string): KnownObject[] {
    return inOrder(this.all.get(namespace));
  }

  /** Why an object does not count; undefined for those that do. */
  reasonFor(object: KnownObject): IgnoredReason | undefined {
    this.all.get(namespaceOf(object));
    return this.reasons.get(object);
  }

  /** The namespaces in which an index has something for a host, each as often as it has. */
  namespacesBy(index: HostIndex, host: string): readonly string[] {
    return this.namespacesByHost[index].get(host);
  }

  /** Every host pattern with `*` that DestinationRules have, each as often as it stands. */
  rulePatterns(): readonly string[] {
    return this.patterns.get('');
  }

  private add(entry: Entry): void {
    const { object } = entry;
    const namespace = namespaceOf(object);
    this.entries.set(object, entry);
    this.all.add(namespace, entry);
    const size = this.sizes.get(namespace) ?? 0;
    if (size === 0 && !this.emptied.delete(namespace)) this.namesChanged = true;
    this.sizes.set(namespace, size + 1);
    const refused = this.rules.refusal(object);
    if (refused) {
      this.reasons.set(object, refused);
      return;
    }
    const key = refKey(refOf(object));
    const definitions = this.definitions.get(key);
    if (definitions) definitions.add(entry);
    else this.definitions.set(key, new Set([entry]));
    this.redefined.add(key);
  }

  private remove(object: KnownObject): void {
    const entry = this.entries.get(object);
    if (!entry) return;
    const namespace = namespaceOf(object);
    this.entries.delete(object);
    this.all.remove(namespace, entry);
    const size = this.sizes.get(namespace)! - 1;
    this.sizes.set(namespace, size);
    if (size === 0) this.empty(namespace);
    const key = refKey(refOf(object));
    if (this.definitions.get(key)?.delete(entry)) this.redefined.add(key);
    this.reasons.delete(object);
  }

  /**
   * What is being typed is broken now and then, and its namespace would come and go with it, with everything that goes
   * through all namespaces: the last few that were emptied stay listed.
   */
  private empty(namespace: string): void {
    this.emptied.add(namespace);
    if (this.emptied.size <= MOST_EMPTIED) return;
    const [oldest] = this.emptied;
    this.emptied.delete(oldest!);
    this.sizes.delete(oldest!);
    this.namesChanged = true;
  }

  /** Of several definitions the first file's counts, and of these the last, as applying the file would leave it. */
  private redefine(key: string): void {
    const definitions = [...(this.definitions.get(key) ?? [])].sort(entryOrder);
    const before = this.winners.get(key);
    const first = definitions[0]?.object.source.uri;
    const now = definitions.filter(({ object }) => object.source.uri === first).at(-1);
    if (before !== now) {
      if (before) this.index(before, false);
      if (now) this.index(now, true);
    }
    if (!now) {
      this.definitions.delete(key);
      this.winners.delete(key);
      return;
    }
    this.winners.set(key, now);
    const reason: IgnoredReason = { code: 'repeated', winner: now.object };
    for (const { object } of definitions) {
      if (object === now.object) this.reasons.delete(object);
      else this.reasons.set(object, reason);
    }
  }

  private index(entry: Entry, isIn: boolean): void {
    const { object } = entry;
    const namespace = namespaceOf(object);
    const change = <T>(lists: Lists<T>, key: string, item: T): void =>
      isIn ? lists.add(key, item) : lists.remove(key, item);
    change(this.counting, `${object.kind} ${namespace}`, entry);
    for (const index of INDEXES)
      for (const host of this.rules.hosts[index](object)) change(this.namespacesByHost[index], host, namespace);
    for (const pattern of this.rules.hosts.ruled(object)) if (isWildcard(pattern)) change(this.patterns, '', pattern);
  }
}

const INDEXES: readonly HostIndex[] = ['defined', 'ruled', 'routed', 'mentioned'];

function namespaceOf(object: KubernetesObject): string {
  return object.kind === 'Namespace' ? object.metadata.name : object.metadata.namespace;
}

function entryOrder(a: Entry, b: Entry): number {
  return a.provider < b.provider ? -1 : a.provider > b.provider ? 1 : a.index - b.index;
}

function inOrder(entries: readonly Entry[]): KnownObject[] {
  return [...entries].sort(entryOrder).map(({ object }) => object);
}
