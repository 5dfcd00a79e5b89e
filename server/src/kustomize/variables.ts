// `vars`: `$(NAME)` in certain fields, replaced by the value of a field of some object.
import type { Config } from './config';
import { changeField } from './fieldspec';
import { equalIds, equalKindAndName, type Id, isClusterScoped, makeId, splitApiVersion } from './ids';
import { isNull, type MapNode, type Node, type Scalar, scalar, stringAt } from './node';
import { BuildError } from './problem';
import { lookUp, smartSplit } from './replacements';
import { type Resource, withAnyId } from './resource';
import { entryOf } from './selector';

export interface Variable {
  readonly name: string;
  readonly object: Id;
  readonly path: string;
  readonly node: MapNode;
}

export function readVariable(node: MapNode): Variable {
  const text = (entry: Node | undefined, name: string): string => stringAt(entryOf(entry, name), []);
  const reference = entryOf(node, 'objref');
  const apiVersion = text(reference, 'apiVersion');
  const { group, version } =
    apiVersion === ''
      ? { group: text(reference, 'group'), version: text(reference, 'version') }
      : splitApiVersion(apiVersion);
  const gvk = { group, version, kind: text(reference, 'kind') };
  return {
    name: text(node, 'name'),
    object: makeId(gvk, text(reference, 'name'), text(reference, 'namespace')),
    path: text(entryOf(node, 'fieldref'), 'fieldpath') || 'metadata.name',
    node,
  };
}

/** Marks the objects that variables take their values from, while their names are those of this kustomization. */
export function bind(resources: readonly Resource[], variables: readonly Variable[]): void {
  for (const { name, object, node } of variables) {
    const exact = object.namespace !== '' || isClusterScoped(object);
    const matches = withAnyId(resources, (id) => (exact ? equalIds(id, object) : equalKindAndName(id, object)));
    if (matches.length > 1)
      throw new BuildError('variable-unresolved', node.place, { name, found: String(matches.length) });
    matches[0]?.variables.push(name);
  }
}

/** Adds variables; a name can be given once in a whole tree. */
export function addVariables(known: Variable[], more: readonly Variable[]): void {
  for (const variable of more) {
    const { name, node } = variable;
    if (known.some((other) => other.name === name))
      throw new BuildError('variable-unresolved', node.place, { repeated: name });
    known.push(variable);
  }
}

/** Puts the values in. */
export function resolve(
  resources: readonly Resource[],
  variables: readonly Variable[],
  config: Config,
  note: (error: BuildError) => void,
): void {
  const values = new Map<string, Scalar>();
  for (const { name, path, node } of variables) {
    const object = resources.find((resource) => resource.variables.includes(name));
    const found = object && lookUp(object.node, smartSplit(path.replace(/\[(\d+)\]/g, '.$1')));
    if (!found || isNull(found)) note(new BuildError('variable-unresolved', node.place, { name, path }));
    else if (found.kind === 'scalar') values.set(name, found.value);
  }
  if (values.size === 0) return;
  for (const resource of resources) {
    for (const { create: _, ...spec } of config.fields.varReference) {
      changeField(resource, spec, (node) => substituted(node, values));
    }
  }
}

/** In a scalar, or in the scalars of a list or mapping, but no deeper. */
function substituted(node: Node, values: ReadonlyMap<string, Scalar>): Node {
  const one = (item: Node): Node =>
    item.kind === 'scalar' && typeof item.value === 'string' ? scalar(expand(item.value, values), item.place) : item;
  if (node.kind === 'scalar') return one(node);
  if (node.kind === 'list') node.items = node.items.map(one);
  else for (const [key, item] of node.entries) node.entries.set(key, one(item));
  return node;
}

/** `$(NAME)` by its value, `$$` by a dollar; a text that is one variable alone takes its type. */
export function expand(text: string, values: ReadonlyMap<string, Scalar>): Scalar {
  const whole = /^\$\(([^)]*)\)$/.exec(text);
  if (whole) return values.get(whole[1]!) ?? text;
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    const value = values.get(name);
    return value === undefined ? found : String(value);
  });
}
