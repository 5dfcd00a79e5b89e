// Values that change, and functions of them that are remembered until something they read has changed. What a function
// reads is noted while it runs; a change marks what stands on it as doubtful and computes nothing; asking computes just
// what is asked for, and a result that comes out as before stops the change from spreading.
import { createReactiveSystem, type ReactiveNode } from 'alien-signals/system';

/** What the graph's flags mean; the library has them as a const enum, which separate compilation cannot read. */
const MUTABLE = 1;
const WATCHING = 2;
const RUNNING = 4;
const DIRTY = 16;
const PENDING = 32;

/** A value that is set from outside. */
class CellNode<T> implements ReactiveNode {
  flags = MUTABLE;
  deps: ReactiveNode['deps'] = undefined;
  depsTail: ReactiveNode['depsTail'] = undefined;
  subs: ReactiveNode['subs'] = undefined;
  subsTail: ReactiveNode['subsTail'] = undefined;
  constructor(
    public value: T,
    public next: T,
  ) {}
}

type Result<T> = { readonly value: T } | { readonly error: unknown };

/** A remembered function. A throw is remembered too, and thrown again until something it read has changed. */
class DerivedNode<T> implements ReactiveNode {
  flags = 0;
  deps: ReactiveNode['deps'] = undefined;
  depsTail: ReactiveNode['depsTail'] = undefined;
  subs: ReactiveNode['subs'] = undefined;
  subsTail: ReactiveNode['subsTail'] = undefined;
  result: Result<T> | undefined = undefined;
  constructor(
    readonly compute: () => T,
    readonly same: (before: T, now: T) => boolean,
    /** Called when nobody reads it any more. */
    readonly forget: (() => void) | undefined,
  ) {}
}

/** Something outside the graph that wants to be told. */
class WatcherNode implements ReactiveNode {
  flags = WATCHING;
  deps: ReactiveNode['deps'] = undefined;
  depsTail: ReactiveNode['depsTail'] = undefined;
  subs: ReactiveNode['subs'] = undefined;
  subsTail: ReactiveNode['subsTail'] = undefined;
  constructor(readonly stale: () => void) {}
}

let reader: ReactiveNode | undefined;
let cycle = 0;

const graph = createReactiveSystem({
  update: (node) => (node instanceof DerivedNode ? recompute(node) : settle(node as CellNode<unknown>)),
  notify(node) {
    node.flags &= ~WATCHING;
    (node as WatcherNode).stale();
  },
  unwatched(node) {
    if (!(node instanceof DerivedNode)) return;
    release(node);
    node.flags = MUTABLE | DIRTY;
    node.result = undefined;
    node.forget?.();
  },
});

function settle(node: CellNode<unknown>): boolean {
  node.flags = MUTABLE;
  const changed = !Object.is(node.value, node.next);
  node.value = node.next;
  return changed;
}

function recompute<T>(node: DerivedNode<T>): boolean {
  const before = node.result;
  const now = run(node, (): Result<T> => {
    try {
      return { value: node.compute() };
    } catch (error) {
      return { error };
    }
  });
  if (before && 'value' in before && 'value' in now && node.same(before.value, now.value)) return false;
  node.result = now;
  return true;
}

/** Runs `read` and notes what it reads as what `node` stands on. */
function run<T>(node: ReactiveNode, read: () => T): T {
  const outer = reader;
  node.depsTail = undefined;
  node.flags = (node instanceof WatcherNode ? WATCHING : MUTABLE) | RUNNING;
  reader = node;
  cycle++;
  try {
    return read();
  } finally {
    reader = outer;
    node.flags &= ~RUNNING;
    let stale = node.depsTail === undefined ? node.deps : (node.depsTail as NonNullable<typeof node.deps>).nextDep;
    while (stale) stale = graph.unlink(stale, node);
  }
}

function release(node: ReactiveNode): void {
  let link = node.depsTail;
  while (link) {
    const { prevDep } = link;
    graph.unlink(link, node);
    link = prevDep;
  }
}

function note(node: ReactiveNode): void {
  if (reader) graph.link(node, reader, cycle);
}

/** A value that is set from outside. */
export interface Cell<T> {
  get(): T;
  /** Setting the value that it has changes nothing. */
  set(value: T): void;
}

/** A cell that holds `value` at first. */
export function cell<T>(value: T): Cell<T> {
  const node = new CellNode(value, value);
  return {
    get() {
      if (node.flags & DIRTY && settle(node as CellNode<unknown>) && node.subs) graph.shallowPropagate(node.subs);
      note(node);
      return node.value;
    },
    set(next) {
      if (Object.is(node.next, next)) return;
      node.next = next;
      node.flags = MUTABLE | DIRTY;
      if (node.subs) graph.propagate(node.subs, false);
    },
  };
}

/**
 * A remembered function without arguments.
 * @param same tells results apart; what comes out the same keeps the earlier result and spreads no further
 */
export function derive<T>(compute: () => T, same: (before: T, now: T) => boolean = Object.is): () => T {
  const node = new DerivedNode(compute, same, undefined);
  return () => ask(node);
}

function ask<T>(node: DerivedNode<T>): T {
  const { flags } = node;
  if (flags & RUNNING) throw new Error('A remembered function asks for its own result.');
  if (node.result === undefined || flags & DIRTY) {
    if (recompute(node) && node.subs) graph.shallowPropagate(node.subs);
  } else if (flags & PENDING) {
    if (graph.checkDirty(node.deps!, node)) {
      if (recompute(node) && node.subs) graph.shallowPropagate(node.subs);
    } else node.flags &= ~PENDING;
  }
  note(node);
  const result = node.result!;
  if ('error' in result) throw result.error;
  return result.value;
}

/** Results by argument. Most functions are asked about few arguments, for which a list takes less room than a map. */
class Results<K, V> {
  private readonly keys: K[] = [];
  private readonly nodes: DerivedNode<V>[] = [];
  private index: Map<K, DerivedNode<V>> | undefined;

  get(key: K): DerivedNode<V> | undefined {
    if (this.index) return this.index.get(key);
    const at = this.keys.indexOf(key);
    return at < 0 ? undefined : this.nodes[at];
  }

  add(key: K, node: DerivedNode<V>): void {
    if (this.index) this.index.set(key, node);
    else if (this.keys.length < MOST_LISTED) {
      this.keys.push(key);
      this.nodes.push(node);
    } else {
      this.index = new Map(this.keys.map((each, at) => [each, this.nodes[at]!]));
      this.index.set(key, node);
      this.keys.length = 0;
      this.nodes.length = 0;
    }
  }

  delete(key: K): void {
    const at = this.keys.indexOf(key);
    if (at >= 0) {
      this.keys.splice(at, 1);
      this.nodes.splice(at, 1);
    } else this.index?.delete(key);
  }
}

const MOST_LISTED = 8;

/**
 * A remembered function of one argument. Results are kept for as long as something depends on them, or the function
 * itself is kept.
 * @param same as for {@link derive}
 */
export function memo<K, V>(compute: (key: K) => V, same: (before: V, now: V) => boolean = Object.is): (key: K) => V {
  const known = new Results<K, V>();
  return (key) => {
    let node = known.get(key);
    if (!node) {
      node = new DerivedNode(
        () => compute(key),
        same,
        () => known.delete(key),
      );
      known.add(key, node);
    }
    return ask(node);
  };
}

/** The same for functions that outlive what they are asked about: a result is kept no longer than the object. */
export function memoWeakly<K extends object, V>(
  compute: (key: K) => V,
  same: (before: V, now: V) => boolean = Object.is,
): (key: K) => V {
  const known = new WeakMap<K, DerivedNode<V>>();
  return (key) => {
    let node = known.get(key);
    if (!node) {
      node = new DerivedNode(() => compute(key), same, undefined);
      known.set(key, node);
    }
    return ask(node);
  };
}

/** A function of objects that never change, worked out once for each. */
export function perObject<K extends object, V>(compute: (object: K) => V): (object: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (object) => {
    let result = known.get(object);
    if (!result) {
      result = { value: compute(object) };
      known.set(object, result);
    }
    return result.value;
  };
}

/** Runs `read` without noting what it reads. */
export function untracked<T>(read: () => T): T {
  const outer = reader;
  reader = undefined;
  try {
    return read();
  } finally {
    reader = outer;
  }
}

/** Something outside the graph that is told when what it read may have changed. */
export interface Watcher {
  /** Runs `read` and watches what it reads, in place of what was read before. */
  read<T>(read: () => T): T;
  /** True when something that the last reading stood on has really changed. */
  isStale(): boolean;
  dispose(): void;
}

/** @param stale called once after each reading, when something that was read may have changed; it must not read */
export function watch(stale: () => void): Watcher {
  const node = new WatcherNode(stale);
  return {
    read: (read) => run(node, read),
    isStale() {
      if (node.flags & DIRTY) return true;
      if (!(node.flags & PENDING)) return false;
      if (graph.checkDirty(node.deps!, node)) return true;
      node.flags = WATCHING;
      return false;
    },
    dispose() {
      node.flags = 0;
      release(node);
    },
  };
}

/** Runs `read`; what was remembered only for it is forgotten afterwards. */
export function reading<T>(read: () => T): T {
  if (reader) return read();
  const watcher = watch(() => undefined);
  try {
    return watcher.read(read);
  } finally {
    watcher.dispose();
  }
}
