// What a kustomization changes in every object: namespace, names, labels, annotations, replicas, images.

import { type Pattern, wholePattern } from '../manifest/pattern';
import type { Config } from './config';
import { mergeSpecs, readSpec } from './config';
import { changeField, changeFields, type FieldSpec } from './fieldspec';
import { isClusterScoped, isOfKind } from './ids';
import { flag, itemsOf, type Kustomization, textField } from './kustomization';
import { type MapNode, type Node, nodeAt, type Place, type ScalarNode, scalar, stringAt, textOf } from './node';
import { BuildError } from './problem';
import { assertDistinct, type Resource, withAnyId } from './resource';
import { entryOf } from './selector';

export function setNamespace(resources: readonly Resource[], kustomization: Kustomization, config: Config): void {
  const field = kustomization.node('namespace');
  const namespace = kustomization.text('namespace');
  if (!field || namespace === '') return;
  const value = (): Node => scalar(namespace, field.place);
  const making = { leaf: 'scalar', place: field.place } as const;
  for (const resource of resources) {
    resource.storeId();
    if (!isClusterScoped(resource.currentId())) {
      changeField(resource, { path: 'metadata/namespace', create: true }, value, making);
    }
    const isBinding = resource.kind === 'RoleBinding' || resource.kind === 'ClusterRoleBinding';
    if (isBinding) nameDefaultAccounts(resource, value());
    for (const spec of config.fields.namespace) {
      if (spec.path === 'metadata/namespace' || (isBinding && spec.path === 'subjects/namespace')) continue;
      // only the core group's Namespace is named by it
      if (spec.path === 'metadata/name' && stringAt(resource.node, ['apiVersion']) !== 'v1') continue;
      changeField(resource, spec, value, making);
    }
  }
  assertDistinct(resources);
}

/** Subjects called `default` are service accounts of the new namespace. */
function nameDefaultAccounts(resource: Resource, namespace: Node): void {
  const subjects = nodeAt(resource.node, ['subjects']);
  if (subjects?.kind !== 'list') return;
  for (const subject of subjects.items) {
    if (subject.kind === 'map' && stringAt(subject, ['name']) === 'default')
      subject.entries.set('namespace', namespace);
  }
}

/** Kinds that keep their names. */
const UNRENAMED = [
  { kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', kind: 'APIService' },
  { kind: 'Namespace' },
];

export function addNameParts(
  resources: readonly Resource[],
  kustomization: Kustomization,
  config: Config,
  part: 'namePrefix' | 'nameSuffix',
): void {
  const text = kustomization.text(part);
  if (text === '') return;
  for (const resource of resources) {
    const id = resource.originalId();
    if (UNRENAMED.some((kind) => isOfKind(id, kind))) continue;
    for (const spec of config.fields[part]) {
      if (!isOfKind(id, spec)) continue;
      if (spec.path === 'metadata/name') {
        (part === 'namePrefix' ? resource.prefixes : resource.suffixes).push(text);
        resource.storeId();
      }
      changeField(resource, spec, (node) => {
        const old = node.kind === 'scalar' ? textOf(node) : '';
        return scalar(part === 'namePrefix' ? text + old : old + text, node.place);
      });
    }
  }
}

/** `labels`, each with the fields that it asks for, then `commonLabels`. */
export function addLabels(resources: readonly Resource[], kustomization: Kustomization, config: Config): void {
  for (const entry of kustomization.maps('labels')) {
    const { fields } = config;
    let specs = mergeSpecs(itemsOf(entry, 'fields').map(readSpec), fields.labels);
    if (flag(entry, 'includeSelectors')) {
      specs = mergeSpecs(specs, fields.commonLabels);
    } else {
      if (flag(entry, 'includeTemplates')) specs = mergeSpecs(specs, fields.templateLabels);
      specs = mergeSpecs(specs, [{ path: 'metadata/labels', create: true }]);
    }
    addPairs(resources, entryOf(entry, 'pairs'), specs);
  }
  addPairs(resources, kustomization.node('commonLabels'), config.fields.commonLabels);
}

export function addAnnotations(resources: readonly Resource[], kustomization: Kustomization, config: Config): void {
  addPairs(resources, kustomization.node('commonAnnotations'), config.fields.commonAnnotations);
}

function addPairs(resources: readonly Resource[], pairs: Node | undefined, specs: readonly FieldSpec[]): void {
  if (pairs?.kind !== 'map') return;
  const sorted = [...pairs.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const resource of resources) {
    for (const [key, item] of sorted) {
      const value = scalar(item.kind === 'scalar' ? textOf(item) : '', item.place);
      const change = (node: Node): Node => {
        if (node.kind !== 'map') throw new BuildError('field-not-found', node.place, { step: key });
        node.entries.set(key, value);
        return node;
      };
      changeFields(resource, specs, change, { leaf: 'map', place: item.place });
    }
  }
}

export function setReplicas(resources: readonly Resource[], entry: MapNode, config: Config): void {
  const name = textField(entry, 'name');
  const count = entryOf(entry, 'count');
  const value = scalar(
    count?.kind === 'scalar' && typeof count.value === 'number' ? count.value : 0,
    count?.place ?? entry.place,
  );
  let found = false;
  for (const spec of config.fields.replicas) {
    for (const resource of withAnyId(resources, (id) => id.name === name && isOfKind(id, spec))) {
      found = true;
      changeField(resource, spec, () => value, { leaf: 'scalar', place: value.place });
    }
  }
  if (!found) throw new BuildError('replica-target-missing', entry.place, { name });
}

/** Gives images new names, tags and digests. */
export function setImages(resources: readonly Resource[], entry: MapNode, config: Config): void {
  const pattern = imagePattern(textField(entry, 'name'), entry.place);
  const change = (node: Node): Node => {
    if (node.kind !== 'scalar' || typeof node.value !== 'string' || !pattern.test(node.value)) return node;
    return renamedImage(node, entry);
  };
  for (const resource of resources) {
    if (resource.kind === 'CustomResourceDefinition') continue;
    changeContainers(resource.node, change);
    changeFields(resource, config.fields.images, change);
  }
}

function imagePattern(name: string, place: Place): Pattern {
  try {
    return wholePattern(`${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?`);
  } catch {
    throw new BuildError('kustomization-invalid', place, { field: 'images', found: name });
  }
}

/** Images in any field called `containers` or `initContainers`, custom resources' too. */
function changeContainers(node: Node, change: (node: Node) => Node): void {
  if (node.kind === 'list') {
    for (const item of node.items) changeContainers(item, change);
  } else if (node.kind === 'map') {
    for (const [key, item] of node.entries) {
      changeContainers(item, change);
      if ((key !== 'containers' && key !== 'initContainers') || item.kind !== 'list') continue;
      for (const container of item.items) {
        const image = nodeAt(container, ['image']);
        if (image && container.kind === 'map') container.entries.set('image', change(image));
      }
    }
  }
}

function renamedImage(node: ScalarNode, entry: MapNode): Node {
  const image = splitImage(String(node.value));
  const [newName, newTag, digest, tagSuffix] = ['newName', 'newTag', 'digest', 'tagSuffix'].map((field) =>
    textField(entry, field),
  ) as [string, string, string, string];
  const name = newName || image.name;
  const tags =
    newTag !== '' || digest !== ''
      ? { tag: newTag, digest }
      : tagSuffix !== ''
        ? { tag: image.tag + tagSuffix, digest: '' }
        : image;
  const text = name + (tags.tag === '' ? '' : `:${tags.tag}`) + (tags.digest === '' ? '' : `@${tags.digest}`);
  if (text === node.value) return node;
  const field = ['newTag', 'digest', 'tagSuffix', 'newName'].find((each) => textField(entry, each) !== '');
  return scalar(text, (field && entryOf(entry, field)?.place) || node.place);
}

/** Name, tag and digest; a colon before the first slash belongs to a port. */
function splitImage(text: string): { name: string; tag: string; digest: string } {
  const slash = Math.max(text.indexOf('/'), 0);
  const at = text.indexOf('@', slash);
  const digest = at < 0 ? '' : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.indexOf(':', slash);
  return colon < 0
    ? { name: rest, tag: '', digest }
    : { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}
