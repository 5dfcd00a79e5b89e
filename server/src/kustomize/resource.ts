// One object on its way through a build, with the names that it had before.
import { type Id, makeId, printId, splitApiVersion } from './ids';
import {
  emptyMap,
  isNull,
  isWrittenNull,
  type MapNode,
  mapAt,
  nodeAt,
  type Place,
  scalar,
  stringAt,
  textOf,
  writtenText,
} from './node';
import { BuildError } from './problem';

export type Behavior = 'create' | 'replace' | 'merge';

export class Resource {
  /** The ids that it had, oldest first; references may still use any of them. */
  readonly previous: { name: string; namespace: string; kind: string }[] = [];
  readonly prefixes: string[] = [];
  readonly suffixes: string[] = [];
  /** Variables that take their values from here. */
  readonly variables: string[] = [];
  /** Its name ends with a hash of its content. */
  needsHash = false;
  behavior: Behavior = 'create';
  generated = false;
  /** Deleted by a patch. */
  deleted = false;
  private knownGvk: { readonly apiVersion: string; readonly gvk: Resource['gvk'] } | undefined;
  private knownId: Id | undefined;

  constructor(public node: MapNode) {}

  get kind(): string {
    return stringAt(this.node, ['kind']);
  }

  get name(): string {
    return stringAt(this.node, ['metadata', 'name']);
  }

  get namespace(): string {
    return stringAt(this.node, ['metadata', 'namespace']);
  }

  get gvk(): { readonly group: string; readonly version: string; readonly kind: string } {
    const apiVersion = stringAt(this.node, ['apiVersion']);
    const { kind } = this;
    // asked for again and again, and rarely another
    if (this.knownGvk?.apiVersion !== apiVersion || this.knownGvk.gvk.kind !== kind)
      this.knownGvk = { apiVersion, gvk: { ...splitApiVersion(apiVersion), kind } };
    return this.knownGvk.gvk;
  }

  /** Where it is written. */
  get place(): Place {
    return this.node.place;
  }

  currentId(): Id {
    const { gvk, name, namespace } = this;
    const known = this.knownId;
    const isSame =
      known?.name === name &&
      known.namespace === namespace &&
      known.kind === gvk.kind &&
      known.group === gvk.group &&
      known.version === gvk.version;
    this.knownId = isSame ? known : makeId(gvk, name, namespace);
    return this.knownId!;
  }

  previousIds(): Id[] {
    const { group, version } = this.gvk;
    return this.previous.map(({ name, namespace, kind }) => ({
      group,
      version,
      kind,
      name,
      namespace,
      effective: namespace || 'default',
    }));
  }

  originalId(): Id {
    return this.previousIds()[0] ?? this.currentId();
  }

  allIds(): Id[] {
    return [...this.previousIds(), this.currentId()];
  }

  /** Remembers the id that it has now, before a change of it. */
  storeId(): void {
    const id = this.currentId();
    this.previous.push({ name: id.name, namespace: id.effective, kind: id.kind });
  }

  setName(name: string, place: Place = this.namePlace()): void {
    this.metadata().entries.set('name', scalar(name, place));
  }

  setNamespace(namespace: string, place: Place = this.place): void {
    if (namespace === '') this.metadata().entries.delete('namespace');
    else this.metadata().entries.set('namespace', scalar(namespace, place));
  }

  metadata(): MapNode {
    const found = nodeAt(this.node, ['metadata']);
    if (found?.kind === 'map') return found;
    const made = emptyMap(this.place);
    this.node.entries.set('metadata', made);
    return made;
  }

  namePlace(): Place {
    return nodeAt(this.node, ['metadata', 'name'])?.place ?? this.place;
  }

  /** A JSON patch finds annotations wherever kustomize has notes among them, even if none are written. */
  openAnnotations(): void {
    const hasNotes = this.previous.length > 0 || this.generated;
    if (hasNotes && isNull(nodeAt(this.node, ['metadata', 'annotations']))) {
      mapAt(this.node, ['metadata', 'annotations'], this.place);
    }
  }

  /** Kustomize keeps notes among the annotations and writes all of them anew: as strings, and not at all without one. */
  tidyAnnotations(): void {
    const annotations = nodeAt(this.node, ['metadata', 'annotations']);
    if (!annotations) return;
    if (annotations.kind !== 'map' || annotations.entries.size === 0) {
      this.metadata().entries.delete('annotations');
      return;
    }
    for (const [key, item] of annotations.entries) {
      if (item.kind === 'scalar' && typeof item.value !== 'string') {
        const text = isWrittenNull(item) ? (item.text ?? writtenText(item)) : textOf(item);
        annotations.entries.set(key, scalar(text ?? '', item.place));
      }
    }
  }
}

/** Adds to `resources`, each of which keeps its id meanwhile. */
export class Adder {
  private readonly ids: Set<string>;

  constructor(private readonly resources: Resource[]) {
    this.ids = new Set(resources.map((resource) => keyOf(resource.currentId())));
  }

  /** @throws BuildError where there is one of this id */
  add(resource: Resource): void {
    const id = resource.currentId();
    const key = keyOf(id);
    if (this.ids.has(key)) throw new BuildError('object-repeated', resource.place, { object: printId(id) });
    this.ids.add(key);
    this.resources.push(resource);
  }
}

function keyOf({ group, version, kind, effective, name }: Id): string {
  return JSON.stringify([group, version, kind, effective, name]);
}

/** The resources that have or had an id that fits. */
export function withAnyId(resources: readonly Resource[], fits: (id: Id) => boolean): Resource[] {
  return resources.filter((resource) => !resource.deleted && resource.allIds().some(fits));
}

/** Throws where two objects have got the same id. */
export function assertDistinct(resources: readonly Resource[]): void {
  const seen = new Set<string>();
  for (const resource of resources) {
    if (resource.deleted) continue;
    const id = resource.currentId();
    const key = keyOf(id);
    if (seen.has(key)) throw new BuildError('object-repeated', resource.place, { object: printId(id) });
    seen.add(key);
  }
}
