// The problems of a check as data: counted, with places as lines and characters. Text, JSON and workflow commands are
// made of it.
import type { Fix, Problem, Severity } from '../rules/rule';
import type { Snapshot } from '../workspace/workspace';
import { fingerprints } from './baseline';
import { type Location, type Range, rangeIn } from './location';

export interface Diagnostic {
  readonly file: string;
  readonly uri: string;
  /** 0-based, as in the Language Server Protocol. */
  readonly range: Range;
  readonly severity: Severity;
  readonly rule: string;
  readonly message: string;
  readonly meshes: readonly string[];
  readonly related: readonly (Location & { readonly message: string })[];
  /** Made when asked for. */
  fixes(): readonly DiagnosticFix[];
  /** Unique in the report, and the same when lines move; made when asked for. */
  fingerprint(): string;
}

export interface DiagnosticFix {
  readonly title: string;
  readonly preferred: boolean;
  readonly edits: readonly (Location & { readonly newText: string })[];
}

export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly information: number;
  readonly hints: number;
  /** Files that hold a manifest. */
  readonly files: number;
}

export interface Report {
  readonly diagnostics: readonly Diagnostic[];
  readonly summary: Summary;
}

/**
 * The report of a snapshot's problems, in their order.
 * @param fileOf the path to print for a URI
 * @param nameOf the name to print for a mesh
 */
export function makeReport(
  problems: readonly Problem[],
  snapshot: Snapshot,
  fileOf: (uri: string) => string,
  nameOf: (mesh: string) => string,
): Report {
  let known: ReadonlyMap<Problem, string> | undefined;
  const fingerprint = (problem: Problem): string => {
    known ??= fingerprints(problems, snapshot, fileOf);
    return known.get(problem)!;
  };
  const diagnostics = problems.map((problem): Diagnostic => {
    const { uri, range, severity, rule, message, meshes } = problem;
    return {
      file: fileOf(uri),
      uri,
      range: rangeIn(snapshot, uri, range),
      severity,
      rule,
      message,
      meshes: meshes.map(nameOf),
      related: problem.related.map((each) => ({
        file: fileOf(each.uri),
        range: rangeIn(snapshot, each.uri, each.range),
        message: each.message,
      })),
      fixes: () => (problem.fixes?.() ?? []).map((fix) => fixOf(fix, snapshot, fileOf)),
      fingerprint: () => fingerprint(problem),
    };
  });
  const number = (severity: Severity): number => diagnostics.filter((each) => each.severity === severity).length;
  return {
    diagnostics,
    summary: {
      errors: number('error'),
      warnings: number('warning'),
      information: number('information'),
      hints: number('hint'),
      files: snapshot.files.size,
    },
  };
}

function fixOf(fix: Fix, snapshot: Snapshot, fileOf: (uri: string) => string): DiagnosticFix {
  const edits = [...fix.edits].flatMap(([uri, list]) =>
    list.map(({ range, newText }) => ({ file: fileOf(uri), range: rangeIn(snapshot, uri, range), newText })),
  );
  return { title: fix.title, preferred: fix.preferred ?? false, edits };
}

/** True when the report holds something at or above a severity. */
export function reaches(report: Report, failOn: 'error' | 'warning' | 'never'): boolean {
  const { errors, warnings } = report.summary;
  return failOn === 'error' ? errors > 0 : failOn === 'warning' ? errors + warnings > 0 : false;
}

/** The JSON value; `docs/schemas/check.schema.json` describes it. */
export function reportJson(report: Report): unknown {
  return {
    diagnostics: report.diagnostics.map(({ file, range, severity, rule, message, meshes, related, fixes }) => ({
      file,
      range,
      severity,
      rule,
      message,
      meshes,
      related,
      fixes: fixes(),
    })),
    summary: report.summary,
  };
}
