// Replacements: a field's value copied into fields of other objects, whole or as one part of a text.

import { type Pattern, partPattern } from '../manifest/pattern';
import { splitPath } from './fieldspec';
import { flag, itemsOf } from './kustomization';
import {
  clone,
  emptyMap,
  isNull,
  type ListNode,
  type MapNode,
  type Node,
  type Place,
  type ScalarNode,
  scalar,
  stringAt,
  textOf,
} from './node';
import { BuildError } from './problem';
import type { Resource } from './resource';
import { entryOf, isSelected, matchesLabels, readSelector, type Selector } from './selector';

/** Carries out one replacement. */
export function replace(resources: readonly Resource[], entry: Node): void {
  const targets = itemsOf(entry, 'targets');
  const value = sourceValue(resources, entry);
  if (targets.length === 0) throw new BuildError('replacement-source-missing', entry.place, { missing: 'targets' });
  for (const target of targets) applyTo(resources, target, value);
}

function sourceValue(resources: readonly Resource[], entry: Node): Node {
  const literal = entryOf(entry, 'sourceValue');
  if (!isNull(literal)) return literal!;
  const source = entryOf(entry, 'source');
  if (isNull(source)) throw new BuildError('replacement-source-missing', entry.place, { missing: 'source' });
  const selector = readSelector(source!);
  const matches = resources.filter((resource) => resource.allIds().some((id) => isSelected(id, selector)));
  const object = [selector.kind, selector.name].filter((part) => part !== '').join(' ');
  if (matches.length !== 1) {
    throw new BuildError('replacement-source-missing', source!.place, { object, found: String(matches.length) });
  }
  const path = stringAt(entryOf(source, 'fieldPath'), []) || 'metadata.name';
  const found = lookUp(matches[0]!.node, smartSplit(path));
  if (!found || isNull(found) || (found.kind !== 'scalar' && size(found) === 0)) {
    throw new BuildError('replacement-source-missing', (entryOf(source, 'fieldPath') ?? source)!.place, {
      object,
      path,
    });
  }
  return refined(found, entryOf(source, 'options'));
}

function size(node: MapNode | ListNode): number {
  return node.kind === 'map' ? node.entries.size : node.items.length;
}

function optionsOf(options: Node | undefined): { delimiter: string; index: number } {
  const index = entryOf(options, 'index');
  return {
    delimiter: stringAt(entryOf(options, 'delimiter'), []),
    index: index?.kind === 'scalar' && typeof index.value === 'number' ? index.value : 0,
  };
}

/** One part of the source's text, where the options ask for it. */
function refined(node: Node, options: Node | undefined): Node {
  const { delimiter, index } = optionsOf(options);
  if (delimiter === '') return node;
  if (node.kind !== 'scalar') throw new BuildError('replacement-source-missing', options!.place, { delimiter });
  const part = textOf(node).split(delimiter)[index];
  if (part === undefined) throw new BuildError('replacement-source-missing', options!.place, { index: String(index) });
  return ofType(node, scalar(part, node.place));
}

function applyTo(resources: readonly Resource[], target: Node, value: Node): void {
  const select = entryOf(target, 'select');
  if (isNull(select)) throw new BuildError('replacement-source-missing', target.place, { missing: 'select' });
  const selector = readSelector(select!);
  const rejects = itemsOf(target, 'reject').map(readSelector);
  const options = entryOf(target, 'options');
  const paths = itemsOf(target, 'fieldPaths');
  for (const resource of resources) {
    if (!isTarget(resource, selector, rejects)) continue;
    if (paths.length === 0) copyInto(resource.node, 'metadata.name', value, options, target.place);
    for (const path of paths) copyInto(resource.node, stringAt(path, []), value, options, path.place);
  }
}

function isTarget(resource: Resource, selector: Selector, rejects: readonly Selector[]): boolean {
  if (!matchesLabels(resource, selector)) return false;
  const ids = resource.allIds();
  if (!ids.some((id) => isSelected(id, selector))) return false;
  return !rejects.some((reject) => {
    const byLabels = (reject.labels !== '' || reject.annotations !== '') && matchesLabels(resource, reject);
    const named = [reject.group, reject.version, reject.kind, reject.name, reject.namespace].some(
      (part) => part !== '',
    );
    return byLabels || (named && ids.some((id) => isSelected(id, reject)));
  });
}

function copyInto(root: MapNode, path: string, value: Node, options: Node | undefined, place: Place): void {
  const making = flag(options, 'create') ? value : undefined;
  const change = (node: Node): Node => newValue(node, value, options, place);
  if (visit(root, smartSplit(path), making, change) === 0) throw new BuildError('field-not-found', place, { path });
}

function newValue(node: Node, value: Node, options: Node | undefined, place: Place): Node {
  const { delimiter, index } = optionsOf(options);
  if (delimiter === '') return node.kind === 'scalar' ? ofType(node, value) : clone(value);
  if (node.kind !== 'scalar' || value.kind !== 'scalar') throw new BuildError('field-not-found', place, { delimiter });
  const parts = textOf(node).split(delimiter);
  const text = textOf(value);
  if (index < 0) parts.unshift(text);
  else if (index >= parts.length) parts.push(text);
  else parts[index] = text;
  return ofType(node, scalar(parts.join(delimiter), node.place));
}

/** The value in the type of the field that it goes to: `8080` stays a string where a string was. */
function ofType(node: ScalarNode, value: Node): Node {
  if (value.kind !== 'scalar') return clone(value);
  const text = textOf(value);
  const isNumber = typeof node.value === 'number' && text.trim() !== '' && Number.isFinite(Number(text));
  if (isNumber) return { ...scalar(Number(text), value.place), text };
  if (typeof node.value === 'boolean' && (text === 'true' || text === 'false'))
    return scalar(text === 'true', value.place);
  return typeof value.value === 'string' || typeof node.value === 'string' ? scalar(text, value.place) : value;
}

/** Splits at dots, but not in brackets: `spec.[name=a.b].image`, `metadata.annotations.[a.b/c]`. */
export function smartSplit(path: string): string[] {
  const result: string[] = [];
  let bracket: string[] | undefined;
  for (const part of splitPath(path, '.')) {
    if (!bracket && part.startsWith('[') && !part.endsWith(']')) bracket = [];
    if (!bracket) {
      result.push(part);
      continue;
    }
    bracket.push(part);
    if (!part.endsWith(']')) continue;
    const whole = bracket.join('.');
    result.push(whole.includes('=') ? whole : whole.replace(/^[[\]]+|[[\]]+$/g, ''));
    bracket = undefined;
  }
  return bracket ? [...result, bracket.join('.')] : result;
}

/** The single node at a path: fields, indexes, `-` for the last, `[name=value]`. */
export function lookUp(root: Node, path: readonly string[]): Node | undefined {
  let at: Node | undefined = root;
  for (const step of path.map((part) => part.trim()).filter((part) => part !== '')) {
    if (at === undefined) return undefined;
    if (at.kind === 'map') at = at.entries.get(step);
    else if (at.kind === 'list') at = elementOf(at, step);
    else return undefined;
  }
  return at;
}

function elementOf(list: ListNode, step: string): Node | undefined {
  if (/^\d+$/.test(step)) return list.items[Number(step)];
  if (step === '-') return list.items.at(-1);
  const match = /^\[([^=]*)=(.*)\]$/.exec(step);
  return match ? list.items.find((item) => elementText(item, match[1]!) === match[2]) : undefined;
}

function elementText(item: Node, name: string): string | undefined {
  const found = name === '' ? item : item.kind === 'map' ? item.entries.get(name) : undefined;
  return found?.kind === 'scalar' ? textOf(found) : undefined;
}

/**
 * Changes every node that a target's path leads to, and says how many there were.
 * @param making the value that is to go there, where missing fields are made for it
 */
function visit(node: Node, path: readonly string[], making: Node | undefined, change: (node: Node) => Node): number {
  const [step, ...rest] = path;
  if (step === undefined) return 0;
  const into = (child: Node, set: (node: Node) => void): number => {
    if (rest.length > 0) return visit(child, rest, making, change);
    set(change(child));
    return 1;
  };
  if (node.kind === 'list') return visitItems(node, step, rest, making, into);
  if (node.kind !== 'map') return 0;
  const child = node.entries.get(step) ?? (making && made(rest[0], making));
  if (!child) return 0;
  node.entries.set(step, child);
  return into(child, (changed) => node.entries.set(step, changed));
}

function visitItems(
  list: ListNode,
  step: string,
  rest: readonly string[],
  making: Node | undefined,
  into: (child: Node, set: (node: Node) => void) => number,
): number {
  const match = /^\[([^=]*)=(.*)\]$/.exec(step);
  const pattern = match && safePattern(match[2]!);
  const fits = (item: Node, index: number): boolean => {
    if (step === '*') return true;
    if (!match) return String(index) === step;
    const text = elementText(item, match[1]!);
    return text !== undefined && pattern!.test(text);
  };
  if (making && !list.items.some(fits)) {
    if (match) list.items.push(madeElement(match[1]!, match[2]!, making));
    else if (step === String(list.items.length)) list.items.push(made(rest[0], making));
  }
  return list.items
    .map((item, index) => (fits(item, index) ? into(item, (changed) => list.items.splice(index, 1, changed)) : 0))
    .reduce((sum, count) => sum + count, 0);
}

function safePattern(text: string): Pattern {
  try {
    return partPattern(text);
  } catch {
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  }
}

/** An empty node of the kind that the next step needs. */
function made(next: string | undefined, value: Node): Node {
  if (next === undefined) {
    if (value.kind === 'scalar') return { ...scalar(null, value.place), text: '' };
    return value.kind === 'list' ? { kind: 'list', items: [], place: value.place } : emptyMap(value.place);
  }
  const isList = /^\d+$/.test(next) || /^\[.*=.*\]$/.test(next) || next === '-' || next === '*';
  return isList ? { kind: 'list', items: [], place: value.place } : emptyMap(value.place);
}

function madeElement(name: string, text: string, value: Node): Node {
  if (name === '') return scalar(text, value.place);
  const element = emptyMap(value.place);
  element.entries.set(name, scalar(text, value.place));
  return element;
}
