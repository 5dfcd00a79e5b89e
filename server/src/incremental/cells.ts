// Values that change, and functions of them that are remembered until something they read has changed. What a function
// reads is noted while it runs; a result that comes out as before stops a change from spreading.
import { CellNode, DerivedNode, isReading, untracked, WatcherNode } from './graph';

export { untracked } from './graph';

type Same<T> = (before: T, now: T) => boolean;

/** A value that is set from outside. */
export interface Cell<T> {
  get(): T;
  /** Setting the value that it has changes nothing. */
  set(value: T): void;
}

/** A cell that holds `value` at first. */
export function cell<T>(value: T): Cell<T> {
  return new CellNode(value);
}

/** Values by key that are set from outside, each of which can be watched by itself, as can its absence. */
export class Cells<K, V> {
  private readonly cells = new Map<K, Cell<V | undefined>>();

  get(key: K): V | undefined {
    return this.at(key).get();
  }

  /** The value, without noting that somebody asked. */
  peek(key: K): V | undefined {
    return untracked(() => this.cells.get(key)?.get());
  }

  /** @param value undefined for none */
  set(key: K, value: V | undefined): void {
    this.at(key).set(value);
  }

  /** Takes these values in place of all; those that are the same as before change nothing. */
  replace(values: ReadonlyMap<K, V>, same: Same<V>): void {
    for (const [key, own] of this.cells) if (!values.has(key)) own.set(undefined);
    for (const [key, value] of values) {
      const before = this.peek(key);
      if (before === undefined || !same(before, value)) this.set(key, value);
    }
  }

  private at(key: K): Cell<V | undefined> {
    let own = this.cells.get(key);
    if (!own) {
      own = cell<V | undefined>(undefined);
      this.cells.set(key, own);
    }
    return own;
  }
}

/**
 * A remembered function without arguments.
 * @param same tells results apart; what comes out the same keeps the earlier result and spreads no further
 */
export function derive<T>(compute: () => T, same: Same<T> = Object.is): () => T {
  const node = new DerivedNode(compute, undefined, same, undefined);
  return () => node.ask();
}

/** Results by argument. Most functions are asked about few arguments, for which a list takes less room than a map. */
class Results<K, V> {
  private readonly keys: K[] = [];
  private readonly nodes: DerivedNode<K, V>[] = [];
  private index: Map<K, DerivedNode<K, V>> | undefined;

  /** @param emptied told when the last one is gone */
  constructor(private readonly emptied?: () => void) {}

  get(key: K): DerivedNode<K, V> | undefined {
    if (this.index) return this.index.get(key);
    const at = this.keys.indexOf(key);
    return at < 0 ? undefined : this.nodes[at];
  }

  add(key: K, node: DerivedNode<K, V>): void {
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
    if (this.keys.length === 0 && !this.index?.size) this.emptied?.();
  }
}

const MOST_LISTED = 8;

/**
 * A remembered function of one argument. Results are kept for as long as something depends on them, or the function
 * itself is kept.
 * @param same as for {@link derive}
 */
export function memo<K, V>(compute: (key: K) => V, same: Same<V> = Object.is): (key: K) => V {
  const known = new Results<K, V>();
  return (key) => {
    let node = known.get(key);
    if (!node) {
      node = new DerivedNode(compute, key, same, known);
      known.add(key, node);
    }
    return node.ask();
  };
}

/** A remembered function of two arguments, as {@link memo} is of one. */
export function memoOfTwo<A, B, V>(
  compute: (first: A, second: B) => V,
  same: Same<V> = Object.is,
): (first: A, second: B) => V {
  const known = new Map<A, { readonly results: Results<B, V>; compute(second: B): V }>();
  return (first, second) => {
    let own = known.get(first);
    if (!own) {
      const results = new Results<B, V>(() => known.delete(first));
      own = { results, compute: (each) => compute(first, each) };
      known.set(first, own);
    }
    let node = own.results.get(second);
    if (!node) {
      node = new DerivedNode(own.compute, second, same, own.results);
      own.results.add(second, node);
    }
    return node.ask();
  };
}

/** The same for functions that outlive what they are asked about: a result is kept no longer than the object. */
export function memoWeakly<K extends object, V>(compute: (key: K) => V, same: Same<V> = Object.is): (key: K) => V {
  const known = new WeakMap<K, DerivedNode<K, V>>();
  return (key) => {
    let node = known.get(key);
    if (!node) {
      node = new DerivedNode(compute, key, same, undefined);
      known.set(key, node);
    }
    return node.ask();
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

/** A gate that may have something else to say. */
interface Doubtful {
  /** @returns true when it has */
  renew(): boolean;
  /** Lets its readers find out. */
  open(): void;
}
const doubtful = new Set<Doubtful>();

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * A remembered function without arguments that stands between many values and many readers. It is asked anew by
 * {@link settle}, when a change is complete, and its readers hear of the change only if the result is another one:
 * with {@link derive} each of them would have to find that out.
 */
export function gate<T>(compute: () => T, same: Same<T> = Object.is): () => T {
  let known: Outcome<T> | undefined;
  const inside = new WatcherNode(() => doubtful.add(self));
  const renew = (): boolean => {
    doubtful.delete(self);
    const before = known;
    if (before && !inside.isStale()) return false;
    try {
      const value = inside.read(compute);
      if (before && 'value' in before && same(before.value, value)) return false;
      known = { value };
    } catch (error) {
      known = { error };
    }
    return true;
  };
  const outcome = (): Outcome<T> => {
    if (!known || doubtful.has(self)) renew();
    return known!;
  };
  const outside = new DerivedNode(outcome, undefined, Object.is, undefined);
  const self: Doubtful = { renew, open: () => outside.invalidate() };
  return () => {
    if (doubtful.has(self) && renew()) outside.invalidate();
    const result = outside.ask();
    if ('error' in result) throw result.error;
    return result.value;
  };
}

/**
 * Completes a change: to be called after cells were set, before anything is asked.
 * @param milliseconds after which gates are opened unasked, so that a large change is worked off by those who read them
 */
export function settle(milliseconds = Number.POSITIVE_INFINITY): void {
  const end = Date.now() + milliseconds;
  for (const each of doubtful) {
    if (Date.now() > end || each.renew()) each.open();
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
  return new WatcherNode(stale);
}

/** Runs `read`; what was remembered only for it is forgotten afterwards. */
export function reading<T>(read: () => T): T {
  if (isReading()) return read();
  const watcher = watch(() => undefined);
  try {
    return watcher.read(read);
  } finally {
    watcher.dispose();
  }
}
