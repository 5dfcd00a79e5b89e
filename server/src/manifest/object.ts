// What every Kubernetes object has in common once it has been read from a file.

import type { YamlDocument } from '../yaml/document';
import type { Path, TextRange } from '../yaml/range';

/** Names one object of a mesh. `kind` is the bare kind; objects of foreign API groups are never read. */
export interface ObjectRef {
  readonly kind: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** Where an object was written. */
export interface Source {
  /** The file that holds the object; the fields of a rendered one may come from others. */
  readonly uri: string;
  /** Of a rendered object, a document with the rendered value: nothing of it may be edited, see {@link origin}. */
  readonly document: YamlDocument;
  /** From the document's root to the object: empty, or `['items', n]` inside a List. */
  readonly prefix: Path;
  /** Present for an object that is put together from several places. */
  readonly rendered?: RenderedSource;
}

/** The places from which an object is put together. */
export interface RenderedSource {
  /** The files in which something of the object is written. */
  readonly uris: ReadonlySet<string>;
  /** Where the field at `path` of the object, or what stands nearest above it, is written. */
  origin(path: Path): FieldOrigin;
  /** The field that is written at `offset` of a file, from the object's root. */
  fieldAt(
    uri: string,
    offset: number,
  ): { readonly path: Path; readonly part?: 'key' | 'value'; readonly origin: FieldOrigin } | undefined;
}

/** A node of a document in a file. */
export interface FieldOrigin {
  readonly uri: string;
  /** May be a document inside a document, such as a patch written into a kustomization. */
  readonly document: YamlDocument;
  readonly path: Path;
  /** How many steps of the field's path lead below what is written there: 0 for the field itself. */
  readonly rest: number;
}

export type Labels = Readonly<Record<string, string>>;

export interface Metadata {
  readonly name: string;
  /** The namespace it is applied to; `default` where the manifest names none, empty for cluster-scoped kinds. */
  readonly namespace: string;
  /** False where `namespace` is only what `kubectl apply` would assume. */
  readonly namespaceStated: boolean;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Seconds since 1970, or undefined: manifests rarely have it, exported objects do. */
  readonly creationTime: number | undefined;
}

/** Something about one field. `error` means that the API server or Istio's webhook refuses the whole object. */
export interface FieldProblem {
  readonly severity: 'error' | 'warning';
  /** A stable name, such as `wrong-type`, `unknown-value`, `port-level-without-selector`. */
  readonly code: string;
  /** From the object's root. */
  readonly path: Path;
  /** What the words about it are made of, such as the value found and those allowed. */
  readonly data: Readonly<Record<string, string | number | readonly string[]>>;
}

export interface KubernetesObject<Kind extends string = string, Spec = unknown> {
  readonly kind: Kind;
  readonly apiVersion: string;
  readonly metadata: Metadata;
  readonly spec: Spec;
  readonly source: Source;
  readonly problems: readonly FieldProblem[];
}

/** The reference that names `object`. */
export function refOf(object: KubernetesObject): ObjectRef {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name };
}

/** One string for a reference, usable as a map key. */
export function refKey(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** True when the API server or Istio's webhook would refuse the object; it then counts as not existing. */
export function isRejected(object: KubernetesObject): boolean {
  return object.problems.some((problem) => problem.severity === 'error');
}

/**
 * Where a person edits a field of `object`, or the nearest field above it that exists: of a rendered object that may be
 * a line of a patch, in another file than the object.
 */
export function fieldPlace(
  object: KubernetesObject,
  path: Path,
  part: 'key' | 'value' | 'pair' = 'value',
): { readonly uri: string; readonly range: TextRange } {
  const { uri, document, prefix, rendered } = object.source;
  if (!rendered) return { uri, range: document.rangeOf([...prefix, ...path], part) ?? document.range };
  const origin = rendered.origin(path);
  return { uri: origin.uri, range: rangeOfOrigin(origin, part) };
}

/** The range of what is written there; a missing field is reported at the key of its nearest parent. */
export function rangeOfOrigin({ document, path, rest }: FieldOrigin, part: 'key' | 'value' | 'pair'): TextRange {
  return document.rangeOf(path, rest > 0 ? 'key' : part) ?? document.range;
}

/** The range of a field in the file of its object, for objects that are read as they stand. */
export function fieldRange(object: KubernetesObject, path: Path, part: 'key' | 'value' | 'pair' = 'value'): TextRange {
  return fieldPlace(object, path, part).range;
}

/**
 * Creation order as istiod sorts (pilot/pkg/model/config.go:configCompareByCreationTime): time, then name, then
 * namespace. An object without a timestamp is not applied yet, so it is the youngest.
 */
export function byCreation(a: KubernetesObject, b: KubernetesObject): number {
  const ta = a.metadata.creationTime ?? Number.POSITIVE_INFINITY;
  const tb = b.metadata.creationTime ?? Number.POSITIVE_INFINITY;
  if (ta !== tb) return ta < tb ? -1 : 1;
  return compareText(a.metadata.name, b.metadata.name) || compareText(a.metadata.namespace, b.metadata.namespace);
}

/** Byte order, as Go compares strings, for the ASCII that names are made of. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** True when both have the same pairs. */
export function sameLabels(a: Labels, b: Labels): boolean {
  return Object.keys(a).length === Object.keys(b).length && selects(a, b);
}

/** True when every pair of `selector` is among `labels`; an empty selector selects everything. */
export function selects(selector: Labels, labels: Labels): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
}
