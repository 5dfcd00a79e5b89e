// All mutable state, behind two calls: `apply` takes what changed, `snapshot` gives the present state. The state is one
// object that lives on: what was remembered of it holds until something that it rests on has changed.

import { Cells, cell, settle } from '../incremental/cells';
import type { KnownObject } from '../manifest/read';
import { sameItems } from '../mesh/lookup';
import type { Assumptions } from '../mesh/settings';
import { type ChartRenderings, readCharts } from './charts';
import { DeliveredFiles } from './delivered-files';
import { bearsOnDeliveries } from './deliveries';
import type { Entries } from './entries';
import type { ExplicitMesh } from './explicit-meshes';
import { groupIntoMeshes, type MeshGroup } from './grouping';
import { folderOf } from './kustomization-roots';
import { Kustomizations, type RenderedKustomization } from './kustomizations';
import { LiveFiles } from './live-files';
import { LiveMesh, type MeshView } from './live-mesh';
import { openObjects } from './open-objects';
import { Owners } from './owners';
import { sharedBetween, toldToOthers } from './shared';
import { bringsOthers, hasServiceTemplate, readFile, type SourceFile } from './source-file';

export type { MeshView } from './live-mesh';
export type { SourceFile } from './source-file';

/** Files by URI. Asking for one hangs on that one alone, going through all on all. */
export type Files = Pick<ReadonlyMap<string, SourceFile>, 'get' | 'has' | 'keys' | 'values' | 'size'> &
  Iterable<[string, SourceFile]>;

/** The state of a workspace, as it is whenever it is asked. */
export interface Snapshot {
  /** Grows with every change. */
  readonly version: number;
  /** In URI order. */
  readonly files: Files;
  readonly meshes: readonly MeshView[];
  readonly assume: Assumptions;
  /** The meshes that a file belongs to: one as a rule, more for files that several share. */
  meshesOf(uri: string): readonly MeshView[];
  /** Objects that kustomizations or charts make of a file, if the file is not taken as it stands. */
  renderedFrom(uri: string): readonly KnownObject[] | undefined;
  /** Kustomizations and charts. */
  readonly bringing: readonly SourceFile[];
  /** True where templates make Services: what will be in the cluster is then not all in sight. */
  readonly hasServiceTemplates: boolean;
}

/** What happened since the last call. */
export interface WorkspaceChange {
  /** New text by URI; undefined for a file that is gone. */
  readonly files?: ReadonlyMap<string, string | undefined>;
  readonly assume?: Assumptions;
  /** The meshes that a configuration names. */
  readonly meshes?: readonly ExplicitMesh[];
  /** What is known to exist beside the files that were ever given; it takes the place of what was known before. */
  readonly entries?: Entries;
  /** What Helm has rendered of charts; it takes the place of what was known before. */
  readonly charts?: ChartRenderings;
}

/** Time that a change may take before anybody has asked for what it changes. */
const SETTLE_MS = 2;

export class Workspace {
  private readonly files = new LiveFiles();
  private readonly kustomizations = new Kustomizations();
  private readonly deliveredFiles = new DeliveredFiles();
  private readonly owners = new Owners();
  private meshes: readonly LiveMesh[] = [];
  private readonly views = cell<readonly MeshView[]>([]);
  private readonly bringing = cell<readonly SourceFile[]>([]);
  private readonly hasServiceTemplates = cell(false);
  private readonly meshesByFile = new Cells<string, readonly LiveMesh[]>();
  private readonly renderedByFile = new Cells<string, readonly KnownObject[]>();
  /** Files that kustomizations and charts have read. */
  private taken: Set<string> = new Set();
  private entries: Entries | undefined;
  private charts: ChartRenderings | undefined;
  private assume: Assumptions = {};
  private explicitMeshes: readonly ExplicitMesh[] = [];
  private version = 0;
  /** What is deployed together may be something else now. */
  private isUnsettled = false;
  private readonly state: Snapshot = this.createState();

  /** Takes a change. Unchanged texts cost nothing. */
  apply(change: WorkspaceChange): void {
    const version = this.version;
    for (const [uri, text] of change.files ?? []) this.applyFile(uri, text);
    const isOther = (now: unknown, before: unknown): boolean =>
      now !== undefined && JSON.stringify(now) !== JSON.stringify(before);
    if (isOther(change.assume, this.assume)) {
      this.assume = change.assume!;
      this.unsettle();
    }
    if (isOther(change.meshes, this.explicitMeshes)) {
      this.explicitMeshes = change.meshes!;
      this.unsettle();
    }
    if (change.entries && change.entries !== this.entries) {
      this.entries = change.entries;
      this.unsettle();
    }
    if (change.charts && change.charts !== this.charts) {
      this.charts = change.charts;
      this.unsettle();
    }
    if (this.version !== version) this.version = version + 1;
  }

  /** The present state. It is always the same object; its version tells whether something has changed. */
  snapshot(): Snapshot {
    if (this.isUnsettled) {
      this.isUnsettled = false;
      this.regroup();
    }
    settle(SETTLE_MS);
    return this.state;
  }

  private unsettle(): void {
    this.isUnsettled = true;
    this.version++;
  }

  private applyFile(uri: string, text: string | undefined): void {
    const before = this.files.peek(uri);
    if (before?.text === text) return;
    const now = text === undefined ? undefined : readFile(uri, text, before);
    this.files.set(uri, now);
    const isFree = this.owners.change(uri, now);
    this.version++;
    if (this.isUnsettled) return;
    if (!before || !now || !isFree || !this.isOrdinary(before, now) || !this.provide(before, now))
      this.isUnsettled = true;
  }

  /**
   * Hands the objects of a file to its meshes.
   * @returns false where what is deployed together has to be found out anew
   */
  private provide(before: SourceFile, { uri, objects }: SourceFile): boolean {
    if (before.objects.length > 0 === objects.length > 0)
      return this.meshesByFile.peek(uri)?.every((mesh) => mesh.provide(uri, objects)) ?? objects.length === 0;
    // while nothing is defined twice there is one mesh, and a file joins or leaves it with its objects
    const [mesh, ...others] = this.meshes;
    const isOnly = mesh?.view.kind === 'folder' && others.length === 0 && this.explicitMeshes.length === 0;
    if (!isOnly || !mesh.provide(uri, objects)) return false;
    this.meshesByFile.set(uri, objects.length > 0 ? [mesh] : undefined);
    mesh.list(uri, objects.length > 0);
    return mesh.view.files.length > 0;
  }

  /** True for an edit that changes nothing but the objects of a file that is taken as it stands. */
  private isOrdinary(before: SourceFile, now: SourceFile): boolean {
    return (
      !this.taken.has(now.uri) &&
      !bringsOthers(now.uri) &&
      hasServiceTemplate(before) === hasServiceTemplate(now) &&
      sameItems(bearsOnDeliveries(before), bearsOnDeliveries(now)) &&
      sameItems(openObjects(before.objects), openObjects(now.objects)) &&
      (this.meshes.length === 1 || sameItems(toldToOthers(before.objects), toldToOthers(now.objects)))
    );
  }

  /** Finds out anew what is deployed together. Meshes that are still there keep what is known of them. */
  private regroup(): void {
    const files = this.files.all();
    const kustomizations = this.kustomizations.render(files, this.entries);
    const charts = readCharts(files, this.charts);
    const all = [...files.values()];
    this.taken = new Set([...kustomizations, ...charts].flatMap((each) => each.files));
    const delivered = this.deliver(all, kustomizations);
    const groups = groupIntoMeshes(delivered, kustomizations, charts, this.explicitMeshes);
    const before = new Map(this.meshes.map((mesh) => [keyOf(mesh.view), mesh]));
    const shared = sharedBetween(groups);
    this.meshes = groups.map((group, index) => {
      const assume = group.assume ?? this.assume;
      const elsewhere = shared[index]!;
      const known = before.get(keyOf(group));
      return known?.regroup(group, assume, elsewhere) ? known : new LiveMesh(group, assume, elsewhere);
    });
    const byFile = new Map<string, LiveMesh[]>();
    for (const mesh of this.meshes) {
      for (const uri of mesh.view.files) {
        const own = byFile.get(uri);
        if (own) own.push(mesh);
        else byFile.set(uri, [mesh]);
      }
    }
    this.meshesByFile.replace(byFile, sameItems);
    this.renderedByFile.replace(renderedByFile(groups), sameItems);
    const views = this.meshes.map(({ view }) => view);
    if (!sameItems(views, this.views.get())) this.views.set(views);
    const bringing = all.filter(({ uri }) => bringsOthers(uri));
    if (!sameItems(bringing, this.bringing.get())) this.bringing.set(bringing);
    this.hasServiceTemplates.set(all.some(hasServiceTemplate));
  }

  /** The files with the objects that Flux or Argo CD make of them. */
  private deliver(files: readonly SourceFile[], kustomizations: readonly RenderedKustomization[]): SourceFile[] {
    const plain = files.filter(({ uri }) => !this.taken.has(uri));
    const roots = new Set(kustomizations.map(({ root }) => folderOf(root)));
    const delivered = this.deliveredFiles.render(plain, this.kustomizations.deliveries, roots);
    for (const uri of delivered.keys()) this.taken.add(uri);
    return files.map((file) => {
      const objects = delivered.get(file.uri);
      return objects ? Object.create(file, { objects: { value: objects } }) : file;
    });
  }

  private createState(): Snapshot {
    const { views, bringing, hasServiceTemplates, meshesByFile, renderedByFile } = this;
    const version = (): number => this.version;
    const assume = (): Assumptions => this.assume;
    return {
      get version() {
        return version();
      },
      files: this.files,
      get meshes() {
        return views.get();
      },
      get assume() {
        return assume();
      },
      meshesOf: (uri) => meshesByFile.get(uri)?.map(({ view }) => view) ?? [],
      renderedFrom: (uri) => renderedByFile.get(uri),
      get bringing() {
        return bringing.get();
      },
      get hasServiceTemplates() {
        return hasServiceTemplates.get();
      },
    };
  }
}

function keyOf({ kind, root, name, delivery }: Pick<MeshGroup, 'kind' | 'root' | 'name' | 'delivery'>): string {
  return `${kind} ${root ?? name} ${delivery?.uri ?? ''} ${delivery?.name ?? ''}`;
}

/** By URI, for files of which no object counts as it stands. */
function renderedByFile(groups: readonly MeshGroup[]): Map<string, KnownObject[]> {
  const found = new Map<string, KnownObject[]>();
  for (const { kind, files, objects } of groups) {
    const rendered = objects.filter(({ source }) => source.rendered);
    if (rendered.length === 0 && kind !== 'kustomization') continue;
    const asTheyStand = new Set(objects.flatMap(({ source }) => (source.rendered ? [] : source.uri)));
    for (const uri of files) if (!found.has(uri) && !asTheyStand.has(uri)) found.set(uri, []);
    for (const object of rendered) for (const uri of object.source.rendered!.uris) found.get(uri)?.push(object);
  }
  return found;
}
