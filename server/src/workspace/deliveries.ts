// What Flux and Argo CD say of a folder that they deliver: its namespace, patches, values for variables. Only what is
// plain in the workspace counts; whatever else a delivery says is left as something that is filled in later.
import type { Additions, Variables } from '../kustomize/additions';
import {
  type Node,
  nodeAt,
  type Origin,
  originOfPlace,
  rootPlace,
  type ScalarNode,
  scalar,
  stringAt,
  stringMap,
} from '../kustomize/node';
import { resolvePath } from '../kustomize/paths';
import type { Unknown } from '../kustomize/result';
import { nodeOf } from '../kustomize/scalars';
import { isPlaceholder } from '../manifest/placeholder';
import { groupOf, type KnownObject } from '../manifest/read';
import { folderOf } from './kustomization-roots';
import type { SourceFile } from './workspace';

/** A folder of the workspace that a Flux Kustomization or an Argo CD Application delivers. */
export interface Delivery {
  /** Where it is written. */
  readonly uri: string;
  readonly name: string;
  /** A URI without a slash at its end. */
  readonly folder: string;
  /** It takes the folders below as well, where the folder has no kustomization. */
  readonly isRecursive: boolean;
  readonly additions: Additions;
  /** The object, as it is written. */
  readonly origin: Origin;
  /** What of it is not known to take place. */
  readonly unread?: readonly Unknown[];
  /** Equal for deliveries that make the same of a folder, as long as their texts are the same. */
  readonly key: string;
}

const FLUX = 'kustomize.toolkit.fluxcd.io';
const ARGO = 'argoproj.io';

/** True for a text that may hold a delivery; told without parsing. */
export function mayDeliver(text: string): boolean {
  return text.includes(FLUX) || (text.includes(ARGO) && /kind["']?\s*:\s*["']?Application\b/.test(text));
}

/** True for the object of a delivery. */
export function isDelivery(kind: string, apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return (kind === 'Kustomization' && group === FLUX) || (kind === 'Application' && group === ARGO);
}

/** The deliveries that stand in a file, as nodes. */
export function deliveryNodes({ uri, text, documents }: SourceFile): readonly Node[] {
  if (!mayDeliver(text)) return [];
  return documents.flatMap((document) => {
    const node = nodeOf(document, rootPlace(uri, document));
    return isDelivery(stringAt(node, ['kind']), stringAt(node, ['apiVersion'])) ? [node] : [];
  });
}

/** What of a file deliveries hang on: an edit that changes none of it changes no delivery. */
export function bearsOnDeliveries(file: SourceFile): readonly unknown[] {
  return [
    ...file.objects.filter(({ kind }) => kind === 'ConfigMap'),
    ...(mayDeliver(file.text) ? file.documents.filter(({ text }) => mayDeliver(text)) : []),
  ];
}

/** What deliveries are looked up in. */
export interface Surroundings {
  /** Every folder that holds a file. */
  readonly folders: ReadonlySet<string>;
  /** ConfigMaps by `namespace/name`; undefined where several differ. */
  readonly configMaps: ReadonlyMap<string, KnownObject | undefined>;
}

/** The deliveries of folders of the workspace that change something of what stands there. */
export function readDeliveries(nodes: readonly Node[], around: Surroundings): Delivery[] {
  return nodes.flatMap((node) =>
    stringAt(node, ['kind']) === 'Kustomization' ? ofFlux(node, around) : ofArgo(node, around),
  );
}

function ofFlux(node: Node, around: Surroundings): Delivery[] {
  const spec = nodeAt(node, ['spec']);
  const fields = fieldsOf(spec, ['namePrefix', 'nameSuffix', 'patches', 'images', 'components']);
  const namespace = nodeAt(spec, ['targetNamespace']);
  if (namespace) fields.set('namespace', namespace);
  const variables = variablesOf(nodeAt(spec, ['postBuild']), stringAt(node, ['metadata', 'namespace']), around);
  const additions = { fields, namespace: undefined, variables };
  return delivery(node, nodeAt(spec, ['path']), true, additions, around);
}

function variablesOf(postBuild: Node | undefined, namespace: string, around: Surroundings): Variables | undefined {
  if (postBuild?.kind !== 'map') return undefined;
  const values = new Map<string, string>();
  let isComplete = true;
  const from = nodeAt(postBuild, ['substituteFrom']);
  for (const source of from?.kind === 'list' ? from.items : []) {
    const id = `${namespace || 'default'}/${stringAt(source, ['name'])}`;
    const map = stringAt(source, ['kind']) === 'ConfigMap' ? around.configMaps.get(id) : undefined;
    // a later source goes before an earlier one: of what it may hold nothing is known any more
    if (!map) values.clear();
    if (map?.kind === 'ConfigMap') for (const [key, value] of Object.entries(map.spec.data)) values.set(key, value);
    else isComplete = false;
  }
  for (const [key, value] of stringMap(nodeAt(postBuild, ['substitute']))) values.set(key, value);
  return { values, isComplete };
}

function ofArgo(node: Node, around: Surroundings): Delivery[] {
  const spec = nodeAt(node, ['spec']);
  const single = nodeAt(spec, ['source']);
  const several = nodeAt(spec, ['sources']);
  const sources = several?.kind === 'list' ? several.items : single ? [single] : [];
  const destination = nodeAt(spec, ['destination', 'namespace']);
  return sources.flatMap((source) => {
    const kustomize = nodeAt(source, ['kustomize']);
    const directory = nodeAt(source, ['directory']);
    // which files it takes hangs on globs and programs
    if (['include', 'exclude', 'jsonnet'].some((name) => nodeAt(directory, [name])) || nodeAt(source, ['plugin']))
      return [];
    const fields = fieldsOf(kustomize, [
      ...['namespace', 'namePrefix', 'nameSuffix', 'commonLabels', 'commonAnnotations', 'patches', 'components'],
    ]);
    const isRecursive = stringAt(directory, ['recurse']) === 'true';
    const namespace = destination?.kind === 'scalar' && destination.value ? destination : undefined;
    return delivery(node, nodeAt(source, ['path']), isRecursive, { fields, namespace, variables: undefined }, around);
  });
}

function fieldsOf(node: Node | undefined, names: readonly string[]): Map<string, Node> {
  return new Map(
    names.flatMap((name): [string, Node][] => {
      const found = nodeAt(node, [name]);
      return found && !(found.kind === 'scalar' && !found.value) ? [[name, found]] : [];
    }),
  );
}

function delivery(
  node: Node,
  path: Node | undefined,
  isRecursive: boolean,
  additions: Additions,
  { folders }: Surroundings,
): Delivery[] {
  const { fields, namespace, variables } = additions;
  if (fields.size === 0 && !namespace && !variables) return [];
  const folder = path?.kind === 'scalar' ? folderAt(String(path.value), node.place.source.uri, folders) : undefined;
  if (folder === undefined) return [];
  const { uri, document } = node.place.source;
  const name = stringAt(node, ['metadata', 'name']);
  const values = [...(variables?.values ?? [])];
  const key = JSON.stringify([uri, name, document.range.start, document.text, values, variables?.isComplete]);
  return [{ uri, name, folder, isRecursive, additions, origin: originOfPlace(node.place), key }];
}

/** The one folder that a path from the top of a repository means, which may be any folder above the delivery. */
function folderAt(path: string, uri: string, folders: ReadonlySet<string>): string | undefined {
  const isTop = path.split('/').every((segment) => segment === '' || segment === '.');
  if (isTop || isPlaceholder(path) || path.split('/').includes('..')) return undefined;
  const found = new Set<string>();
  for (let above = folderOf(uri); folders.has(above); above = folderOf(above)) {
    const folder = resolvePath(above, path.replace(/^\/+/, ''));
    if (folders.has(folder)) found.add(folder);
  }
  return found.size === 1 ? [...found][0] : undefined;
}

/**
 * What several deliveries of one folder have in common, for files that can be in one mesh only: a namespace that they
 * do not agree on is filled in later.
 */
export function inCommon(deliveries: readonly Delivery[]): Additions {
  const [first, ...others] = deliveries.map(({ additions }) => additions);
  if (others.length === 0) return first!;
  const same = (read: (additions: Additions) => unknown): boolean =>
    others.every((each) => JSON.stringify(read(each)) === JSON.stringify(read(first!)));
  const namespaceOf = ({ fields }: Additions): unknown => namespaceText(fields.get('namespace'));
  const fields = new Map<string, Node>();
  const override = deliveries.find(({ additions }) => additions.fields.has('namespace'));
  if (override)
    fields.set('namespace', same(namespaceOf) ? first!.fields.get('namespace')! : open(override, deliveries));
  const stated = deliveries.find(({ additions }) => additions.namespace);
  const namespace =
    stated && (same((each) => namespaceText(each.namespace)) ? first!.namespace : open(stated, deliveries));
  // a variable that one of them leaves alone stays, which says the same: its value is not known
  const known = [...(first!.variables?.values ?? [])].filter(([key, value]) =>
    others.every((each) => each.variables?.values.get(key) === value),
  );
  return { fields, namespace, variables: known.length > 0 ? { values: new Map(known), isComplete: false } : undefined };
}

function namespaceText(node: Node | undefined): unknown {
  return node?.kind === 'scalar' ? node.value : undefined;
}

/** A namespace that reads as one to be filled in. */
function open({ additions: { fields, namespace } }: Delivery, deliveries: readonly Delivery[]): ScalarNode {
  const names = deliveries.map(({ name }) => name.replace(/[^\w.-]/g, '')).join(' or ');
  return scalar(`<namespace of ${names}>`, (fields.get('namespace') ?? namespace)!.place);
}
