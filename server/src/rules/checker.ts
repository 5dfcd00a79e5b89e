// The problems of a workspace, kept up to date: after a change only those pieces are checked again that looked at
// something which has changed, and a file's problems are put together when somebody asks for them.
import { reading } from '../incremental/cells';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { ALL_RULES } from './all-rules';
import { withAlternatives } from './alternatives';
import { asIfInstalled, conditional } from './as-if-installed';
import { canJudge } from './completeness';
import { Pieces } from './pieces';
import { problemsIn } from './problems';
import type { Finding, Fix, Problem, Rule, RuleOptions } from './rule';
import { type Check, type Found, Unit } from './units';

/** Fewer pieces than these are what somebody is at work on. */
const FEW = 32;

/** Told of a rule that threw, instead of the whole check failing. */
export type RuleErrorHandler = (error: unknown, rule: Rule, mesh: string | undefined) => void;

export class Checker {
  private readonly stale = new Set<Unit>();
  private readonly pieces: readonly Pieces[];
  /** Everything has been checked once; what is checked now is what somebody is at work on. */
  private isComplete = false;
  /** Units by the files that their findings stand in. */
  private readonly byFile = new Map<string, Set<Unit>>();
  /** Units by the files that their findings relate to. */
  private readonly relatedTo = new Map<string, Set<Unit>>();
  private readonly changed = new Set<string>();
  private readonly perNamespace: readonly Rule[];
  private readonly perMesh: readonly Rule[];
  private readonly perFile: readonly Rule[];

  /** @param onError gets the error of a rule that throws, while the others go on; without it the error is thrown */
  constructor(
    private readonly snapshot: Snapshot,
    readonly options: RuleOptions,
    private readonly onError?: RuleErrorHandler,
  ) {
    const rules = ALL_RULES.filter(({ id }) => options.severities[id] !== 'off');
    this.perNamespace = rules.filter(({ check }) => check);
    this.perMesh = rules.filter(({ checkMesh }) => checkMesh);
    this.perFile = rules.filter(({ checkFile }) => checkFile);
    const handlers = {
      begin: (check: Check) => this.begin(check),
      end: (unit: Unit) => this.end(unit),
    };
    // apart, since namespaces come and go with what is typed, and files are many
    this.pieces = [new Pieces(() => this.fileChecks(), handlers), new Pieces(() => this.allMeshChecks(), handlers)];
  }

  /**
   * Checks what has to be checked again.
   * @param first files that are checked before all others, with the namespaces of their objects
   * @param isOver asked now and then; the rest is left for the next call when it says so
   * @returns true when everything is up to date
   */
  update(first: ReadonlySet<string> = new Set(), isOver: () => boolean = () => false): boolean {
    for (const pieces of this.pieces) pieces.update();
    const waiting = this.stale.size > FEW ? this.inOrder(first) : [...this.stale];
    for (const unit of waiting) {
      if (isOver()) return false;
      this.stale.delete(unit);
      if (unit.isStale()) this.refresh(unit, this.isComplete && this.stale.size < FEW);
    }
    this.isComplete = true;
    return true;
  }

  /** The problems of a file as of the last update, in its order. */
  problemsOf(uri: string): Problem[] {
    const found = [...(this.byFile.get(uri) ?? [])].flatMap((unit) =>
      unit.found
        .filter(({ finding }) => finding.uri === uri)
        .map((each) => ({ ...each, fixes: () => fixesOf(unit, each) })),
    );
    return problemsIn(this.snapshot, this.options, uri, found);
  }

  /** Every file that may have problems. */
  files(): Iterable<string> {
    return [...this.byFile.keys(), ...this.snapshot.files.keys()];
  }

  /** Files whose problems may be others since the last call, as far as updates have found out. */
  takeChanged(): ReadonlySet<string> {
    const changed = new Set(this.changed);
    this.changed.clear();
    return changed;
  }

  /** Says that a file's text has moved under its findings: the files that point there have something else to say. */
  touch(uri: string): void {
    this.changed.add(uri);
    for (const unit of this.relatedTo.get(uri) ?? []) for (const place of unit.places) this.changed.add(place);
  }

  dispose(): void {
    for (const pieces of this.pieces) pieces.dispose();
  }

  /** True when no piece that a file is about is left to check; others may still have something to say of it. */
  isUpToDate(uri: string): boolean {
    const isAbout = this.aboutFiles([uri]);
    for (const unit of this.stale) if (isAbout(unit)) return false;
    return true;
  }

  /** What is to be checked: first what these files are about. */
  private inOrder(first: ReadonlySet<string>): Iterable<Unit> {
    const urgent = [...this.stale].filter(this.aboutFiles(first));
    return new Set([...urgent, ...this.stale]);
  }

  /** Tells the pieces that files are about: the files, the namespaces of their objects, and what spoke of them before. */
  private aboutFiles(uris: Iterable<string>): (unit: Unit) => boolean {
    const files = new Set(uris);
    const namespaces = new Set<string>();
    for (const uri of files) {
      const objects = this.snapshot.renderedFrom(uri) ?? this.snapshot.files.get(uri)?.objects ?? [];
      for (const object of objects) namespaces.add(object.metadata.namespace);
    }
    return ({ check, places }) =>
      (check.uri !== undefined && files.has(check.uri)) ||
      (check.namespace !== undefined && namespaces.has(check.namespace)) ||
      [...places].some((place) => files.has(place));
  }

  private begin(check: Check): Unit {
    const unit = new Unit(this.snapshot, check, (each) => this.stale.add(each));
    this.stale.add(unit);
    return unit;
  }

  private end(unit: Unit): void {
    this.stale.delete(unit);
    this.unlist(unit);
    for (const uri of unit.places) this.changed.add(uri);
    unit.dispose();
  }

  private *fileChecks(): Iterable<Check> {
    for (const uri of this.snapshot.files.keys()) yield this.fileCheck(uri);
  }

  private *allMeshChecks(): Iterable<Check> {
    for (const view of this.snapshot.meshes) {
      const about = `${view.kind} ${view.root ?? ''} ${view.name}`;
      yield* this.meshChecks(view, about, undefined);
      const assumed = asIfInstalled(view);
      if (assumed) yield* this.meshChecks(assumed.view, `${about} as if installed`, assumed);
    }
  }

  private fileCheck(uri: string): Check {
    const { snapshot } = this;
    const run = (rule: Rule): readonly Finding[] => {
      const file = snapshot.files.get(uri);
      return file ? this.guarded(rule, undefined, () => rule.checkFile!(file, snapshot)) : [];
    };
    return { key: `file ${uri}`, uri, view: undefined, isConditional: false, rules: this.perFile, run };
  }

  private *meshChecks(view: MeshView, about: string, assumed: ReturnType<typeof asIfInstalled>): Iterable<Check> {
    const { snapshot, options } = this;
    const isConditional = assumed !== undefined;
    // only what fails is worth telling on a condition
    const isWanted = (rule: Rule): boolean => (!isConditional || rule.severity === 'error') && canJudge(rule, view);
    const told = (rule: Rule, findings: Iterable<Finding>): Iterable<Finding> => {
      const sure = withAlternatives(rule, findings, view);
      return assumed ? conditional(rule, sure, assumed) : sure;
    };
    const check = (rule: Rule, findings: () => Iterable<Finding>): readonly Finding[] =>
      isWanted(rule) ? this.guarded(rule, view, () => told(rule, findings())) : [];
    for (const name of view.mesh.namespaceNames) {
      const run = (rule: Rule): readonly Finding[] =>
        check(rule, () => rule.check!({ snapshot, view, here: view.mesh.in(name), options }));
      yield {
        key: `namespace ${name} of ${about}`,
        namespace: name,
        view,
        isConditional,
        rules: this.perNamespace,
        run,
      };
    }
    for (const rule of this.perMesh) {
      const run = (): readonly Finding[] => check(rule, () => rule.checkMesh!({ snapshot, view, options }));
      yield { key: `${rule.id} of ${about}`, view, isConditional, rules: [rule], run };
    }
  }

  private guarded(rule: Rule, view: MeshView | undefined, findings: () => Iterable<Finding>): readonly Finding[] {
    try {
      return [...findings()];
    } catch (error) {
      if (!this.onError) throw error;
      this.onError(error, rule, view?.name);
      return [];
    }
  }

  private refresh(unit: Unit, isOften: boolean): void {
    this.unlist(unit);
    for (const { finding } of unit.refresh(isOften)) this.changed.add(finding.uri);
    for (const uri of unit.places) list(this.byFile, uri, unit);
    for (const uri of unit.relations) list(this.relatedTo, uri, unit);
  }

  private unlist(unit: Unit): void {
    for (const uri of unit.places) unlist(this.byFile, uri, unit);
    for (const uri of unit.relations) unlist(this.relatedTo, uri, unit);
  }
}

function list(index: Map<string, Set<Unit>>, key: string, unit: Unit): void {
  const own = index.get(key);
  if (own) own.add(unit);
  else index.set(key, new Set([unit]));
}

function unlist(index: Map<string, Set<Unit>>, key: string, unit: Unit): void {
  const own = index.get(key);
  own?.delete(unit);
  if (own?.size === 0) index.delete(key);
}

/**
 * The fixes of a finding as they are now: what it knows of positions may be out of date, so it is found again. All in
 * one reading, so that everything that is asked is about the same objects.
 */
function fixesOf(unit: Unit, { rule, finding, range }: Found): Fix[] {
  const { start, end } = range();
  const isSame = (other: Finding): boolean =>
    other.uri === finding.uri &&
    other.message === finding.message &&
    other.range.start === start &&
    other.range.end === end;
  return reading(() => unit.findingsOf(rule).find(isSame)?.fixes?.() ?? []);
}
