// Patches: strategic merge and JSON 6902, written into the kustomization or in files of their own.
import { equalIds, printId } from './ids';
import { applyOperations, type JsonOperation, readOperations } from './json-patch';
import { flag, type Kustomization } from './kustomization';
import { merge } from './merge';
import { clone, isNull, type MapNode, type Node, type Place, stringAt, textOf } from './node';
import { resourcesOf } from './objects';
import { resolvePath } from './paths';
import { BuildError } from './problem';
import { assertDistinct, type Resource, withAnyId } from './resource';
import { schemaOf } from './schema';
import { entryOf, readSelector, type Selector, select } from './selector';
import { embedded, isRead, type Sources } from './sources';

export interface PatchContext {
  readonly kustomization: Kustomization;
  readonly sources: Sources;
  readonly resources: Resource[];
  /** A patch of which kustomize says nothing although it changes nothing. */
  withoutEffect(place: Place): void;
  /** Notes that a patch is not known. */
  unread(reference: string, place: Place): void;
}

/** What a patch holds: objects to merge or operations to carry out. */
interface Content {
  readonly merges: readonly Resource[];
  readonly operations: readonly JsonOperation[] | undefined;
}

/** One entry of `patches`. */
export function applyPatch(entry: MapNode, context: PatchContext): void {
  const nodes = contentNodes(entry, 'patch', context);
  if (!nodes) return;
  const content = readContent(nodes, entry.place);
  const target = targetOf(entry);
  if (content.operations) {
    if (!target) throw new BuildError('patch-invalid', entry.place, { missing: 'target' });
    const selected = selectTargets(target, context);
    for (const resource of selected) {
      resource.storeId();
      operate(resource, content.operations);
    }
    return;
  }
  const options = entryOf(entry, 'options');
  const allowed = { name: flag(options, 'allowNameChange'), kind: flag(options, 'allowKindChange') };
  if (!target) {
    for (const patch of content.merges) mergeInto(findTarget(patch, context), patch, allowed);
    return;
  }
  if (content.merges.length > 1) throw new BuildError('patch-invalid', entry.place, { reason: 'several-with-target' });
  const patch = content.merges[0];
  if (!patch) return;
  for (const resource of selectTargets(target, context)) mergeInto(resource, patch, allowed);
  assertDistinct(context.resources);
}

/** One entry of `patchesStrategicMerge`: a path, or the patch itself. */
export function applyStrategicMerge(entry: Node, context: PatchContext): void {
  const text = stringAt(entry, []);
  const inline = /\n|:\s|^\s*\{/.test(text) ? embedded(text, entry.place) : undefined;
  const nodes = inline ?? load(text, entry.place, context);
  for (const patch of resourcesOf(nodes ?? []))
    mergeInto(findTarget(patch, context), patch, { name: false, kind: false });
  assertDistinct(context.resources);
}

/** One entry of `patchesJson6902`. */
export function applyJsonPatch(entry: MapNode, context: PatchContext): void {
  const target = targetOf(entry);
  if (!target || target.name === '') throw new BuildError('patch-invalid', entry.place, { missing: 'target.name' });
  const nodes = contentNodes(entry, 'patch', context);
  if (!nodes) return;
  const content = readContent(nodes, entry.place);
  if (!content.operations) throw new BuildError('patch-invalid', entry.place, { expected: 'operations' });
  for (const resource of selectTargets(target, context)) operate(resource, content.operations);
}

function targetOf(entry: MapNode): Selector | undefined {
  const target = entryOf(entry, 'target');
  return isNull(target) ? undefined : readSelector(target!);
}

function selectTargets(target: Selector, { resources, withoutEffect }: PatchContext): Resource[] {
  const selected = select(resources, target);
  if (selected.length === 0) withoutEffect(target.place);
  return selected;
}

/** Undefined for a patch that is not known. */
function contentNodes(entry: MapNode, field: string, context: PatchContext): readonly Node[] | undefined {
  const inline = entryOf(entry, field);
  const path = entryOf(entry, 'path');
  const text = inline?.kind === 'scalar' ? textOf(inline) : '';
  if (text.trim() !== '' && !isNull(path)) throw new BuildError('patch-invalid', entry.place, { reason: 'both' });
  if (text.trim() !== '') {
    assertJson(text, inline!.place);
    return embedded(text, inline!.place);
  }
  if (isNull(path)) throw new BuildError('patch-invalid', entry.place, { missing: 'patch' });
  return load(stringAt(path, []), path!.place, context);
}

function load(
  path: string,
  place: Place,
  { kustomization, sources, unread }: PatchContext,
): readonly Node[] | undefined {
  const uri = resolvePath(kustomization.folder, path);
  const file = sources.find(uri);
  if (!file) throw new BuildError('file-missing', place, { file: path });
  if (!isRead(file)) {
    unread(path, place);
    return undefined;
  }
  assertJson(file.text ?? '', place);
  return sources.documents(uri, file).map(({ node }) => clone(node));
}

/** What begins like a list of JSON must be JSON; YAML's own `[{op: add}]` is not read. */
function assertJson(text: string, place: Place): void {
  if (!text.trimStart().startsWith('[')) return;
  try {
    JSON.parse(text);
  } catch {
    throw new BuildError('patch-invalid', place, { expected: 'JSON' });
  }
}

function readContent(nodes: readonly Node[], place: Place): Content {
  if (nodes[0]?.kind === 'list') {
    const operations = readOperations(nodes[0]);
    if (!operations) throw new BuildError('patch-invalid', nodes[0].place, { expected: 'operations' });
    return { merges: [], operations };
  }
  try {
    return { merges: resourcesOf(nodes), operations: undefined };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    throw new BuildError('patch-invalid', error.place.parent || nodes.length > 0 ? error.place : place, error.data);
  }
}

/** The object that a patch without `target` names: by what it is called now, or was called before. */
function findTarget(patch: Resource, { resources }: PatchContext): Resource {
  const id = patch.originalId();
  // names are the quickest to compare
  const called = resources.filter(
    (resource) => resource.name === id.name || resource.previous.some(({ name }) => name === id.name),
  );
  const matches = withAnyId(called, (other) => equalIds(other, id));
  if (matches.length === 1) return matches[0]!;
  throw new BuildError('patch-target-missing', patch.namePlace(), {
    object: printId(id),
    found: String(matches.length),
  });
}

function mergeInto(resource: Resource, patch: Resource, allowed: { name: boolean; kind: boolean }): void {
  const { name, namespace, kind } = resource;
  const place = resource.namePlace();
  const apiVersion = resource.node.entries.get('apiVersion');
  if (allowed.name || allowed.kind) resource.storeId();
  const before = { namespace: resource.metadata().entries.get('namespace'), kind: resource.node.entries.get('kind') };
  const schema = schemaOf(stringAt(resource.node, ['apiVersion']), kind);
  const merged = merge(resource.node, clone(patch.node), schema);
  if (merged?.kind !== 'map' || merged.entries.size === 0) {
    resource.deleted = true;
    return;
  }
  resource.node = merged;
  if (apiVersion) merged.entries.set('apiVersion', apiVersion);
  if (!allowed.kind && before.kind) merged.entries.set('kind', before.kind);
  if (!allowed.name) resource.setName(name, place);
  resource.setNamespace(namespace, before.namespace?.place);
}

function operate(resource: Resource, operations: readonly JsonOperation[]): void {
  resource.openAnnotations();
  const result = applyOperations(resource.node, operations);
  if (result.kind !== 'map')
    throw new BuildError('patch-failed', operations[0]!.node.place, { reason: 'not-an-object' });
  if (stringAt(result, ['metadata', 'name']) === '' || stringAt(result, ['kind']) === '') {
    throw new BuildError('patch-failed', operations[0]!.node.place, { reason: 'not-an-object' });
  }
  resource.node = result;
}
