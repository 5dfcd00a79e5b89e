// A mesh that lives as long as its files are deployed together, and changes with them.
import { type Authorization, computeAuthorization } from '../authorization/authorization';
import { type Cell, cell } from '../incremental/cells';
import type { KnownObject } from '../manifest/read';
import { sameItems } from '../mesh/lookup';
import { createTable, type Mesh, meshOf } from '../mesh/mesh';
import { type Assumptions, bearsOnSettings, readSettings } from '../mesh/settings';
import type { ObjectTable } from '../mesh/table';
import { computeMutualTls, type MutualTls } from '../mtls/mutual-tls';
import { firstFrom } from '../yaml/range';
import type { MeshGroup } from './grouping';
import { type Elsewhere, sameElsewhere } from './shared';

/** Objects that are deployed together, with their answers. */
export interface MeshView
  extends Pick<MeshGroup, 'name' | 'kind' | 'root' | 'delivery' | 'files' | 'problems' | 'unknowns'> {
  /** What is stated for it. */
  readonly assume: Assumptions;
  readonly mesh: Mesh;
  readonly mtls: MutualTls;
  /** Computed when first asked for. */
  readonly authorization: Authorization;
  /** The same objects under other assumptions. */
  assuming(assume: Assumptions): MeshView;
}

/** A mesh with the means to change it. */
export class LiveMesh {
  readonly view: MeshView;
  private readonly state: GroupState;
  private readonly table: ObjectTable;
  /** The same objects under other assumptions, by these. */
  private readonly others = new Map<string, LiveMesh>();
  private readonly providers: Map<string, readonly KnownObject[]>;

  constructor(
    group: MeshGroup,
    private readonly assume: Assumptions,
    private readonly elsewhere: Elsewhere,
  ) {
    this.state = stateOf(group);
    this.providers = providersOf(group.objects);
    const settings = readSettings([...group.objects.filter(bearsOnSettings), ...elsewhere.settings], assume);
    this.table = createTable(settings);
    for (const [uri, objects] of this.providers) this.table.provide(uri, objects);
    const mesh = meshOf(this.table, settings, assume, elsewhere.namespaces);
    this.view = viewOf(this.state, mesh, assume, (other) => this.assuming(other).view);
  }

  private assuming(assume: Assumptions): LiveMesh {
    const key = JSON.stringify(assume);
    let other = this.others.get(key);
    if (!other) {
      const { name, kind, root, delivery, files, problems, unknowns } = this.view;
      const objects = [...this.providers.values()].flat();
      other = new LiveMesh({ name, kind, root, delivery, files, problems, unknowns, objects }, assume, this.elsewhere);
      this.others.set(key, other);
    }
    return other;
  }

  /**
   * Takes the objects that one file of the mesh has now.
   * @returns false where the settings of the mesh may be others now, so that a new one has to take its place
   */
  provide(uri: string, objects: readonly KnownObject[]): boolean {
    const before = this.providers.get(uri) ?? [];
    const kept = new Set(objects);
    const gone = before.filter((object) => !kept.has(object));
    const known = new Set(before);
    const added = objects.filter((object) => !known.has(object));
    if ([...gone, ...added].some(bearsOnSettings)) return false;
    if (objects.length > 0) this.providers.set(uri, objects);
    else this.providers.delete(uri);
    this.table.provide(uri, objects);
    for (const other of this.others.values()) other.provide(uri, objects);
    return true;
  }

  /** Adds a file to those that the mesh is made of, or takes it out. */
  list(uri: string, isIn: boolean): void {
    const files = this.state.files.get();
    const at = firstFrom(files, uri, (each) => each);
    const has = files[at] === uri;
    if (has === isIn) return;
    this.state.files.set([...files.slice(0, at), ...(isIn ? [uri] : []), ...files.slice(has ? at + 1 : at)]);
  }

  /**
   * Takes what the mesh is made of now.
   * @returns false as {@link provide} does
   */
  regroup(group: MeshGroup, assume: Assumptions, elsewhere: Elsewhere): boolean {
    if (JSON.stringify(assume) !== JSON.stringify(this.assume)) return false;
    if (!sameElsewhere(elsewhere, this.elsewhere)) return false;
    const next = providersOf(group.objects);
    for (const uri of [...this.providers.keys()]) if (!next.has(uri) && !this.provide(uri, [])) return false;
    for (const [uri, objects] of next) if (!this.provide(uri, objects)) return false;
    this.state.name.set(group.name);
    for (const field of ['files', 'problems', 'unknowns'] as const) setList<unknown>(this.state[field], group[field]);
    return true;
  }
}

/** Objects by the file that they are written in. */
function providersOf(objects: readonly KnownObject[]): Map<string, readonly KnownObject[]> {
  const providers = new Map<string, KnownObject[]>();
  for (const object of objects) {
    const { uri } = object.source;
    const own = providers.get(uri);
    if (own) own.push(object);
    else providers.set(uri, [object]);
  }
  return providers;
}

/** What of a group may change while it is the same; each by itself, since who asks for one need not hear of others. */
interface GroupState {
  readonly kind: MeshGroup['kind'];
  readonly root: MeshGroup['root'];
  readonly delivery: MeshGroup['delivery'];
  readonly name: Cell<string>;
  readonly files: Cell<MeshGroup['files']>;
  readonly problems: Cell<MeshGroup['problems']>;
  readonly unknowns: Cell<MeshGroup['unknowns']>;
}

function stateOf({ kind, root, delivery, name, files, problems, unknowns }: MeshGroup): GroupState {
  return {
    kind,
    root,
    delivery,
    name: cell(name),
    files: cell(files),
    problems: cell(problems),
    unknowns: cell(unknowns),
  };
}

function setList<T>(list: Cell<readonly T[]>, next: readonly T[]): void {
  if (!sameItems(list.get(), next)) list.set(next);
}

function viewOf(state: GroupState, mesh: Mesh, assume: Assumptions, assuming: MeshView['assuming']): MeshView {
  const { kind, root, delivery, name, files, problems, unknowns } = state;
  const mtls = computeMutualTls(mesh);
  let authorization: Authorization | undefined;
  return {
    get name() {
      return name.get();
    },
    kind,
    root,
    delivery,
    get files() {
      return files.get();
    },
    get problems() {
      return problems.get();
    },
    get unknowns() {
      return unknowns.get();
    },
    assume,
    assuming,
    mesh,
    mtls,
    get authorization() {
      authorization ??= computeAuthorization(mtls);
      return authorization;
    },
  };
}
