// The pieces in which a workspace is checked: a namespace of a mesh, a mesh, a file. Each is checked again only when
// something that it has looked at has changed.
import { untracked, type Watcher, watch } from '../incremental/cells';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';
import type { TextRange } from '../yaml/range';
import type { Finding, Related, Rule } from './rule';

/** What one rule has found, held to its place while the text around it moves. */
export interface Found {
  readonly rule: Rule;
  readonly finding: Finding;
  /** The mesh that it is about; undefined where a file by itself tells it. */
  readonly view: MeshView | undefined;
  /** It holds only under an assumption. */
  readonly isConditional: boolean;
  /** The finding's place now. */
  range(): TextRange;
  /** Its related places now. */
  related(): readonly Related[];
}

/** What a unit runs. */
export interface Check {
  readonly key: string;
  /** The file, of a piece that is one. */
  readonly uri?: string;
  readonly view: MeshView | undefined;
  readonly isConditional: boolean;
  /** Every finding with its rule; a rule that throws is told to the caller's handler. */
  run(): Iterable<{ readonly rule: Rule; readonly finding: Finding }>;
}

/** A piece with what was found in it. */
export class Unit {
  found: readonly Found[] = [];
  /** Files that its findings stand in, and those that they relate to. */
  readonly places = new Set<string>();
  readonly relations = new Set<string>();
  private readonly watcher: Watcher;
  private isNew = true;

  constructor(
    private readonly snapshot: Snapshot,
    readonly check: Check,
    stale: (unit: Unit) => void,
  ) {
    this.watcher = watch(() => stale(this));
  }

  /** True when it has to be checked again. */
  isStale(): boolean {
    return this.isNew || this.watcher.isStale();
  }

  /** Checks anew. */
  refresh(): void {
    this.isNew = false;
    const { view, isConditional } = this.check;
    this.found = this.watcher.read(() =>
      [...this.check.run()].map(({ rule, finding }): Found => {
        const range = this.pin(finding.uri, finding.range);
        const related = finding.related.map((each) => ({ each, range: this.pin(each.uri, each.range) }));
        return {
          rule,
          finding,
          view,
          isConditional,
          range,
          related: () => related.map(({ each, range }) => ({ ...each, range: range() })),
        };
      }),
    );
    this.places.clear();
    this.relations.clear();
    for (const { finding } of this.found) {
      this.places.add(finding.uri);
      for (const { uri } of finding.related) this.relations.add(uri);
    }
  }

  dispose(): void {
    this.watcher.dispose();
  }

  /** Holds a range to the document that it is in. What is in none hangs on its whole file. */
  private pin(uri: string, range: TextRange): () => TextRange {
    const document = untracked(() => documentAt(this.snapshot, uri, range.start));
    if (!document) {
      this.snapshot.files.get(uri);
      return () => range;
    }
    const start = range.start - document.range.start;
    const length = range.end - range.start;
    return () => {
      const now = document.range.start + start;
      return { start: now, end: now + length };
    };
  }
}

/** The document that holds an offset of a file. */
export function documentAt(snapshot: Snapshot, uri: string, offset: number): YamlDocument | undefined {
  const documents = snapshot.files.get(uri)?.documents ?? [];
  let low = 0;
  let high = documents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (documents[middle]!.range.start <= offset) low = middle + 1;
    else high = middle;
  }
  const found = documents[low - 1];
  return found && offset <= found.range.end ? found : undefined;
}
