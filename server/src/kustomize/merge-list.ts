// Merging lists element by element, as kyaml's walk/associative_sequence.go does, with all that follows from elements
// which lack one of the keys they are told apart by (a port without `protocol`).
import { type ListNode, type Node, scalar, textOf } from './node';

/** An element by its values for the merge keys; empty where it has none. */
type Values = readonly string[];

interface Key {
  readonly names: readonly string[];
  readonly values: Values;
}

/** The elements of `base` and `patch` merged: the patch's first, then those that only the base has. */
export function mergeElements(
  base: ListNode,
  patch: ListNode | undefined,
  names: readonly string[],
  mergeOne: (target: Node | undefined, patch: Node | undefined) => Node | undefined,
): Node[] {
  const all = valuesOf([...(patch?.items ?? []), ...base.items], names);
  if (all.length === 0) return base.items;
  const used = names.filter((_, index) => all.some((values) => values[index] !== ''));
  const result: Node[] = [];
  let rest = base.items;
  for (const values of all) {
    const key: Key = used.length === 0 ? { names, values } : pick(names, values, used);
    const exact = used.length === 0 ? key : pick(names, values, namesWithValue(names, values));
    const find = (items: readonly Node[]): Node | undefined => items.find((item) => hasValues(item, exact));
    const merged = mergeOne(find(rest), patch && find(patch.items));
    if (merged?.kind !== 'map' || merged.entries.size === 0) {
      rest = without(rest, key);
      continue;
    }
    key.names.forEach((name, index) => {
      const value = key.values[index]!;
      if (!merged.entries.has(name) && value !== '') merged.entries.set(name, scalar(value, merged.place));
    });
    put(result, merged, key);
  }
  const keys = used.length === 0 ? names : used;
  for (const item of [...rest]) appendElement(result, item, keys);
  return result;
}

/** The distinct values of all elements; with several keys, one that lacks some takes them from one that has them. */
function valuesOf(items: readonly Node[], names: readonly string[]): Values[] {
  const seen = new Map<string, Values>();
  for (const item of items) {
    const values = names.map((name) => fieldText(item, name) ?? '');
    const id = JSON.stringify(values);
    if (!seen.has(id)) seen.set(id, values);
  }
  const all = [...seen.values()];
  if (names.length < 2) return all;
  [...all.keys()].forEach((i) => {
    const values = all[i]!;
    [...all.keys()].forEach((j) => {
      const joined = join(values, all[j]!);
      if (!joined) return;
      all[i] = joined;
      all[j] = joined;
    });
  });
  return all;
}

/** One for both, where they share a value and contradict each other in none. */
function join(a: Values, b: Values): Values | undefined {
  if (!a.some((value, index) => value === b[index])) return undefined;
  if (a.some((value, index) => value !== '' && b[index] !== '' && value !== b[index])) return undefined;
  return a.map((value, index) => value || b[index]!);
}

function namesWithValue(names: readonly string[], values: Values): readonly string[] {
  const present = names.filter((_, index) => values[index] !== '');
  return present.length === 0 ? names : present;
}

function pick(names: readonly string[], values: Values, wanted: readonly string[]): Key {
  return { names: wanted, values: wanted.map((name) => values[names.indexOf(name)]!) };
}

/** The text of a scalar field; undefined where there is none. */
export function fieldText(item: Node, name: string): string | undefined {
  const field = item.kind === 'map' ? item.entries.get(name) : undefined;
  if (field === undefined) return undefined;
  return field.kind === 'scalar' ? textOf(field) : '';
}

/** True when the element has the values; an empty one asks only for the field, a missing one for nothing. */
function hasValues(item: Node, { names, values }: Key): boolean {
  if (item.kind !== 'map' || values.length === 0) return false;
  return names.every((name, index) => {
    const wanted = values[index];
    if (wanted === undefined) return true;
    const text = fieldText(item, name);
    return text !== undefined && (wanted === '' || text === wanted);
  });
}

function without(items: readonly Node[], key: Key): Node[] {
  return items.filter((item) => !isEmpty(item) && !hasValues(item, key));
}

/** Puts `element` in the place of all that have its key, else at the end. */
function put(items: Node[], element: Node, key: Key): void {
  let found = false;
  items.forEach((item, index) => {
    if (!hasValues(item, key)) return;
    items[index] = element;
    found = true;
  });
  if (!found) items.push(element);
}

function appendElement(items: Node[], element: Node, names: readonly string[]): void {
  if (isEmpty(element)) return;
  const values = names.map((name) => fieldText(element, name)).filter((value) => value !== undefined);
  const key = { names, values };
  // what lacks a key stands behind all others, and instead of those that agree with it
  if (names.length > 1) items.splice(0, items.length, ...without(items, key));
  put(items, element, key);
}

function isEmpty(item: Node): boolean {
  return item.kind === 'map' ? item.entries.size === 0 : item.kind === 'scalar' && item.value === null;
}
