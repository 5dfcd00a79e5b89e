// All mutable state, behind two calls: `apply` takes what changed, `snapshot` gives an immutable view.

import { type Authorization, computeAuthorization } from '../authorization/authorization';
import { type KnownObject, readObjects } from '../manifest/read';
import { buildMesh, type Mesh } from '../mesh/mesh';
import type { Assumptions } from '../mesh/settings';
import { computeMutualTls, type MutualTls } from '../mtls/mutual-tls';
import { parseDocuments, type YamlDocument } from '../yaml/document';
import { lineStarts } from '../yaml/range';
import { type ChartRenderings, readCharts } from './charts';
import type { Entries } from './entries';
import type { ExplicitMesh } from './explicit-meshes';
import { groupIntoMeshes, type MeshGroup } from './grouping';
import { Kustomizations } from './kustomizations';

/** One file as it is now. */
export interface SourceFile {
  readonly uri: string;
  readonly text: string;
  /** Offsets of the line beginnings. */
  readonly lines: readonly number[];
  readonly documents: readonly YamlDocument[];
  /** Objects of the kinds that Mutual knows, in file order. */
  readonly objects: readonly KnownObject[];
}

/** Objects that are deployed together, with their answers. */
export interface MeshView extends Pick<MeshGroup, 'name' | 'kind' | 'root' | 'files' | 'problems' | 'unknowns'> {
  /** What is stated for it. */
  readonly assume: Assumptions;
  readonly mesh: Mesh;
  readonly mtls: MutualTls;
  /** Computed when first asked for. */
  readonly authorization: Authorization;
}

export interface Snapshot {
  /** Grows with every change. */
  readonly version: number;
  /** By URI, in URI order. */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly meshes: readonly MeshView[];
  readonly assume: Assumptions;
  /** The meshes that a file belongs to: one as a rule, more for files that several share. */
  meshesOf(uri: string): readonly MeshView[];
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

export class Workspace {
  private readonly files = new Map<string, SourceFile>();
  private readonly kustomizations = new Kustomizations();
  private entries: Entries | undefined;
  private charts: ChartRenderings | undefined;
  private assume: Assumptions = {};
  private meshes: readonly ExplicitMesh[] = [];
  private version = 0;
  private current: Snapshot | undefined;

  /** Takes a change. Unchanged texts cost nothing. */
  apply(change: WorkspaceChange): void {
    let changed = false;
    for (const [uri, text] of change.files ?? []) {
      if (text === undefined) changed = this.files.delete(uri) || changed;
      else if (this.files.get(uri)?.text !== text) {
        this.files.set(uri, readFile(uri, text));
        changed = true;
      }
    }
    if (change.assume && JSON.stringify(change.assume) !== JSON.stringify(this.assume)) {
      this.assume = change.assume;
      changed = true;
    }
    if (change.meshes && JSON.stringify(change.meshes) !== JSON.stringify(this.meshes)) {
      this.meshes = change.meshes;
      changed = true;
    }
    if (change.entries && change.entries !== this.entries) {
      this.entries = change.entries;
      changed = true;
    }
    if (change.charts && change.charts !== this.charts) {
      this.charts = change.charts;
      changed = true;
    }
    if (changed) {
      this.version++;
      this.current = undefined;
    }
  }

  /** The present state; the same object until something changes. */
  snapshot(): Snapshot {
    if (this.current) return this.current;
    const kustomizations = this.kustomizations.render(this.files, this.entries);
    const charts = readCharts(this.files, this.charts);
    const groups = groupIntoMeshes([...this.files.values()], kustomizations, charts, this.meshes);
    this.current = takeSnapshot(this.version, this.files, this.assume, groups);
    return this.current;
  }
}

function readFile(uri: string, text: string): SourceFile {
  const documents = parseDocuments(text);
  return {
    uri,
    text,
    lines: lineStarts(text),
    documents,
    objects: documents.flatMap((document) => readObjects(uri, document)),
  };
}

function takeSnapshot(
  version: number,
  files: ReadonlyMap<string, SourceFile>,
  assume: Assumptions,
  groups: readonly MeshGroup[],
): Snapshot {
  const ordered = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const meshes = groups.map((group): MeshView => {
    const stated = group.assume ?? assume;
    const mesh = buildMesh(group.objects, stated);
    const mtls = computeMutualTls(mesh);
    let authorization: Authorization | undefined;
    return {
      name: group.name,
      kind: group.kind,
      root: group.root,
      files: group.files,
      problems: group.problems,
      unknowns: group.unknowns,
      assume: stated,
      mesh,
      mtls,
      get authorization() {
        authorization ??= computeAuthorization(mtls);
        return authorization;
      },
    };
  });
  const byFile = new Map<string, MeshView[]>();
  for (const view of meshes) for (const uri of view.files) byFile.set(uri, [...(byFile.get(uri) ?? []), view]);
  return { version, files: ordered, meshes, assume, meshesOf: (uri) => byFile.get(uri) ?? [] };
}
