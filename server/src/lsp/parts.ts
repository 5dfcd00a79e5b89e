// The workspaces of the folders: each takes in what changes in its files, and together they are one snapshot. Much at
// once goes into new workspaces, while the old ones go on answering.
import { sameItems } from '../mesh/lookup';
import type { ChartRenderings } from '../workspace/charts';
import { joinSnapshots } from '../workspace/join';
import { type Snapshot, Workspace } from '../workspace/workspace';
import type { Files } from './files';
import type { Folders } from './folders';
import { nameOf } from './uri';
import { othersTurn } from './waiting';

/** Time that one piece of a large change may take before others have their turn. */
const SLICE_MS = 12;
const SLICE_FILES = 8;
/** More files than these are taken into a new workspace. */
const LARGE_CHANGE = 100;

/** The workspace of one folder. */
interface Part {
  readonly workspace: Workspace;
  charts?: ChartRenderings;
}

/** A workspace that is to take the place of a part's. */
interface Successor {
  readonly workspace: Workspace;
  /** Files that it has been told of. */
  readonly told: Set<string>;
}

export interface NamedPart {
  /** As {@link Files.partOf} has it. */
  readonly key: string;
  /** What tells its meshes from those of other parts; empty for the only one. */
  readonly name: string;
  /** The same object for as long as it is the same workspace. */
  readonly snapshot: Snapshot;
}

/** Everything as it is now. */
export interface Present {
  readonly snapshot: Snapshot;
  readonly parts: readonly NamedPart[];
}

export class Parts {
  private readonly parts = new Map<string, Part>();
  private readonly successors = new Map<string, Successor>();
  private joined: { readonly of: readonly unknown[]; readonly snapshot: Snapshot } | undefined;
  private version = 0;

  /** @param onFile told of each file of a part that is taken in */
  constructor(
    private readonly files: Files,
    private readonly folders: Folders,
    private readonly onFile: (part: string, uri: string) => void,
  ) {}

  /** The state as of every change told so far. */
  present(): Present {
    this.take();
    const parts = this.named();
    // a snapshot lives on; its version tells whether it says something else
    const of = parts.flatMap(({ name, snapshot }) => [name, snapshot, snapshot.version]);
    if (!this.joined || !sameItems(this.joined.of, of))
      this.joined = { of, snapshot: joinSnapshots(parts, ++this.version) };
    return { snapshot: this.joined.snapshot, parts };
  }

  /**
   * Takes in what has changed, piece by piece, if it is much: into new workspaces, which count from {@link adopt} on.
   * Stops when `isOutdated` says that it is no use.
   */
  async absorb(isOutdated: () => boolean): Promise<void> {
    if (this.files.changeCount <= LARGE_CHANGE && this.successors.size === 0) return;
    let end = performance.now() + SLICE_MS;
    const pause = async (): Promise<void> => {
      if (performance.now() < end) return;
      await othersTurn();
      end = performance.now() + SLICE_MS;
    };
    while (this.files.changeCount > 0 && !isOutdated()) {
      for (const [key, files] of this.files.takeChanges(SLICE_FILES)) {
        const successor = this.successors.get(key) ?? { workspace: new Workspace(), told: new Set<string>() };
        this.successors.set(key, successor);
        successor.workspace.apply({ files });
        for (const uri of files.keys()) successor.told.add(uri);
      }
      await pause();
    }
    for (const [key, { workspace, told }] of this.successors) {
      for (const [uri, { text }] of this.parts.get(key)?.workspace.snapshot().files ?? []) {
        if (isOutdated()) return;
        if (told.has(uri)) continue;
        workspace.apply({ files: new Map([[uri, text]]) });
        told.add(uri);
        await pause();
      }
    }
  }

  /** Puts the new workspaces in the place of the old ones, and takes in the rest. */
  adopt(): void {
    for (const [key, { workspace }] of this.successors) {
      const charts = this.parts.get(key)?.charts;
      if (charts) workspace.apply({ charts });
      this.parts.set(key, { workspace, charts });
    }
    this.successors.clear();
    this.take();
  }

  /** The files of a part, by URI. */
  filesOf(part: string): Iterable<string> {
    return this.parts.get(part)?.workspace.snapshot().files.keys() ?? [];
  }

  /** What Helm has rendered of the charts of a part. */
  setCharts(part: string, charts: ChartRenderings): void {
    const own = this.parts.get(part);
    if (!own) return;
    own.charts = charts;
    own.workspace.apply({ charts });
  }

  private take(): void {
    for (const [key, files] of this.files.takeChanges()) {
      let part = this.parts.get(key);
      if (!part) {
        if ([...files.values()].every((text) => text === undefined)) continue;
        part = { workspace: new Workspace() };
        this.parts.set(key, part);
      }
      part.workspace.apply({ files });
      for (const uri of files.keys()) this.onFile(key, uri);
    }
  }

  /** The parts that hold files. */
  private named(): NamedPart[] {
    const found = [...this.parts].flatMap(([key, { workspace }]) => {
      const { assume, meshes } = this.folders.settings(key);
      workspace.apply({ assume, meshes, entries: this.files.entriesOf(key) });
      const snapshot = workspace.snapshot();
      if (snapshot.files.size > 0) return [{ key, snapshot }];
      this.parts.delete(key);
      return [];
    });
    const names = found.map(({ key }) => nameOf(key));
    return found.map((each, index) => {
      const name = names[index]!;
      const isOnlyOne = names.filter((other) => other === name).length === 1;
      return { ...each, name: found.length === 1 ? '' : isOnlyOne ? name : each.key };
    });
  }
}
