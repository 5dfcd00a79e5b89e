// Field specs: the paths that kustomize changes, such as `spec/template/spec/containers/image`, for which kinds.
import { type GroupVersionKind, isOfKind } from './ids';
import { emptyMap, type MapNode, type Node, type Place, scalar } from './node';
import { BuildError } from './problem';
import type { Resource } from './resource';

export interface FieldSpec extends GroupVersionKind {
  /** Steps with `/` between them; lists are gone through without a step of their own. */
  readonly path: string;
  /** Makes the field where it is missing. */
  readonly create?: boolean;
}

/** Gives a found field its new value. */
export type Change = (node: Node) => Node;

/** Splits at `delimiter`, but not where a backslash stands before it. */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === '') parts.shift();
  const result = [parts[0] ?? ''];
  for (const part of parts.slice(1)) {
    const last = result.at(-1)!;
    if (last.endsWith('\\')) result[result.length - 1] = last.slice(0, -1) + delimiter + part;
    else result.push(part);
  }
  return result;
}

export interface Making {
  /** What is made at the end of a path that is created. */
  readonly leaf: 'map' | 'scalar';
  readonly place: Place;
}

/**
 * Changes the fields of `resource` that `spec` leads to.
 * @param making what to make where the spec says `create`; without it nothing is made
 */
export function changeField(resource: Resource, spec: FieldSpec, change: Change, making?: Making): void {
  if (!isOfKind(resource.gvk, spec)) return;
  const create = spec.create ? making : undefined;
  walk(resource.node, splitPath(spec.path, '/'), change, create, spec.path);
}

export function changeFields(resource: Resource, specs: readonly FieldSpec[], change: Change, making?: Making): void {
  for (const spec of specs) changeField(resource, spec, change, making);
}

function walk(node: Node, path: readonly string[], change: Change, create: Making | undefined, spec: string): Node {
  if (path.length === 0) return change(node);
  if (node.kind === 'scalar' && node.value === null) return node;
  if (node.kind === 'list') {
    node.items = node.items.map((item) => walk(item, path, change, create, spec));
    return node;
  }
  if (node.kind === 'scalar') throw new BuildError('field-not-found', node.place, { path: spec, step: path[0]! });
  walkField(node, path, change, create, spec);
  return node;
}

function walkField(
  node: MapNode,
  path: readonly string[],
  change: Change,
  create: Making | undefined,
  spec: string,
): void {
  const key = path[0]!.replace(/\[\]$/, '');
  const isList = key !== path[0];
  const rest = path.slice(1);
  let field = node.entries.get(key);
  const missing = field === undefined || (field.kind === 'scalar' && field.value === null);
  if (missing && create && !isList) {
    field = rest.length === 0 && create.leaf === 'scalar' ? scalar('', create.place) : emptyMap(create.place);
  }
  if (field === undefined || (field.kind === 'scalar' && field.value === null && rest.length > 0)) return;
  node.entries.set(key, walk(field, rest, change, create, spec));
}
