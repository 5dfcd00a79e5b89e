// ConfigMaps and Secrets that a kustomization makes from literals and files, and the hashes that end their names.

import { equalIds, printId } from './ids';
import { flag, itemsOf, type Kustomization, textField } from './kustomization';
import {
  emptyMap,
  type MapNode,
  mapAt,
  type Node,
  nodeAt,
  type Place,
  scalar,
  stringAt,
  textOf,
  toValue,
} from './node';
import { baseName, resolvePath } from './paths';
import { BuildError } from './problem';
import { Adder, type Behavior, Resource, withAnyId } from './resource';
import { entryOf } from './selector';
import { base64, sha256, utf8 } from './sha256';
import type { Sources } from './sources';

interface Pair {
  readonly key: string;
  /** Undefined where the file's content is not known. */
  readonly value: string | undefined;
  readonly place: Place;
}

/** What a generator needs of its build. */
export interface GeneratorContext {
  readonly kustomization: Kustomization;
  readonly sources: Sources;
  /** Notes that a file's content is not known. */
  unread(reference: string, place: Place): void;
}

/** Adds what the kustomization's generators make to `resources`, or merges it in. */
export function generate(context: GeneratorContext, resources: Resource[], note: (error: BuildError) => void): void {
  for (const kind of ['ConfigMap', 'Secret'] as const) {
    const field = kind === 'ConfigMap' ? 'configMapGenerator' : 'secretGenerator';
    for (const entry of context.kustomization.maps(field)) {
      try {
        absorb(resources, makeObject(kind, entry, context));
      } catch (error) {
        if (!(error instanceof BuildError)) throw error;
        note(error);
      }
    }
  }
}

function makeObject(kind: 'ConfigMap' | 'Secret', entry: MapNode, context: GeneratorContext): Resource {
  const place = entry.place;
  const name = textField(entry, 'name');
  if (name === '') throw new BuildError('generator-invalid', place, { missing: 'name' });
  const node = emptyMap(place);
  node.entries.set('apiVersion', scalar('v1', place)).set('kind', scalar(kind, place));
  const resource = new Resource(node);
  resource.setName(name, entryOf(entry, 'name')!.place);
  const namespace = textField(entry, 'namespace');
  if (namespace !== '') resource.setNamespace(namespace, entryOf(entry, 'namespace')!.place);
  if (kind === 'Secret') node.entries.set('type', scalar(textField(entry, 'type') || 'Opaque', place));
  addData(node, kind, pairsOf(entry, context));
  const options = [entryOf(entry, 'options'), context.kustomization.node('generatorOptions')];
  for (const field of ['labels', 'annotations']) {
    // an option of the generator itself beats that of all generators
    for (const option of [...options].reverse()) addStrings(node, field, entryOf(option, field));
  }
  if (options.some((option) => flag(option, 'immutable'))) node.entries.set('immutable', scalar(true, place));
  resource.needsHash = !options.some((option) => flag(option, 'disableNameSuffixHash'));
  resource.generated = true;
  const behavior = textField(entry, 'behavior');
  resource.behavior = behavior === 'replace' || behavior === 'merge' ? (behavior as Behavior) : 'create';
  return resource;
}

function addStrings(node: MapNode, field: string, from: Node | undefined): void {
  if (from?.kind !== 'map') return;
  const target = mapAt(node, ['metadata', field], from.place);
  for (const [key, item] of from.entries) {
    if (item.kind === 'scalar') target.entries.set(key, scalar(textOf(item), item.place));
  }
}

function addData(node: MapNode, kind: 'ConfigMap' | 'Secret', pairs: readonly Pair[]): void {
  for (const { key, value, place } of pairs) {
    if (value === undefined) continue;
    const data = mapAt(node, ['data'], node.place);
    if (data.entries.has(key)) throw new BuildError('generator-invalid', place, { repeated: key });
    data.entries.set(key, scalar(kind === 'Secret' ? inLines(base64(utf8(value))) : value, place));
  }
}

/** Long base64 is broken into lines, the last one too. */
function inLines(text: string): string {
  return text.length < 70 ? text : text.replace(/.{1,70}/g, '$&\n');
}

function pairsOf(entry: MapNode, context: GeneratorContext): Pair[] {
  const single = entryOf(entry, 'env');
  const environments = [...itemsOf(entry, 'envs'), ...(single ? [single] : [])];
  return [
    ...environments.flatMap((item) => fromEnvironment(item, context)),
    ...itemsOf(entry, 'literals').map(fromLiteral),
    ...itemsOf(entry, 'files').map((item) => fromFile(item, context)),
  ];
}

function fromLiteral(item: Node): Pair {
  const text = stringAt(item, []);
  const at = text.indexOf('=');
  if (at <= 0) throw new BuildError('generator-invalid', item.place, { literal: text });
  const value = text.slice(at + 1);
  const quoted = /^(["'])([\s\S]*)\1$/.exec(value);
  return { key: text.slice(0, at), value: quoted ? quoted[2]! : value, place: item.place };
}

function fromFile(item: Node, context: GeneratorContext): Pair {
  const [first = '', second, ...more] = stringAt(item, []).split('=');
  if (first === '' || second === '' || more.length > 0) {
    throw new BuildError('generator-invalid', item.place, { file: stringAt(item, []) });
  }
  const path = second ?? first;
  return { key: second === undefined ? baseName(path) : first, value: load(path, item, context), place: item.place };
}

function fromEnvironment(item: Node, context: GeneratorContext): Pair[] {
  const text = load(stringAt(item, []), item, context);
  if (text === undefined) return [];
  return text.split('\n').flatMap((line, index) => {
    const bare = (index === 0 ? line.replace(/^\uFEFF/, '') : line).replace(/\r$/, '').trimStart();
    if (bare === '' || bare.startsWith('#')) return [];
    const at = bare.indexOf('=');
    const key = at < 0 ? bare : bare.slice(0, at);
    return key === '' ? [] : [{ key, value: at < 0 ? '' : bare.slice(at + 1), place: item.place }];
  });
}

function load(path: string, item: Node, { kustomization, sources, unread }: GeneratorContext): string | undefined {
  const file = sources.find(resolvePath(kustomization.folder, path));
  if (!file) throw new BuildError('file-missing', item.place, { file: path });
  if (file.text === undefined) unread(path, item.place);
  return file.text;
}

/** Adds a generated object, or lays it over the one of its name. */
function absorb(resources: Resource[], made: Resource): void {
  const id = made.currentId();
  const matches = withAnyId(resources, (other) => equalIds(other, id));
  if (matches.length === 0 && made.behavior === 'create') {
    new Adder(resources).add(made);
    return;
  }
  const old = matches[0];
  if (!old || matches.length > 1 || made.behavior === 'create') {
    const reason = !old ? 'nothing-to-change' : matches.length > 1 ? 'several' : 'exists';
    throw new BuildError('generator-invalid', made.place, { reason, object: printId(id), behavior: made.behavior });
  }
  for (const field of ['labels', 'annotations']) underlay(made.node, old.node, ['metadata', field]);
  if (made.behavior === 'merge') for (const field of ['data', 'binaryData']) underlay(made.node, old.node, [field]);
  made.setName(old.name, made.namePlace());
  made.setNamespace(old.namespace, nodeAt(old.node, ['metadata', 'namespace'])?.place);
  // what was not generated keeps its name
  made.needsHash &&= old.needsHash;
  made.behavior = old.behavior;
  made.generated = old.generated;
  made.previous.push(...old.previous);
  made.prefixes.push(...old.prefixes);
  made.suffixes.push(...old.suffixes);
  made.variables.push(...old.variables);
  resources[resources.indexOf(old)] = made;
}

/** Adds the entries of the old mapping that the new one does not have. */
function underlay(node: MapNode, old: MapNode, path: readonly string[]): void {
  const before = nodeAt(old, path);
  if (before?.kind !== 'map' || before.entries.size === 0) return;
  const target = mapAt(node, path, before.place);
  for (const [key, item] of before.entries) if (!target.entries.has(key)) target.entries.set(key, item);
}

/** Ends the names of generated objects with the hash of their content. */
export function addHashes(resources: readonly Resource[]): void {
  for (const resource of resources) {
    if (!resource.needsHash) continue;
    const hash = contentHash(resource);
    resource.storeId();
    resource.setName(`${resource.name}-${hash}`);
  }
}

/** Ten characters for the content, as `kubectl` makes them: no vowels, no digits that look like letters. */
export function contentHash(resource: Resource): string {
  const value = toValue(resource.node) as Record<string, unknown>;
  const { kind, type, data = '', binaryData, stringData } = value;
  const content = {
    kind,
    // kustomize looks for a field called `metadata/name`, which there is not
    name: '',
    data,
    ...(kind === 'Secret' ? { type: type ?? '', stringData } : { binaryData }),
  };
  const hex = sha256(goJson(kind === 'ConfigMap' || kind === 'Secret' ? content : value)).slice(0, 10);
  const letters: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };
  return hex.replace(/[013ae]/g, (digit) => letters[digit]!);
}

/** JSON as Go writes it: keys sorted, `<`, `>` and `&` escaped. */
function goJson(value: unknown): string {
  const sorted = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(sorted);
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(
      Object.entries(item)
        .filter(([, field]) => field !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, field]) => [key, sorted(field)]),
    );
  };
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(sorted(value))
    .replace(/[<>&\u2028\u2029]/g, escaped)
    .replaceAll('\\b', '\\u0008')
    .replaceAll('\\f', '\\u000c');
}
