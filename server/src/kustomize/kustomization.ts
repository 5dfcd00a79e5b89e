// A kustomization file, read as kustomize reads it: keys in any case, no unknown ones, strings where strings must be.
import { isNull, type ListNode, type MapNode, type Node, type ScalarNode } from './node';
import { BuildError } from './problem';
import { entryOf } from './selector';

type Shape = 'text' | 'texts' | 'maps' | 'map' | 'labels';

/** The fields of a kustomization and what each must be. */
const FIELDS: Readonly<Record<string, Shape>> = {
  apiVersion: 'text',
  kind: 'text',
  metadata: 'map',
  openapi: 'labels',
  namePrefix: 'text',
  nameSuffix: 'text',
  namespace: 'text',
  commonLabels: 'labels',
  labels: 'maps',
  commonAnnotations: 'labels',
  patchesStrategicMerge: 'texts',
  patchesJson6902: 'maps',
  patches: 'maps',
  images: 'maps',
  imageTags: 'maps',
  replacements: 'maps',
  replicas: 'maps',
  vars: 'maps',
  sortOptions: 'map',
  resources: 'texts',
  components: 'texts',
  crds: 'texts',
  bases: 'texts',
  configMapGenerator: 'maps',
  secretGenerator: 'maps',
  helmGlobals: 'map',
  helmCharts: 'maps',
  helmChartInflationGenerator: 'maps',
  generatorOptions: 'map',
  configurations: 'texts',
  generators: 'texts',
  transformers: 'texts',
  validators: 'texts',
  buildMetadata: 'texts',
};
const NAMES = new Map(Object.keys(FIELDS).map((name) => [name.toLowerCase(), name]));

const VERSIONS: Readonly<Record<string, string>> = {
  Kustomization: 'kustomize.config.k8s.io/v1beta1',
  Component: 'kustomize.config.k8s.io/v1alpha1',
};

/** One kustomization file. */
export class Kustomization {
  readonly isComponent: boolean;

  private constructor(
    readonly uri: string,
    readonly folder: string,
    readonly root: MapNode,
  ) {
    this.isComponent = this.text('kind') === 'Component';
  }

  /** Throws where kustomize would not read the file. */
  static read(uri: string, folder: string, root: Node): Kustomization {
    if (root.kind !== 'map') throw new BuildError('kustomization-invalid', root.place, { expected: 'map' });
    for (const [key, node] of root.entries) check(key, node);
    const kustomization = new Kustomization(uri, folder, root);
    const kind = kustomization.text('kind') || 'Kustomization';
    const version = VERSIONS[kind];
    const written = kustomization.text('apiVersion');
    if (version === undefined) {
      throw new BuildError('kustomization-invalid', kustomization.node('kind')!.place, { field: 'kind', found: kind });
    }
    if (written !== '' && written !== version) {
      const place = kustomization.node('apiVersion')!.place;
      throw new BuildError('kustomization-invalid', place, { field: 'apiVersion', found: written, expected: version });
    }
    if (kustomization.isEmpty()) throw new BuildError('kustomization-empty', root.place);
    return kustomization;
  }

  node(name: string): Node | undefined {
    const found = entryOf(this.root, name);
    return isNull(found) ? undefined : found;
  }

  text(name: string): string {
    const found = this.node(name);
    return found?.kind === 'scalar' ? String(found.value) : '';
  }

  /** The scalars of a list. */
  texts(name: string): ScalarNode[] {
    return this.list(name).filter((item): item is ScalarNode => item.kind === 'scalar' && item.value !== null);
  }

  maps(name: string): MapNode[] {
    return this.list(name).filter((item): item is MapNode => item.kind === 'map');
  }

  private list(name: string): readonly Node[] {
    const found = this.node(name);
    return found?.kind === 'list' ? (found as ListNode).items : [];
  }

  private isEmpty(): boolean {
    return [...this.root.entries].every(([key, node]) => /^(?:apiversion|kind)$/i.test(key) || isVoid(node));
  }
}

/** Lists of nothing make no kustomization either, but an empty list is not nothing. */
function isVoid(node: Node): boolean {
  return isNull(node) || (node.kind === 'scalar' && node.value === '');
}

function check(key: string, node: Node): void {
  const name = NAMES.get(key.toLowerCase());
  if (name === undefined) throw new BuildError('kustomization-invalid', node.place, { unknown: key });
  if (isNull(node) || fits(node, FIELDS[name]!)) return;
  throw new BuildError('kustomization-invalid', node.place, { field: name, expected: FIELDS[name]! });
}

function fits(node: Node, shape: Shape): boolean {
  switch (shape) {
    case 'text':
      return isText(node);
    case 'map':
      return node.kind === 'map';
    case 'labels':
      return node.kind === 'map' && [...node.entries.values()].every((item) => isNull(item) || isText(item));
    case 'texts':
      return node.kind === 'list' && node.items.every((item) => isNull(item) || isText(item));
    case 'maps':
      return node.kind === 'list' && node.items.every((item) => isNull(item) || item.kind === 'map');
  }
}

function isText(node: Node): boolean {
  return node.kind === 'scalar' && typeof node.value === 'string';
}

/** A text field of an entry, such as an image's `newTag`; a number there is an error to kustomize. */
export function textField(entry: Node, name: string): string {
  const found = entryOf(entry, name);
  if (isNull(found)) return '';
  if (found!.kind === 'scalar' && typeof found!.value === 'string') return found!.value;
  throw new BuildError('kustomization-invalid', found!.place, { field: name, expected: 'text' });
}

/** A true or false field of an entry. */
export function flag(entry: Node | undefined, name: string): boolean {
  const found = entryOf(entry, name);
  if (isNull(found)) return false;
  if (found!.kind === 'scalar' && typeof found!.value === 'boolean') return found!.value;
  throw new BuildError('kustomization-invalid', found!.place, { field: name, expected: 'true-or-false' });
}

/** The items of a list field of an entry. */
export function itemsOf(entry: Node | undefined, name: string): readonly Node[] {
  const found = entryOf(entry, name);
  return found?.kind === 'list' ? found.items : [];
}
