// The problems that are known, by file: looked for where something has changed, a slice of time after the other, and
// told under the names that the parts have.
import { sameItems } from '../mesh/lookup';
import { Checker, type RuleErrorHandler } from '../rules/index';
import type { Problem } from '../rules/rule';
import { joinedName } from '../workspace/join';
import type { Snapshot } from '../workspace/workspace';
import type { Folders } from './folders';
import type { NamedPart } from './parts';
import type { FolderSettings } from './settings';

interface Checked {
  readonly snapshot: Snapshot;
  readonly settings: FolderSettings;
  readonly checker: Checker;
}

export class KnownProblems {
  /** Those files that have any. */
  private readonly byFile = new Map<string, readonly Problem[]>();
  private all: readonly Problem[] | undefined;
  private changedFiles = new Set<string>();
  private readonly checked = new Map<string, Checked>();
  /** The parts that problems are known of, with their names. */
  private told: readonly string[] = [];
  /** Everything has been known once. */
  isComplete = false;

  constructor(
    private readonly folders: Folders,
    private readonly onError: RuleErrorHandler,
  ) {}

  /**
   * Looks for problems where something has changed.
   * @param first files that come before all others
   * @param milliseconds after which it stops, to go on with the next call
   * @returns true when all problems are those of the parts as they are now
   */
  refresh(parts: readonly NamedPart[], first: ReadonlySet<string>, milliseconds: number): boolean {
    const end = performance.now() + milliseconds;
    const isOver = (): boolean => performance.now() > end;
    const names = parts.map(({ key, name }) => `${key} ${name}`);
    const isRenamed = !sameItems(names, this.told);
    // what is no part any more, or is called otherwise, is told anew
    if (isRenamed) this.forgetOthers(new Set(parts.map(({ key }) => key)));
    this.told = names;
    let isDone = true;
    for (const part of parts) {
      const { key, name, snapshot } = part;
      const checker = this.checkerOf(part);
      isDone = checker.update(first, isOver) && isDone;
      const changed = checker.takeChanged();
      for (const uri of isRenamed ? new Set([...changed, ...checker.files()]) : changed) {
        const found = this.folders.withoutKnown(key, checker.problemsOf(uri), snapshot);
        this.tell(uri, name === '' ? found : found.map((each) => renamed(each, name)));
      }
    }
    this.isComplete ||= isDone;
    return isDone;
  }

  /** All of them, file by file. */
  list(): readonly Problem[] {
    this.all ??= [...this.byFile.keys()].sort().flatMap((uri) => this.byFile.get(uri)!);
    return this.all;
  }

  /** Those of a file. */
  of(uri: string): readonly Problem[] {
    return this.byFile.get(uri) ?? [];
  }

  /** True when what a file is about has been looked at; what is elsewhere may still add to it. */
  isLookedAt(part: string, uri: string): boolean {
    return this.checked.get(part)?.checker.isUpToDate(uri) ?? true;
  }

  /** Files whose problems may be others since the last call. */
  takeChangedFiles(): ReadonlySet<string> {
    const changed = this.changedFiles;
    this.changedFiles = new Set();
    return changed;
  }

  /** Says that a file's text has changed. */
  touch(part: string, uri: string): void {
    this.checked.get(part)?.checker.touch(uri);
  }

  private forgetOthers(parts: ReadonlySet<string>): void {
    for (const uri of [...this.byFile.keys()]) this.tell(uri, []);
    for (const [key, { checker }] of this.checked) {
      if (parts.has(key)) continue;
      checker.dispose();
      this.checked.delete(key);
    }
  }

  private tell(uri: string, problems: readonly Problem[]): void {
    this.all = undefined;
    this.changedFiles.add(uri);
    if (problems.length > 0) this.byFile.set(uri, problems);
    else this.byFile.delete(uri);
  }

  /** Settings that differ, or a workspace in the place of another, are reasons for a new one. */
  private checkerOf({ key, snapshot }: NamedPart): Checker {
    const settings = this.folders.settings(key);
    const before = this.checked.get(key);
    if (before?.settings === settings && before.snapshot === snapshot) return before.checker;
    const checker = new Checker(snapshot, settings.options, this.onError);
    for (const uri of before?.checker.files() ?? []) checker.touch(uri);
    before?.checker.dispose();
    this.checked.set(key, { snapshot, settings, checker });
    return checker;
  }
}

function renamed(problem: Problem, part: string): Problem {
  return { ...problem, meshes: problem.meshes.map((mesh) => joinedName(part, mesh)) };
}
