// Which objects a patch or replacement is for: by regular expressions, by labels, by annotations.
import { type Pattern, wholePattern } from '../manifest/pattern';
import { type Id, isOfKind } from './ids';
import { type Node, nodeAt, type Place, stringAt, stringMap } from './node';
import { BuildError } from './problem';
import type { Resource } from './resource';

export interface Selector {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: string;
  readonly annotations: string;
  readonly place: Place;
}

/** Keys are found as Go's JSON reader finds them: in any case. */
export function readSelector(node: Node): Selector {
  const text = (name: string): string => stringAt(entryOf(node, name), []);
  return {
    group: text('group'),
    version: text('version'),
    kind: text('kind'),
    name: text('name'),
    namespace: text('namespace'),
    labels: text('labelSelector'),
    annotations: text('annotationSelector'),
    place: node.place,
  };
}

export function entryOf(node: Node | undefined, name: string): Node | undefined {
  const exact = nodeAt(node, [name]);
  if (exact || node?.kind !== 'map') return exact;
  for (const [key, item] of node.entries) if (key.toLowerCase() === name.toLowerCase()) return item;
  return undefined;
}

/** The objects that a patch's `target` means: original names and namespaces count as well as the present ones. */
export function select(resources: readonly Resource[], selector: Selector): Resource[] {
  const kindFits = (value: string, pattern: string): boolean =>
    pattern === '' || anchored(pattern, selector).test(value);
  return resources.filter((resource) => {
    const ids = [resource.originalId(), resource.currentId()];
    const gvk = resource.gvk;
    return (
      ids.some((id) => kindFits(id.effective, selector.namespace)) &&
      ids.some((id) => kindFits(id.name, selector.name)) &&
      kindFits(gvk.group, selector.group) &&
      kindFits(gvk.version, selector.version) &&
      kindFits(gvk.kind, selector.kind) &&
      matchesLabels(resource, selector)
    );
  });
}

/** The pattern as Go would read it, for the whole of a value. */
function anchored(pattern: string, selector: Selector): Pattern {
  try {
    return wholePattern(pattern);
  } catch {
    throw new BuildError('patch-invalid', selector.place, { pattern });
  }
}

/** True when the id is what a replacement selects: names are compared as they are. */
export function isSelected(id: Id, selector: Selector): boolean {
  return (
    (selector.name === '' || selector.name === id.name) &&
    (selector.namespace === '' || selector.namespace === id.effective) &&
    isOfKind(id, selector)
  );
}

export function matchesLabels(resource: Resource, selector: Selector): boolean {
  const metadata = nodeAt(resource.node, ['metadata']);
  return (
    matchesExpression(stringMap(nodeAt(metadata, ['labels'])), selector.labels, selector) &&
    matchesExpression(stringMap(nodeAt(metadata, ['annotations'])), selector.annotations, selector)
  );
}

/** Kubernetes' label selectors: `a=b,c!=d,e in (f,g),h,!i`. */
function matchesExpression(labels: ReadonlyMap<string, string>, expression: string, selector: Selector): boolean {
  if (expression.trim() === '') return true;
  return expression.split(/,(?![^(]*\))/).every((part) => matchesRequirement(labels, part.trim(), selector));
}

function matchesRequirement(labels: ReadonlyMap<string, string>, text: string, selector: Selector): boolean {
  const set = /^([^\s=!(),]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const value = labels.get(set[1]!);
    const isIn = value !== undefined && set[3]!.split(',').some((item) => item.trim() === value);
    return set[2] === 'in' ? isIn : !isIn;
  }
  const compared = /^([^\s=!(),<>]+)\s*(==|=|!=|>|<)\s*(\S*)$/.exec(text);
  if (compared) {
    const value = labels.get(compared[1]!);
    const wanted = compared[3]!;
    if (compared[2] === '!=') return value !== wanted;
    if (compared[2] === '>') return value !== undefined && Number(value) > Number(wanted);
    if (compared[2] === '<') return value !== undefined && Number(value) < Number(wanted);
    return value === wanted;
  }
  const present = /^(!?)\s*([^\s=!(),<>]+)$/.exec(text);
  if (!present) throw new BuildError('patch-invalid', selector.place, { selector: text });
  return labels.has(present[2]!) === (present[1] === '');
}
