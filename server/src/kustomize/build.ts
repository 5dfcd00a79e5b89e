// Builds a kustomization as `kustomize build` would (v5), from texts alone, and remembers where everything was written.

import { readDocument } from '../yaml/document';
import { type Config, DEFAULT_CONFIG, EMPTY_CONFIG, mergeConfigs, readConfig } from './config';
import { addHashes, generate } from './generators';
import { Kustomization } from './kustomization';
import { fixReferences } from './names';
import { clone, type Node, nodeAt, originOfPlace, type Place, rootPlace, stringAt } from './node';
import { resourcesOf } from './objects';
import { applyJsonPatch, applyPatch, applyStrategicMerge, type PatchContext } from './patches';
import { holds, isRemote, KUSTOMIZATION_NAMES, resolvePath } from './paths';
import { BuildError, type KustomizeProblem, problemOf } from './problem';
import { replace } from './replacements';
import { Adder, type Resource } from './resource';
import { isLocal, type KustomizeResult, rendered, type Unknown } from './result';
import { type Files, isRead, type KustomizeFile, Sources } from './sources';
import { addAnnotations, addLabels, addNameParts, setImages, setNamespace, setReplicas } from './transform';
import { addVariables, bind, readVariable, resolve, type Variable } from './variables';

/**
 * Builds the kustomization of a folder. Never throws, whatever the files hold.
 * @param root the folder's URI
 */
export function build(root: string, files: Files): KustomizeResult {
  return new Build(files).run(root.replace(/\/+$/, ''));
}

/** What a kustomization and those below it have gathered. */
interface Gathered {
  resources: Resource[];
  config: Config;
  variables: Variable[];
}

class Build {
  private readonly problems: KustomizeProblem[] = [];
  private readonly unknowns: Unknown[] = [];
  private readonly folders = new Set<string>();
  private readonly sources: Sources;

  constructor(files: Files) {
    this.sources = new Sources(files);
  }

  run(root: string): KustomizeResult {
    const gathered: Gathered = { resources: [], config: EMPTY_CONFIG, variables: [] };
    const place = rootPlace(resolvePath(root, KUSTOMIZATION_NAMES[0]), readDocument('', 0));
    this.attempt(() => this.folder(root, place, [], undefined, gathered));
    const { resources, config, variables } = gathered;
    this.attempt(() => addHashes(resources));
    this.attempt(() => fixReferences(resources, config));
    this.attempt(() => resolve(resources, variables, config, (error) => this.note(error)));
    return {
      objects: resources.filter((resource) => !isLocal(resource)).map(rendered),
      problems: this.problems,
      incomplete: this.unknowns,
      reads: this.sources.reads,
      folders: this.folders,
    };
  }

  /** Something of the tree is missing, so that what does not fit may have fitted. */
  private get isPartial(): boolean {
    return this.unknowns.length > 0 || this.problems.some((problem) => problem.severity === 'error');
  }

  /** Notes an error, unless it may only follow from another. */
  private note(error: BuildError, severity: 'error' | 'warning' = 'error'): void {
    const follows = [
      'patch-target-missing',
      'patch-without-effect',
      'replacement-source-missing',
      'replica-target-missing',
      'variable-unresolved',
      'field-not-found',
      'patch-failed',
      'generator-invalid',
    ];
    if (this.isPartial && follows.includes(error.code)) return;
    this.problems.push(problemOf(error, severity));
  }

  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      this.note(error);
    }
  }

  private unknown(reason: Unknown['reason'], reference: string, place: Place): void {
    this.unknowns.push({ reason, reference, origin: originOfPlace(place) });
  }

  /**
   * Adds what the kustomization of a folder gathers.
   * @param place where the folder is named
   * @param chain the folders that led here
   * @param component what the folder must be; undefined for the root, which may be either
   */
  private folder(
    folder: string,
    place: Place,
    chain: readonly string[],
    component: boolean | undefined,
    into: Gathered,
  ): void {
    const kustomization = this.open(folder, place);
    if (component !== undefined && kustomization.isComponent !== component) {
      throw new BuildError('wrong-kind', place, { expected: component ? 'Component' : 'Kustomization' });
    }
    this.folders.add(folder);
    this.gather(kustomization, [...chain, folder], into);
  }

  private open(folder: string, place: Place): Kustomization {
    const [first, second] = this.candidates(folder).filter(({ file }) => isRead(file));
    if (!first) throw new BuildError('kustomization-missing', place, { folder });
    if (second) throw new BuildError('kustomization-ambiguous', place, { folder });
    const root = this.sources.kustomization(first.uri, first.file);
    if (!root) throw new BuildError('kustomization-empty', place, { folder });
    return Kustomization.read(first.uri, folder, root);
  }

  /** The kustomization files of a folder: one, unless something is wrong. */
  private candidates(folder: string): { uri: string; file: KustomizeFile }[] {
    return KUSTOMIZATION_NAMES.map((name) => resolvePath(folder, name))
      .map((uri) => ({ uri, file: this.sources.find(uri) }))
      .filter((each): each is { uri: string; file: KustomizeFile } => each.file !== undefined);
  }

  private gather(kustomization: Kustomization, chain: readonly string[], into: Gathered): void {
    const adder = new Adder(into.resources);
    for (const item of [...kustomization.texts('resources'), ...kustomization.texts('bases')]) {
      this.attempt(() => this.addResource(kustomization, item, chain, into, adder));
    }
    into.config = mergeConfigs(into.config, this.ownConfig(kustomization));
    const unread = (reference: string, place: Place): void => this.unknown('unread', reference, place);
    this.attempt(() =>
      generate({ kustomization, sources: this.sources, unread }, into.resources, (error) => this.note(error)),
    );
    this.notePlugins(kustomization);
    for (const item of kustomization.texts('components')) {
      this.attempt(() => this.addFolder(kustomization, item, chain, into));
    }
    this.transform(kustomization, into);
    const variables = kustomization.maps('vars').map(readVariable);
    this.attempt(() => bind(into.resources, variables));
    this.attempt(() => addVariables(into.variables, variables));
  }

  /** A resource is a file, else a folder, else something remote. */
  private addResource(
    kustomization: Kustomization,
    item: Node,
    chain: readonly string[],
    into: Gathered,
    adder: Adder,
  ): void {
    const path = stringAt(item, []);
    const uri = resolvePath(kustomization.folder, path);
    const file = isRemote(path) ? undefined : this.sources.find(uri);
    if (!file) {
      this.addFolder(kustomization, item, chain, into, adder);
    } else if (!isRead(file)) {
      this.unknown('unread', path, item.place);
    } else {
      const nodes = this.sources.documents(uri, file).map(({ node }) => clone(node));
      for (const resource of resourcesOf(nodes)) adder.add(resource);
    }
  }

  /** @param adder for a kustomization; a component has none, since it changes what is gathered */
  private addFolder(
    kustomization: Kustomization,
    item: Node,
    chain: readonly string[],
    into: Gathered,
    adder?: Adder,
  ): void {
    const path = stringAt(item, []);
    const folder = resolvePath(kustomization.folder, path);
    if (isRemote(path)) {
      this.unknown('remote', path, item.place);
      return;
    }
    const found = this.candidates(folder);
    if (found.length === 0) throw new BuildError('file-missing', item.place, { file: path });
    if (!found.some(({ file }) => isRead(file))) {
      this.unknown('unread', path, item.place);
      return;
    }
    if (chain.some((visited) => holds(folder, visited))) throw new BuildError('cycle', item.place, { folder: path });
    if (!adder) {
      this.folder(folder, item.place, chain, true, into);
      return;
    }
    const own: Gathered = { resources: [], config: EMPTY_CONFIG, variables: [] };
    this.folder(folder, item.place, chain, false, own);
    for (const resource of own.resources) adder.add(resource);
    into.config = mergeConfigs(into.config, own.config);
    addVariables(into.variables, own.variables);
  }

  private ownConfig(kustomization: Kustomization): Config {
    let config = DEFAULT_CONFIG;
    for (const item of kustomization.texts('configurations')) {
      this.attempt(() => {
        const uri = resolvePath(kustomization.folder, stringAt(item, []));
        const file = this.sources.find(uri);
        if (!file) throw new BuildError('file-missing', item.place, { file: stringAt(item, []) });
        if (!isRead(file)) this.unknown('unread', stringAt(item, []), item.place);
        for (const { node } of this.sources.documents(uri, file)) config = mergeConfigs(config, readConfig(node));
      });
    }
    return config;
  }

  /** Programs that kustomize would run, and charts that it would fetch: what they do is not known. */
  private notePlugins(kustomization: Kustomization): void {
    for (const field of ['generators', 'transformers', 'validators', 'helmCharts', 'helmChartInflationGenerator']) {
      const node = kustomization.node(field);
      if (node?.kind !== 'list' || field === 'validators') continue;
      for (const item of node.items) this.unknown('plugin', stringAt(item, ['name']) || stringAt(item, []), item.place);
    }
  }

  private transform(kustomization: Kustomization, into: Gathered): void {
    const { config } = into;
    const drop = (): void => {
      into.resources = into.resources.filter((resource) => !resource.deleted);
    };
    const each = <T extends Node>(items: readonly T[], step: (item: T, context: PatchContext) => void): void => {
      for (const item of items) {
        this.attempt(() => step(item, this.patchContext(kustomization, into.resources)));
        drop();
      }
    };
    each(kustomization.texts('patchesStrategicMerge'), applyStrategicMerge);
    each(kustomization.maps('patches'), applyPatch);
    this.attempt(() => setNamespace(into.resources, kustomization, config));
    this.attempt(() => addNameParts(into.resources, kustomization, config, 'namePrefix'));
    this.attempt(() => addNameParts(into.resources, kustomization, config, 'nameSuffix'));
    this.attempt(() => addLabels(into.resources, kustomization, config));
    this.attempt(() => addAnnotations(into.resources, kustomization, config));
    each(kustomization.maps('patchesJson6902'), applyJsonPatch);
    each(kustomization.maps('replicas'), (entry) => setReplicas(into.resources, entry, config));
    each(kustomization.maps('images'), (entry) => setImages(into.resources, entry, config));
    each(kustomization.maps('imageTags'), (entry) => setImages(into.resources, entry, config));
    each(kustomization.maps('replacements'), (entry) => this.replacement(kustomization, entry, into.resources));
  }

  private patchContext(kustomization: Kustomization, resources: Resource[]): PatchContext {
    const withoutEffect = (place: Place): void => this.note(new BuildError('patch-without-effect', place), 'warning');
    const unread = (reference: string, at: Place): void => this.unknown('unread', reference, at);
    return { kustomization, sources: this.sources, resources, withoutEffect, unread };
  }

  private replacement(kustomization: Kustomization, entry: Node, resources: readonly Resource[]): void {
    const path = nodeAt(entry, ['path']);
    if (!path) {
      replace(resources, entry);
      return;
    }
    const uri = resolvePath(kustomization.folder, stringAt(path, []));
    const file = this.sources.find(uri);
    if (!file) throw new BuildError('file-missing', path.place, { file: stringAt(path, []) });
    if (!isRead(file)) this.unknown('unread', stringAt(path, []), path.place);
    const node = this.sources.documents(uri, file)[0]?.node;
    for (const item of node?.kind === 'list' ? node.items : node ? [node] : []) replace(resources, item);
  }
}
