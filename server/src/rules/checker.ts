// The problems of a workspace, kept up to date: after a change only those pieces are checked again that looked at
// something which has changed, and a file's problems are put together when somebody asks for them.
import { reading, type Watcher, watch } from '../incremental/cells';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { ALL_RULES } from './all-rules';
import { withAlternatives } from './alternatives';
import { asIfInstalled, conditional } from './as-if-installed';
import { canJudge } from './completeness';
import { problemsIn } from './problems';
import type { Finding, Fix, Problem, Rule, RuleOptions } from './rule';
import { type Check, type Found, Unit } from './units';

/** Fewer pieces than these are what somebody is at work on. */
const FEW = 32;

/** Told of a rule that threw, instead of the whole check failing. */
export type RuleErrorHandler = (error: unknown, rule: Rule, mesh: string | undefined) => void;

export class Checker {
  private units = new Map<string, Unit>();
  private readonly stale = new Set<Unit>();
  private readonly layout: Watcher;
  private isLayoutDoubtful = true;
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
    this.layout = watch(() => {
      this.isLayoutDoubtful = true;
    });
  }

  /**
   * Checks what has to be checked again.
   * @param first files whose own pieces are checked before all others
   * @param isOver asked now and then; the rest is left for the next call when it says so
   * @returns true when everything is up to date
   */
  update(first: ReadonlySet<string> = new Set(), isOver: () => boolean = () => false): boolean {
    if (this.isLayoutDoubtful) this.enumerate();
    const urgent = [...this.stale].filter((unit) => concerns(unit, first));
    const waiting = urgent.length > 0 ? new Set([...urgent, ...this.stale]) : [...this.stale];
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
    this.layout.dispose();
    for (const unit of this.units.values()) unit.dispose();
    this.units.clear();
  }

  private enumerate(): void {
    this.isLayoutDoubtful = false;
    if (this.units.size > 0 && !this.layout.isStale()) return;
    const before = this.units;
    this.units = new Map();
    for (const check of this.layout.read(() => [...this.checks()])) {
      const known = before.get(check.key);
      // a mesh that has been put together anew is another one
      if (known && known.check.view?.mesh === check.view?.mesh) {
        this.units.set(check.key, known);
        before.delete(check.key);
      } else {
        const unit = new Unit(this.snapshot, check, (each) => this.stale.add(each));
        this.units.set(check.key, unit);
        this.stale.add(unit);
      }
    }
    for (const unit of before.values()) {
      this.stale.delete(unit);
      this.unlist(unit);
      for (const uri of unit.places) this.changed.add(uri);
      unit.dispose();
    }
  }

  private *checks(): Iterable<Check> {
    const { snapshot } = this;
    for (const uri of snapshot.files.keys()) yield this.fileCheck(uri);
    for (const view of snapshot.meshes) {
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
      yield { key: `namespace ${name} of ${about}`, view, isConditional, rules: this.perNamespace, run };
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

function concerns({ check, places }: Unit, uris: ReadonlySet<string>): boolean {
  if (check.uri !== undefined && uris.has(check.uri)) return true;
  for (const place of places) if (uris.has(place)) return true;
  return false;
}

/**
 * The fixes of a finding as they are now: what it knows of positions may be out of date, so it is found again. All in
 * one reading, so that everything that is asked is about the same objects.
 */
function fixesOf({ check }: Unit, { rule, finding, range }: Found): Fix[] {
  const { start, end } = range();
  const isSame = (other: Finding): boolean =>
    other.uri === finding.uri &&
    other.message === finding.message &&
    other.range.start === start &&
    other.range.end === end;
  return reading(() => {
    return check.run(rule).find(isSame)?.fixes?.() ?? [];
  });
}
