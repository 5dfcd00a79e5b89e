// The kustomizations of a workspace, rendered: each root again only when something that its build looked at changes.
import { build } from '../kustomize/build';
import type { KustomizeProblem } from '../kustomize/problem';
import type { KustomizeResult, RenderedObject, Unknown } from '../kustomize/result';
import type { KustomizeFile } from '../kustomize/sources';
import { isKnownKind, type KnownObject } from '../manifest/read';
import { type Entries, type Presence, presenceIn } from './entries';
import { folderOf, kustomizationRoots } from './kustomization-roots';
import { knownObject, sameObject } from './rendered-object';
import type { SourceFile } from './workspace';

/** A kustomization that no other one includes, with what it renders. */
export interface RenderedKustomization {
  /** Its file. */
  readonly root: string;
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
}

/** Keeps builds for as long as what they have read is the same. */
export class Kustomizations {
  private built = new Map<string, Built>();

  /**
   * Every root rendered, in URI order. One of which nothing has changed is the same as before; of one that is rendered
   * again, objects that say the same at the same places are.
   * @param entries what is known to exist beside the files
   */
  render(files: ReadonlyMap<string, SourceFile>, entries?: Entries): readonly RenderedKustomization[] {
    const presence = presenceIn(files, entries);
    const look = (uri: string): Sight => files.get(uri) ?? sightOf(uri, presence(uri));
    const next = new Map<string, Built>();
    const roots = kustomizationRoots(files.values());
    for (const { uri } of roots) {
      const before = this.built.get(uri);
      const isValid = before !== undefined && [...before.seen].every(([each, sight]) => look(each) === sight);
      next.set(uri, isValid ? before : render(uri, look, before));
    }
    this.built = next;
    return roots.map(({ uri, namedFromInside }) => {
      const { rendering, plain } = next.get(uri)!;
      const isBroken = rendering.problems.some(({ severity }) => severity === 'error');
      return namedFromInside && isBroken ? plain : rendering;
    });
  }
}

/** Only of manifests and folders is it known that they are missing: other files are not watched. */
function sightOf(uri: string, presence: Presence): Presence {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  const isWatched = /\.(?:ya?ml|json)$/i.test(name) || !name.includes('.');
  // spelt in more than one way; or fetched by a tool before it is built
  const isDoubtful = /[~[\]|^]|\/(?:vendor|node_modules)\//.test(uri);
  return presence === 'absent' && (!isWatched || isDoubtful) ? 'unknown' : presence;
}

function render(root: string, look: (uri: string) => Sight, before: Built | undefined): Built {
  const seen = new Map<string, Sight>();
  const read = (uri: string): KustomizeFile | undefined => {
    const sight = look(uri);
    seen.set(uri, sight);
    if (typeof sight === 'object') return sight;
    return sight === 'absent' || sight === 'folder' ? undefined : { text: undefined };
  };
  const result = build(folderOf(root), read);
  const objects: Map<string, { rendered: RenderedObject; known: KnownObject }> = new Map();
  for (const rendered of result.objects) {
    const { apiVersion, kind, namespace, name } = rendered;
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
    objects: [...objects.values()].map(({ known }) => known),
    problems: result.problems,
    unknowns: result.incomplete,
    // while its own file cannot be read it is made of what it was made of
    files: (isUnreadable(root, result) ? [...new Set([...own, ...(before?.rendering.files ?? [])])] : own).sort(),
  };
  return { rendering, plain: { ...rendering, objects: [], files: [root] }, seen, objects };
}

function isUnreadable(root: string, { problems, folders }: KustomizeResult): boolean {
  return folders.size === 0 && problems.some(({ origin }) => origin.uri === root);
}
