// From documents to the objects that kustomize takes from them.
import { isNull, type MapNode, type Node, nodeAt, stringAt } from './node';
import { BuildError } from './problem';
import { Resource } from './resource';

/** The objects of documents, lists taken apart. Throws where one has no kind or no name, as kustomize does. */
export function resourcesOf(nodes: readonly Node[]): Resource[] {
  const queue = [...nodes];
  const resources: Resource[] = [];
  for (let node = queue.shift(); node; node = queue.shift()) {
    if (isNull(node) || (node.kind === 'map' && node.entries.size === 0)) continue;
    const map = checked(node);
    const items = nodeAt(map, ['items']);
    if (!stringAt(map, ['kind']).endsWith('List') || items === undefined) resources.push(new Resource(map));
    // the objects of a list come behind all others
    else if (items.kind === 'list') queue.push(...items.items);
    else if (!isNull(items)) throw new BuildError('not-an-object', items.place, { missing: 'items' });
  }
  return resources;
}

function checked(node: Node): MapNode {
  if (node.kind !== 'map') throw new BuildError('not-an-object', node.place, { missing: 'kind' });
  const kind = nodeAt(node, ['kind']);
  if (kind?.kind !== 'scalar' || typeof kind.value !== 'string' || kind.value === '') {
    throw new BuildError('not-an-object', kind?.place ?? node.place, { missing: 'kind' });
  }
  if (!kind.value.endsWith('List') && stringAt(node, ['metadata', 'name']) === '') {
    throw new BuildError('not-an-object', nodeAt(node, ['metadata'])?.place ?? node.place, {
      missing: 'metadata.name',
      kind: kind.value,
    });
  }
  const hole = emptyItem(node);
  if (hole) throw new BuildError('not-an-object', hole.place, { missing: 'item', kind: kind.value });
  return node;
}

/** A list item with nothing in it. */
function emptyItem(node: Node): Node | undefined {
  if (node.kind === 'scalar') return undefined;
  if (node.kind === 'list') {
    for (const item of node.items) {
      const found = isNull(item) ? item : emptyItem(item);
      if (found) return found;
    }
    return undefined;
  }
  for (const item of node.entries.values()) {
    const found = emptyItem(item);
    if (found) return found;
  }
  return undefined;
}
