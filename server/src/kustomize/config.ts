// Which fields the transformations change: kustomize's own table, and what `configurations` add to it.
import { DEFAULT_FIELDS } from './defaults';
import type { FieldSpec } from './fieldspec';
import { type GroupVersionKind, isOfKind } from './ids';
import { type MapNode, type Node, nodeAt, stringAt, toValue } from './node';
import { NAME_REFERENCES } from './references';

export const FIELD_LISTS = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'templateLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
] as const;
export type FieldList = (typeof FIELD_LISTS)[number];

/** Objects of a kind, and the fields of others that name them. */
export interface NameReference extends GroupVersionKind {
  readonly referrers: readonly FieldSpec[];
}

export interface Config {
  readonly fields: Readonly<Record<FieldList, readonly FieldSpec[]>>;
  readonly references: readonly NameReference[];
}

export const DEFAULT_CONFIG: Config = { fields: DEFAULT_FIELDS, references: NAME_REFERENCES };

export const EMPTY_CONFIG: Config = {
  fields: Object.fromEntries(FIELD_LISTS.map((name) => [name, []])) as unknown as Config['fields'],
  references: [],
};

/** Both, with what they share once. */
export function mergeConfigs(a: Config, b: Config): Config {
  if (a === b || b === EMPTY_CONFIG) return a;
  if (a === EMPTY_CONFIG) return b;
  const fields = Object.fromEntries(
    FIELD_LISTS.map((name) => [name, mergeSpecs(a.fields[name], b.fields[name])]),
  ) as unknown as Config['fields'];
  return { fields, references: b.references.reduce(addReference, a.references) };
}

/** Adds specs that are not there yet: the same path for the same or a wider choice of kinds. */
export function mergeSpecs(specs: readonly FieldSpec[], more: readonly FieldSpec[]): readonly FieldSpec[] {
  if (specs === more || more.length === 0) return specs;
  const result = [...specs];
  for (const spec of more) {
    if (!result.some((known) => known.path === spec.path && isOfKind(known, spec))) result.push(spec);
  }
  return result;
}

function addReference(references: readonly NameReference[], more: NameReference): readonly NameReference[] {
  const index = references.findIndex(
    (known) =>
      (known.group ?? '') === (more.group ?? '') &&
      (known.version ?? '') === (more.version ?? '') &&
      (known.kind ?? '') === (more.kind ?? ''),
  );
  if (index < 0) return [...references, more];
  const known = references[index]!;
  const referrers = mergeSpecs(known.referrers, more.referrers);
  return referrers === known.referrers
    ? references
    : references.map((each) => (each === known ? { ...known, referrers } : each));
}

/** The configuration that a file under `configurations` holds. */
export function readConfig(node: Node | undefined): Config {
  const specs = (list: Node | undefined): FieldSpec[] =>
    list?.kind === 'list' ? list.items.filter((item): item is MapNode => item.kind === 'map').map(readSpec) : [];
  const field = (name: string): Node | undefined => nodeAt(node, [name]);
  const fields = Object.fromEntries(
    FIELD_LISTS.map((name) => [name, specs(field(name))]),
  ) as unknown as Config['fields'];
  const list = field('nameReference');
  const references =
    list?.kind === 'list'
      ? list.items.map((item) => ({ ...readGvk(item), referrers: specs(nodeAt(item, ['fieldSpecs'])) }))
      : [];
  return { fields, references };
}

export function readSpec(node: Node): FieldSpec {
  const create = nodeAt(node, ['create']);
  return { ...readGvk(node), path: stringAt(node, ['path']), create: create !== undefined && toValue(create) === true };
}

function readGvk(node: Node): Required<GroupVersionKind> {
  return { group: stringAt(node, ['group']), version: stringAt(node, ['version']), kind: stringAt(node, ['kind']) };
}
