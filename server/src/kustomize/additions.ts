// What is added to a kustomization from outside when it is delivered: fields of its root, a namespace for objects that
// have none, values for variables in what it builds.
import { parseDocuments } from '../yaml/document';
import { isClusterScoped } from './ids';
import { type MapNode, type Node, nodeAt, type ScalarNode, scalar, stringAt } from './node';
import type { Resource } from './resource';
import { entryOf } from './selector';

export interface Additions {
  /** Fields of a kustomization. Lists stand behind those that are written, maps over them, texts in their place. */
  readonly fields: ReadonlyMap<string, Node>;
  /** For built objects that name none. */
  readonly namespace: ScalarNode | undefined;
  /** Undefined where variables are not replaced. */
  readonly variables: Variables | undefined;
}

/** Values for `${name}`. */
export interface Variables {
  readonly values: ReadonlyMap<string, string>;
  /** No other variable has a value: it becomes its default, or nothing. */
  readonly isComplete: boolean;
}

/** The root of a kustomization with the fields that are added to it. */
export function withFields(root: MapNode, fields: Additions['fields']): MapNode {
  const entries = new Map(root.entries);
  for (const [name, node] of fields) {
    const written = entryOf(root, name);
    for (const key of [...entries.keys()]) if (key.toLowerCase() === name.toLowerCase()) entries.delete(key);
    entries.set(name, joined(written, node));
  }
  return { ...root, entries };
}

function joined(written: Node | undefined, added: Node): Node {
  if (written?.kind === 'list' && added.kind === 'list')
    return { ...written, items: [...written.items, ...added.items] };
  if (written?.kind === 'map' && added.kind === 'map')
    return { ...written, entries: new Map([...written.entries, ...added.entries]) };
  return added;
}

/** Brings built objects to what is applied. */
export function finish(resources: readonly Resource[], { namespace, variables }: Additions): void {
  for (const resource of resources) {
    if (namespace && resource.namespace === '' && !isClusterScoped(resource.currentId()))
      resource.setNamespace(String(namespace.value), namespace.place);
    if (variables && !isLeftAlone(resource)) replaceIn(resource.node, variables);
  }
}

const LEFT_ALONE = 'kustomize.toolkit.fluxcd.io/substitute';

function isLeftAlone({ node }: Resource): boolean {
  return ['annotations', 'labels'].some(
    (kind) => stringAt(nodeAt(node, ['metadata', kind]), [LEFT_ALONE]) === 'disabled',
  );
}

function replaceIn(node: Node, variables: Variables): void {
  if (node.kind === 'list') node.items = node.items.map((item) => replaced(item, variables));
  else if (node.kind === 'map')
    for (const [key, item] of node.entries) node.entries.set(key, replaced(item, variables));
}

function replaced(node: Node, variables: Variables): Node {
  if (node.kind !== 'scalar') {
    replaceIn(node, variables);
    return node;
  }
  if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
  const text = substitute(node.value, variables);
  if (text === node.value) return node;
  // the built text is read again afterwards, where nothing stands in quotes that needs none
  const isPlain = node.value.startsWith('${') && /^[\w.+-]+$/.test(text);
  const value = isPlain ? parseDocuments(text)[0]?.value : text;
  return scalar(typeof value === 'number' || typeof value === 'boolean' ? value : text, node.place);
}

/** `${name}` and `${name:=default}` in its spellings; other functions are left as they stand (envsubst of drone). */
function substitute(text: string, { values, isComplete }: Variables): string {
  return text.replace(
    /(\$?)\$\{([A-Za-z_]\w*)(?:(:?[-=])([^{}$]*))?\}/g,
    (whole, escaped: string, name: string, operator: string | undefined, otherwise: string | undefined) => {
      if (escaped !== '') return whole;
      const value = values.get(name);
      if (value === undefined && !isComplete) return whole;
      const isMissing = value === undefined || (value === '' && operator?.startsWith(':'));
      return isMissing ? (otherwise ?? '') : value;
    },
  );
}
