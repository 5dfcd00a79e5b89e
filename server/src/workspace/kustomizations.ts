// The kustomizations of a workspace, rendered: each root again only when something that its build looked at changes.
import { build } from '../kustomize/build';
import type { Node } from '../kustomize/node';
import { holds } from '../kustomize/paths';
import type { KustomizeProblem } from '../kustomize/problem';
import type { KustomizeResult, RenderedObject, Unknown } from '../kustomize/result';
import type { KustomizeFile } from '../kustomize/sources';
import { isKnownKind, type KnownObject } from '../manifest/read';
import { type Delivery, deliveryNodes, isDelivery, readDeliveries } from './deliveries';
import { type Entries, type Presence, presenceIn } from './entries';
import { folderOf, kustomizationRoots } from './kustomization-roots';
import { knownObject, sameObject } from './rendered-object';
import type { SourceFile } from './workspace';

/** A kustomization that no other one includes, with what it renders. */
export interface RenderedKustomization {
  /** Its file. */
  readonly root: string;
  /** Who delivers it, where that makes something else of it. */
  readonly delivery?: Delivery;
  /** Of the kinds that Mutual knows, in the order of the rendered text. */
  readonly objects: readonly KnownObject[];
  readonly problems: readonly KustomizeProblem[];
  readonly unknowns: readonly Unknown[];
  /** The known files that it is made of. */
  readonly files: readonly string[];
}

/** What a build has found at a URI. */
type Sight = SourceFile | Presence;

interface Built {
  readonly rendering: RenderedKustomization;
  /** Only what is wrong with it: the files that it names are taken as they stand. */
  readonly plain: RenderedKustomization;
  readonly seen: ReadonlyMap<string, Sight>;
  readonly objects: ReadonlyMap<string, { readonly rendered: RenderedObject; readonly known: KnownObject }>;
  /** Among what it makes. */
  readonly deliveries: readonly Node[];
}

/** Keeps builds for as long as what they have read is the same. */
export class Kustomizations {
  private built = new Map<string, Built>();
  /** As of the last rendering. */
  deliveries: readonly Delivery[] = [];

  /**
   * Every root rendered, in URI order. One of which nothing has changed is the same as before; of one that is rendered
   * again, objects that say the same at the same places are. One that is delivered in several ways is there for each.
   * @param entries what is known to exist beside the files
   */
  render(files: ReadonlyMap<string, SourceFile>, entries?: Entries): readonly RenderedKustomization[] {
    const presence = presenceIn(files, entries);
    const look = (uri: string): Sight => files.get(uri) ?? sightOf(uri, presence(uri));
    const next = new Map<string, Built>();
    const buildOf = (uri: string, delivery?: Delivery): Built => {
      const key = delivery ? `${uri}\n${delivery.key}` : uri;
      const before = this.built.get(key);
      const isValid = before !== undefined && [...before.seen].every(([each, sight]) => look(each) === sight);
      const built = isValid ? before : render(uri, look, before, delivery);
      next.set(key, built);
      return built;
    };
    const roots = kustomizationRoots(files.values());
    const plain = roots.map(({ uri }) => buildOf(uri));
    this.deliveries = findDeliveries(files, plain);
    const folders = new Set(roots.map(({ uri }) => folderOf(uri)));
    const result = roots.flatMap(({ uri, namedFromInside }, index) => {
      const own = deliveriesOf(folderOf(uri), this.deliveries, folders);
      const built = own.length > 0 ? own.map((delivery) => buildOf(uri, delivery)) : [plain[index]!];
      return distinct(built, plain[index]!).map(({ rendering, plain }) => {
        const isBroken = rendering.problems.some(({ severity }) => severity === 'error');
        return namedFromInside && isBroken ? plain : rendering;
      });
    });
    this.built = next;
    return result;
  }
}

/** Those of the files as they stand, and where a kustomization reads a file those that it makes of it. */
function findDeliveries(files: ReadonlyMap<string, SourceFile>, built: readonly Built[]): readonly Delivery[] {
  const taken = new Set(built.flatMap(({ rendering }) => rendering.files));
  const plain = [...files.values()].filter(({ uri }) => !taken.has(uri));
  const nodes = [...plain.flatMap(deliveryNodes), ...built.flatMap(({ deliveries }) => deliveries)];
  if (nodes.length === 0) return [];
  const configMaps = new Map<string, KnownObject | undefined>();
  const objects = [...plain.flatMap((file) => file.objects), ...built.flatMap(({ rendering }) => rendering.objects)];
  for (const object of objects) {
    if (object.kind !== 'ConfigMap') continue;
    const id = `${object.metadata.namespace}/${object.metadata.name}`;
    const other = configMaps.get(id);
    const isSame = !configMaps.has(id) || JSON.stringify(other?.spec) === JSON.stringify(object.spec);
    configMaps.set(id, isSame ? object : undefined);
  }
  const folders = new Set<string>();
  for (const uri of files.keys())
    for (let folder = folderOf(uri); folder !== '' && !folders.has(folder); folder = folderOf(folder))
      folders.add(folder);
  return readDeliveries(nodes, { folders, configMaps });
}

/** The ways in which a root is delivered; equal ones once. */
function deliveriesOf(
  folder: string,
  deliveries: readonly Delivery[],
  roots: ReadonlySet<string>,
): readonly Delivery[] {
  const own = deliveries.flatMap((each): Delivery[] => {
    if (each.folder === folder) return [each];
    const isAround = each.isRecursive && holds(each.folder, folder) && !roots.has(each.folder);
    return isAround ? [aroundOthers(each)] : [];
  });
  return [...new Map(own.map((each) => [each.key, each])).values()];
}

/** Builds that differ; the one without a delivery in place of one that makes the same. */
function distinct(built: readonly Built[], plain: Built): readonly Built[] {
  if (built[0] === plain) return built;
  const textOf = ({ rendering }: Built): string =>
    JSON.stringify([rendering.objects, rendering.problems, rendering.unknowns].map((list) => list.map(identityOf)));
  return [...new Map([...built, plain].map((each) => [textOf(each), each]))].flatMap(([text, each]) =>
    built.some((other) => textOf(other) === text) ? [each] : [],
  );
}

function identityOf(each: KnownObject | KustomizeProblem | Unknown): unknown {
  if ('source' in each) return each.source.document.value;
  return 'reason' in each ? [each.reason, each.reference] : each.code;
}

/** Of a delivery of a folder around kustomizations, what holds for each of them: patches may be meant for any. */
function aroundOthers(delivery: Delivery): Delivery {
  const namespace = delivery.additions.fields.get('namespace');
  const fields = new Map<string, Node>(namespace ? [['namespace', namespace]] : []);
  const { name, origin, additions } = delivery;
  const isMore = [...additions.fields.keys()].some((field) => field !== 'namespace' && field !== 'images');
  const unread: Unknown[] = isMore ? [{ reason: 'plugin', reference: name, origin }] : [];
  return { ...delivery, additions: { ...additions, fields }, unread, key: `around ${delivery.key}` };
}

/** Only of manifests and folders is it known that they are missing: other files are not watched. */
function sightOf(uri: string, presence: Presence): Presence {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  const isWatched = /\.(?:ya?ml|json)$/i.test(name) || !name.includes('.');
  // spelt in more than one way; or fetched by a tool before it is built
  const isDoubtful = /[~[\]|^]|\/(?:vendor|node_modules)\//.test(uri);
  return presence === 'absent' && (!isWatched || isDoubtful) ? 'unknown' : presence;
}

function render(
  root: string,
  look: (uri: string) => Sight,
  before: Built | undefined,
  delivery: Delivery | undefined,
): Built {
  const seen = new Map<string, Sight>();
  const read = (uri: string): KustomizeFile | undefined => {
    const sight = look(uri);
    seen.set(uri, sight);
    if (typeof sight === 'object') return sight;
    return sight === 'absent' || sight === 'folder' ? undefined : { text: undefined };
  };
  const result = build(folderOf(root), read, delivery?.additions);
  const objects: Map<string, { rendered: RenderedObject; known: KnownObject }> = new Map();
  const deliveries: Node[] = [];
  for (const rendered of result.objects) {
    const { apiVersion, kind, namespace, name } = rendered;
    if (isDelivery(kind, apiVersion)) deliveries.push(rendered.node);
    if (!isKnownKind(kind, apiVersion)) continue;
    const key = `${apiVersion} ${kind} ${namespace}/${name}`;
    const old = before?.objects.get(key);
    if (old && sameObject(old.rendered, rendered)) objects.set(key, old);
    else {
      const known = knownObject(rendered);
      if (known) objects.set(key, { rendered, known });
    }
  }
  const own = [...seen].flatMap(([uri, sight]) => (typeof sight === 'object' ? [uri] : []));
  const rendering: RenderedKustomization = {
    root,
    delivery,
    objects: [...objects.values()].map(({ known }) => known),
    problems: result.problems,
    unknowns: [...result.incomplete, ...(delivery?.unread ?? [])],
    // while its own file cannot be read it is made of what it was made of
    files: (isUnreadable(root, result) ? [...new Set([...own, ...(before?.rendering.files ?? [])])] : own).sort(),
  };
  return { rendering, plain: { ...rendering, objects: [], files: [root] }, seen, objects, deliveries };
}

function isUnreadable(root: string, { problems, folders }: KustomizeResult): boolean {
  return folders.size === 0 && problems.some(({ origin }) => origin.uri === root);
}
