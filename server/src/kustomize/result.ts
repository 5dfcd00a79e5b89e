// What a build gives: objects with the origin of every field, problems, and what is not known.
import type { Path } from '../yaml/range';
import { type Node, nearestNode, nodeAt, type Origin, originOfPlace, stringAt, toValue } from './node';
import type { KustomizeProblem } from './problem';
import type { Resource } from './resource';

/** An object as it would be applied. */
export interface RenderedObject {
  readonly value: Readonly<Record<string, unknown>>;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty where none is written. */
  readonly namespace: string;
  /** Where the object itself is written; a generated one is written in its kustomization. */
  readonly origin: Origin;
  readonly node: Node;
}

/** Something that is not here, so that what it brings is unknown. */
export interface Unknown {
  /** `remote`: a URL or git repository; `unread`: a file without known text; `plugin`: a program that would be run. */
  readonly reason: 'remote' | 'unread' | 'plugin';
  /** As it is written. */
  readonly reference: string;
  readonly origin: Origin;
}

export interface KustomizeResult {
  /** What is built, as far as problems and unknowns let it; kustomize itself builds nothing when there is an error. */
  readonly objects: readonly RenderedObject[];
  readonly problems: readonly KustomizeProblem[];
  /** Empty when the result is all there is. */
  readonly incomplete: readonly Unknown[];
  /** Every file that was looked for, there or not. */
  readonly reads: ReadonlySet<string>;
  /** The folders of the kustomizations that take part, this one's too. */
  readonly folders: ReadonlySet<string>;
}

/** Where the field at `path` of a rendered object, or what stands nearest above it, was written. */
export function originOf(object: RenderedObject, path: Path): Origin {
  return originOfPlace(nearestNode(object.node, path).place);
}

/** Objects for tools on the developer's machine are not applied. */
export function isLocal(resource: Resource): boolean {
  const mark = nodeAt(resource.node, ['metadata', 'annotations', 'config.kubernetes.io/local-config']);
  return mark !== undefined && stringAt(mark, []) !== 'false';
}

/** The object that a resource has become. */
export function rendered(resource: Resource): RenderedObject {
  resource.tidyAnnotations();
  let value: Record<string, unknown> | undefined;
  return {
    get value() {
      value ??= toValue(resource.node) as Record<string, unknown>;
      return value;
    },
    apiVersion: stringAt(resource.node, ['apiVersion']),
    kind: resource.kind,
    name: resource.name,
    namespace: resource.namespace,
    origin: originOfPlace(resource.place),
    node: resource.node,
  };
}
