// The graph behind remembered values: who stands on whom. A change marks what stands on it as doubtful and computes
// nothing; asking computes just what is asked for. The algorithm is the library's, here is what its nodes are.
import { createReactiveSystem, type ReactiveNode } from 'alien-signals/system';

/** What the graph's flags mean; the library has them as a const enum, which separate compilation cannot read. */
const MUTABLE = 1;
const WATCHING = 2;
const RUNNING = 4;
const DIRTY = 16;
const PENDING = 32;

/** A value that is set from outside. */
export class CellNode<T> implements ReactiveNode {
  flags = MUTABLE;
  deps: ReactiveNode['deps'] = undefined;
  depsTail: ReactiveNode['depsTail'] = undefined;
  subs: ReactiveNode['subs'] = undefined;
  subsTail: ReactiveNode['subsTail'] = undefined;
  private next: T;

  constructor(private value: T) {
    this.next = value;
  }

  get(): T {
    if (this.flags & DIRTY && this.settle() && this.subs) graph.shallowPropagate(this.subs);
    note(this);
    return this.value;
  }

  set(next: T): void {
    if (Object.is(this.next, next)) return;
    this.next = next;
    this.flags = MUTABLE | DIRTY;
    if (this.subs) graph.propagate(this.subs, false);
  }

  /** @returns true when the value is another one now */
  settle(): boolean {
    this.flags = MUTABLE;
    const changed = !Object.is(this.value, this.next);
    this.value = this.next;
    return changed;
  }
}

/** A remembered function, for one argument. A throw is remembered too, and thrown again until what it read changes. */
export class DerivedNode<K, V> implements ReactiveNode {
  flags = 0;
  deps: ReactiveNode['deps'] = undefined;
  depsTail: ReactiveNode['depsTail'] = undefined;
  subs: ReactiveNode['subs'] = undefined;
  subsTail: ReactiveNode['subsTail'] = undefined;
  private state: 'unknown' | 'value' | 'error' = 'unknown';
  private result: unknown = undefined;

  /** @param holder told when nobody reads the result any more */
  constructor(
    private readonly compute: (key: K) => V,
    private readonly key: K,
    private readonly same: (before: V, now: V) => boolean,
    private readonly holder: { delete(key: K): void } | undefined,
  ) {}

  ask(): V {
    const { flags } = this;
    if (flags & RUNNING) throw new Error('A remembered function asks for its own result.');
    if (this.state === 'unknown' || flags & DIRTY) {
      if (this.recompute() && this.subs) graph.shallowPropagate(this.subs);
    } else if (flags & PENDING) {
      if (graph.checkDirty(this.deps!, this)) {
        if (this.recompute() && this.subs) graph.shallowPropagate(this.subs);
      } else this.flags &= ~PENDING;
    }
    note(this);
    if (this.state === 'error') throw this.result;
    return this.result as V;
  }

  /** @returns true when the result is another one now */
  recompute(): boolean {
    const outer = begin(this, MUTABLE);
    let now: V;
    try {
      now = this.compute(this.key);
    } catch (error) {
      this.state = 'error';
      this.result = error;
      return true;
    } finally {
      end(this, outer);
    }
    if (this.state === 'value' && this.same(this.result as V, now)) return false;
    this.state = 'value';
    this.result = now;
    return true;
  }

  /** Says that the result may be another one, whatever it was computed from. */
  invalidate(): void {
    this.flags = MUTABLE | DIRTY;
    if (this.subs) graph.propagate(this.subs, false);
  }

  forget(): void {
    release(this);
    this.flags = MUTABLE | DIRTY;
    this.state = 'unknown';
    this.result = undefined;
    this.holder?.delete(this.key);
  }
}

/** Something outside the graph that wants to be told. */
export class WatcherNode implements ReactiveNode {
  flags = WATCHING;
  deps: ReactiveNode['deps'] = undefined;
  depsTail: ReactiveNode['depsTail'] = undefined;
  subs: ReactiveNode['subs'] = undefined;
  subsTail: ReactiveNode['subsTail'] = undefined;

  constructor(readonly stale: () => void) {}

  read<T>(read: () => T): T {
    const outer = begin(this, WATCHING);
    try {
      return read();
    } finally {
      end(this, outer);
    }
  }

  isStale(): boolean {
    if (this.flags & DIRTY) return true;
    if (!(this.flags & PENDING)) return false;
    if (graph.checkDirty(this.deps!, this)) return true;
    this.flags = WATCHING;
    return false;
  }

  dispose(): void {
    this.flags = 0;
    release(this);
  }
}

const graph = createReactiveSystem({
  update: (node) => (node instanceof DerivedNode ? node.recompute() : (node as CellNode<unknown>).settle()),
  notify(node) {
    node.flags &= ~WATCHING;
    (node as WatcherNode).stale();
  },
  unwatched(node) {
    if (node instanceof DerivedNode) node.forget();
  },
});

/** Who is being computed, and the number of that computation. */
interface Reader {
  readonly node: ReactiveNode | undefined;
  readonly run: number;
}
const NOBODY: Reader = { node: undefined, run: 0 };
let reader = NOBODY;
let runs = 0;

/** From now on what is read is noted as what `node` stands on. */
function begin(node: ReactiveNode, flags: number): Reader {
  const outer = reader;
  node.depsTail = undefined;
  node.flags = flags | RUNNING;
  reader = { node, run: ++runs };
  return outer;
}

/** Ends what {@link begin} began; what was not read again is stood on no more. */
function end(node: ReactiveNode, outer: Reader): void {
  reader = outer;
  node.flags &= ~RUNNING;
  let stale = node.depsTail === undefined ? node.deps : (node.depsTail as NonNullable<typeof node.deps>).nextDep;
  while (stale) stale = graph.unlink(stale, node);
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
  if (reader.node) graph.link(node, reader.node, reader.run);
}

/** True while a remembered function is computed or something is watched. */
export function isReading(): boolean {
  return reader.node !== undefined;
}

/** Runs `read` without noting what it reads. */
export function untracked<T>(read: () => T): T {
  const outer = reader;
  reader = NOBODY;
  try {
    return read();
  } finally {
    reader = outer;
  }
}
