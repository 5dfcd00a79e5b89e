// `mutual check --format sarif`: brings together what is to be mended and what has been accepted, by whom.
import type { Log } from 'sarif';
import type { Assumptions } from '../mesh/settings';
import { acceptedProblems } from '../report/accepted';
import { type Diagnostic, makeReport } from '../report/diagnostics';
import { type Accepted, diagnosticsSarif } from '../report/diagnostics-sarif';
import { ALL_RULES, type RuleErrorHandler } from '../rules/index';
import type { Problem, RuleOptions } from '../rules/rule';
import type { Sorted } from './baseline';
import type { Input } from './input';

export interface SarifRun {
  readonly input: Input;
  readonly sorted: Sorted;
  readonly rules: RuleOptions;
  readonly assume: Assumptions;
  readonly all: boolean;
  /** Whether a baseline takes part. */
  readonly baseline: boolean;
  readonly version: string;
  /** Grows while accepted problems are looked for. */
  readonly failures: readonly string[];
  readonly onError: RuleErrorHandler;
  /** The exit code as of now. */
  readonly code: () => number;
}

/** The log of this run. */
export function sarifOf(run: SarifRun): Log {
  const { input, sorted, rules, assume, all, baseline, version, failures, onError, code } = run;
  const { snapshot, fileOf, nameOf, complete } = input;
  const accepted = new Map<Problem, Accepted>(all ? acceptedProblems(snapshot, assume, rules, onError) : []);
  for (const problem of sorted.known) accepted.set(problem, { by: 'baseline', reason: '' });
  const problems = [...sorted.left, ...accepted.keys()].sort(inFileOrder);
  const report = makeReport(problems, snapshot, fileOf, nameOf);
  const byDiagnostic = new Map<Diagnostic, Accepted | undefined>(
    report.diagnostics.map((diagnostic, index) => [diagnostic, accepted.get(problems[index]!)]),
  );
  return diagnosticsSarif(report, (diagnostic) => byDiagnostic.get(diagnostic), {
    version,
    rules: ALL_RULES,
    all,
    baseline,
    exitCode: code(),
    failures: complete ? failures : [...failures, 'Some files could not be read; standard error names them.'],
  });
}

function inFileOrder(a: Problem, b: Problem): number {
  if (a.uri !== b.uri) return a.uri < b.uri ? -1 : 1;
  return a.range.start - b.range.start || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
}
