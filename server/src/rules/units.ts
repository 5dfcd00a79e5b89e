// The pieces in which a workspace is checked: a namespace of a mesh, a mesh, a file. Each is checked again only when
// something that it has looked at has changed.
import { derive, memo, untracked, type Watcher, watch } from '../incremental/cells';
import { sameItems } from '../mesh/lookup';
import type { Place } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';
import { firstFrom, type TextRange } from '../yaml/range';
import type { Finding, Related, Rule } from './rule';

/** What one rule has found, held to its place while the text around it moves. */
export interface Found {
  readonly rule: Rule;
  readonly finding: Finding;
  /** The mesh that it is about; undefined where a file by itself tells it. */
  readonly view: MeshView | undefined;
  /** It holds only under an assumption. */
  readonly isConditional: boolean;
  /** The documents that hold it and its related places; undefined where one is about a whole file. */
  readonly documents: readonly (YamlDocument | undefined)[];
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
  /** The namespace, of a piece that is one. */
  readonly namespace?: string;
  readonly view: MeshView | undefined;
  readonly isConditional: boolean;
  readonly rules: readonly Rule[];
  /** What one of the rules finds; a rule that throws is told to the caller's handler. */
  run(rule: Rule): readonly Finding[];
}

/** A piece with what was found in it. */
export class Unit {
  found: readonly Found[] = [];
  /** Files that its findings stand in, and those that they relate to. */
  readonly places = new Set<string>();
  readonly relations = new Set<string>();
  private readonly watcher: Watcher;
  private isNew = true;
  private byRule: readonly (() => Found[])[] | undefined;
  private findings: ((rule: Rule) => readonly Finding[]) | undefined;

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

  /**
   * Checks anew.
   * @param isOften remembers from now on what each rule has found, so that the next time only those run that are
   *   concerned; that takes memory, and is worth it where somebody is at work
   * @returns what is told no more, and what is told anew
   */
  refresh(isOften: boolean): readonly Found[] {
    this.isNew = false;
    const { rules } = this.check;
    if (isOften) this.byRule ??= rules.map((rule) => derive(() => this.find(rule), sameList));
    const before = this.found;
    this.found = this.watcher.read(() =>
      this.byRule ? this.byRule.flatMap((found) => found()) : rules.flatMap((rule) => this.find(rule)),
    );
    this.places.clear();
    this.relations.clear();
    for (const { finding } of this.found) {
      this.places.add(finding.uri);
      for (const { uri } of finding.related) this.relations.add(uri);
    }
    const isNews = (list: readonly Found[]) => {
      // most are the very same, and there may be many
      const same = new Set(list);
      return (found: Found) => !same.has(found) && !list.some((other) => isSame(found, other));
    };
    return [...before.filter(isNews(this.found)), ...this.found.filter(isNews(before))];
  }

  /** What a rule finds now; within one reading it runs once for all who ask. */
  findingsOf(rule: Rule): readonly Finding[] {
    this.findings ??= memo((each) => this.check.run(each));
    return this.findings(rule);
  }

  private find(rule: Rule): Found[] {
    const { view, isConditional } = this.check;
    return this.check.run(rule).map((finding): Found => {
      const [own, ...others] = [finding, ...finding.related].map((place) => this.pin(place));
      return {
        rule,
        finding,
        view,
        isConditional,
        documents: [own!, ...others].map(({ document }) => document),
        range: own!.range,
        related: () => finding.related.map((each, index) => ({ ...each, range: others[index]!.range() })),
      };
    });
  }

  dispose(): void {
    this.watcher.dispose();
  }

  /** Holds a place to the document that it is in. What is in none hangs on its whole file. */
  private pin({ uri, range }: Place): { readonly document: YamlDocument | undefined; range(): TextRange } {
    const document = untracked(() => documentAt(this.snapshot, uri, range.start));
    if (!document) {
      this.snapshot.files.get(uri);
      return { document, range: () => range };
    }
    const start = range.start - document.range.start;
    const length = range.end - range.start;
    return {
      document,
      range() {
        const now = document.range.start + start;
        return { start: now, end: now + length };
      },
    };
  }
}

/** True when the same is said about the same documents. */
function isSame(a: Found, b: Found): boolean {
  return (
    a === b ||
    (a.rule === b.rule &&
      sameItems(a.documents, b.documents) &&
      a.finding.message === b.finding.message &&
      a.finding.uri === b.finding.uri &&
      a.finding.severity === b.finding.severity &&
      (a.finding.fixes === undefined) === (b.finding.fixes === undefined) &&
      sameRange(a.range(), b.range()) &&
      sameRelated(a.related(), b.related()))
  );
}

function sameRelated(a: readonly Related[], b: readonly Related[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ uri, message, range }, index) => {
      const other = b[index]!;
      return uri === other.uri && message === other.message && sameRange(range, other.range);
    })
  );
}

function sameRange(a: TextRange, b: TextRange): boolean {
  return a.start === b.start && a.end === b.end;
}

/** Also keeps the earlier findings where a rule finds the same again. */
function sameList(a: readonly Found[], b: readonly Found[]): boolean {
  return a.length === b.length && a.every((found, index) => untracked(() => isSame(found, b[index]!)));
}

/** The document that holds an offset of a file. */
export function documentAt(snapshot: Snapshot, uri: string, offset: number): YamlDocument | undefined {
  const documents = snapshot.files.get(uri)?.documents ?? [];
  const found = documents[firstFrom(documents, offset + 1, ({ range }) => range.start) - 1];
  return found && offset <= found.range.end ? found : undefined;
}
