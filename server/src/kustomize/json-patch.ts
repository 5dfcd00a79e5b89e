// JSON patches (RFC 6902) on node trees, as kustomize's library applies them: negative indexes count from the end, and
// replacing a field that a mapping does not have adds it.
import { clone, type ListNode, type Node, nodeAt, stringAt, toValue } from './node';
import { BuildError } from './problem';

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface JsonOperation {
  readonly op: Operation;
  readonly path: string;
  readonly from: string;
  readonly value: Node | undefined;
  /** The operation as it is written. */
  readonly node: Node;
}

/** The operations of a patch, or undefined when it is no JSON patch. */
export function readOperations(node: Node): JsonOperation[] | undefined {
  if (node.kind !== 'list') return undefined;
  const operations = node.items.map((item): JsonOperation | undefined => {
    if (item.kind !== 'map') return undefined;
    const op = OPERATIONS.find((known) => known === stringAt(item, ['op']));
    if (!op) return undefined;
    return {
      op,
      path: stringAt(item, ['path']),
      from: stringAt(item, ['from']),
      value: nodeAt(item, ['value']),
      node: item,
    };
  });
  return operations.every((operation) => operation !== undefined) ? operations : undefined;
}

/** Applies the operations one after the other; the root is changed in place unless an operation replaces it. */
export function applyOperations(root: Node, operations: readonly JsonOperation[]): Node {
  return operations.reduce(applyOne, root);
}

function applyOne(root: Node, operation: JsonOperation): Node {
  const { op, path, from } = operation;
  const value = (): Node => {
    if (operation.value) return clone(operation.value);
    return { kind: 'scalar', value: null, text: 'null', place: operation.node.place };
  };
  switch (op) {
    case 'add':
      return put(root, path, value(), operation, true);
    case 'replace':
      return put(root, path, value(), operation, false);
    case 'remove':
      remove(root, path, operation);
      return root;
    case 'move': {
      const moved = get(root, from, operation);
      remove(root, from, operation);
      return put(root, path, moved, operation, true);
    }
    case 'copy':
      return put(root, path, clone(get(root, from, operation)), operation, true);
    case 'test': {
      const found = find(root, steps(path));
      if (!sameValue(found && toValue(found), operation.value && toValue(operation.value))) fail(operation, path);
      return root;
    }
  }
}

/** The steps of a JSON pointer. */
function steps(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function fail(operation: JsonOperation, path: string): never {
  throw new BuildError('patch-failed', operation.node.place, { operation: operation.op, path });
}

function find(root: Node, path: readonly string[]): Node | undefined {
  let at: Node | undefined = root;
  for (const step of path) {
    if (at?.kind === 'map') at = at.entries.get(step);
    else if (at?.kind === 'list') at = at.items[indexOf(at, step) ?? -1];
    else return undefined;
  }
  return at;
}

function indexOf(list: ListNode, step: string): number | undefined {
  if (!/^-?\d+$/.test(step)) return undefined;
  const index = Number(step);
  return index < 0 ? index + list.items.length : index;
}

function get(root: Node, path: string, operation: JsonOperation): Node {
  return find(root, steps(path)) ?? fail(operation, path);
}

function put(root: Node, path: string, value: Node, operation: JsonOperation, insert: boolean): Node {
  const all = steps(path);
  if (all.length === 0) return value;
  const last = all.at(-1)!;
  const parent = find(root, all.slice(0, -1));
  if (parent?.kind === 'map') {
    parent.entries.set(last, value);
  } else if (parent?.kind === 'list' && insert && last === '-') {
    parent.items.push(value);
  } else if (parent?.kind === 'list') {
    // a negative index of an addition counts from behind the last
    const raw = /^-?\d+$/.test(last) ? Number(last) : Number.NaN;
    const places = parent.items.length + (insert ? 1 : 0);
    const index = raw < 0 ? raw + places : raw;
    if (!(index >= 0 && index < places)) fail(operation, path);
    parent.items.splice(index, insert ? 0 : 1, value);
  } else {
    fail(operation, path);
  }
  return root;
}

function remove(root: Node, path: string, operation: JsonOperation): void {
  const all = steps(path);
  get(root, path, operation);
  const parent = find(root, all.slice(0, -1))!;
  const last = all.at(-1);
  if (last === undefined) fail(operation, path);
  if (parent.kind === 'map') parent.entries.delete(last);
  else if (parent.kind === 'list') parent.items.splice(indexOf(parent, last)!, 1);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return (a ?? null) === (b ?? null);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => sameValue(left[key], right[key]));
}
