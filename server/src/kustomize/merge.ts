// Strategic merge: a patch laid over an object, list elements found by their keys, `$patch` directives obeyed.
import { fieldText, mergeElements } from './merge-list';
import { isNull, isWrittenNull, type ListNode, type MapNode, type Node, textOf } from './node';
import { BuildError } from './problem';
import type { Schema } from './schema';

type Directive = 'delete' | 'replace' | 'merge';

/**
 * Lays `patch` over `target` and gives what comes of it; undefined where nothing remains. Both are changed on the way,
 * so a patch for several objects is copied before. As kyaml's merge2.Merge with new list elements put first.
 */
export function merge(target: Node | undefined, patch: Node | undefined, schema: Schema | undefined): Node | undefined {
  const kind = [target, patch].find((node) => !isNull(node))?.kind ?? 'map';
  const other = [target, patch].find((node) => !isNull(node) && node!.kind !== kind);
  if (other) throw new BuildError('patch-failed', patch!.place, { expected: target!.kind, found: patch!.kind });
  if (kind === 'map') return mergeMaps(target as MapNode | undefined, patch as MapNode | undefined, schema);
  if (kind === 'scalar') return patch ?? target;
  if (!schema?.mergeKeys) return patch ?? target;
  return mergeLists(target as ListNode | undefined, patch as ListNode | undefined, schema);
}

function mergeMaps(target: Node | undefined, patch: Node | undefined, schema: Schema | undefined): Node | undefined {
  const base = chooseMap(target, patch);
  if (base?.kind !== 'map') return base;
  const keys = new Set([...base.entries.keys(), ...(patch?.kind === 'map' ? patch.entries.keys() : [])]);
  for (const key of keys) {
    const over = patch?.kind === 'map' ? patch.entries.get(key) : undefined;
    const merged = merge(base.entries.get(key), over, schema?.fields?.[key]);
    if (merged && (!isNull(merged) || isKept(merged, over))) base.entries.set(key, merged);
    else base.entries.delete(key);
  }
  return base;
}

/** A null that the target spells out survives a patch that does not speak of it. */
function isKept(merged: Node, over: Node | undefined): boolean {
  return over === undefined && isWrittenNull(merged);
}

/** The mapping that the fields go into. */
function chooseMap(target: Node | undefined, patch: Node | undefined): Node | undefined {
  if (isNull(target)) {
    const directive = patch?.kind === 'map' ? takeDirective(patch) : 'merge';
    if (directive === 'delete') return undefined;
    return patch ?? (target && isWrittenNull(target) ? target : undefined);
  }
  if (patch && isNull(patch)) return undefined;
  const directive = patch?.kind === 'map' ? takeDirective(patch) : 'merge';
  if (directive === 'delete') return undefined;
  return directive === 'replace' ? patch : target;
}

/** Reads `$patch` and removes it. */
function takeDirective(patch: MapNode): Directive {
  const found = patch.entries.get('$patch');
  if (found === undefined) return 'merge';
  const directive = directiveOf(found);
  patch.entries.delete('$patch');
  return directive;
}

function directiveOf(node: Node): Directive {
  const text = node.kind === 'scalar' ? textOf(node) : '';
  if (text === 'delete' || text === 'replace' || text === 'merge') return text;
  throw new BuildError('patch-failed', node.place, { directive: text });
}

/** Reads an element that is nothing but `$patch`, which speaks of the whole list, and removes it. */
function takeListDirective(patch: ListNode): Directive {
  const first = patch.items.find((item) => item.kind === 'map' && item.entries.has('$patch')) as MapNode | undefined;
  if (!first || first.entries.size > 1) return 'merge';
  const directive = directiveOf(first.entries.get('$patch')!);
  patch.items = patch.items.filter((item) => item.kind !== 'map' || fieldText(item, '$patch') !== directive);
  return directive;
}

function mergeLists(target: ListNode | undefined, patch: ListNode | undefined, schema: Schema): Node | undefined {
  let base: ListNode;
  if (isNull(target)) base = patch as ListNode;
  else if (patch && isNull(patch)) return undefined;
  else {
    const directive = patch ? takeListDirective(patch) : 'merge';
    if (directive === 'delete') return undefined;
    base = directive === 'replace' ? patch! : target!;
  }
  const names = schema.mergeKeys!;
  base.items =
    names.length === 0
      ? mergeScalars(base, patch)
      : mergeElements(base, patch, names, (a, b) => merge(a, b, schema.items));
  return base;
}

/** Lists of scalars: the union, the patch's first. */
function mergeScalars(base: ListNode, patch: ListNode | undefined): Node[] {
  const all = [...(patch?.items ?? []), ...base.items];
  const text = (node: Node): string => (node.kind === 'scalar' ? textOf(node) : '');
  return all.filter((item, index) => all.findIndex((other) => text(other) === text(item)) === index);
}
