// Small helpers for lists and keyed values that are remembered.

/** Values by key. Asking for one key hangs on that key alone; going through all hangs on all. */
export interface Lookup<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  keys(): readonly K[];
  values(): V[];
  entries(): [K, V][];
  readonly size: number;
  [Symbol.iterator](): Iterator<[K, V]>;
}

/** @param keys every key that has a value */
export function lookup<K, V>(get: (key: K) => V | undefined, keys: () => readonly K[]): Lookup<K, V> {
  const entries = (): [K, V][] => keys().map((key) => [key, get(key)!]);
  return {
    get,
    has: (key) => get(key) !== undefined,
    keys,
    values: () => keys().map((key) => get(key)!),
    entries,
    get size() {
      return keys().length;
    },
    [Symbol.iterator]: () => entries()[Symbol.iterator](),
  };
}

/** True when both hold the very same items in the same order. */
export function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** The items without repetition, in their order. */
export function unique<T>(items: readonly T[]): T[] {
  return items.length < 2 ? [...items] : [...new Set(items)];
}
