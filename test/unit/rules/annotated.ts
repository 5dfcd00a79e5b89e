// Annotated fixtures: YAML whose comments mark, under a line, the problem that is expected there.
//
//     mode: DISABLE
//     #     ^^^^^^^ plaintext-refused
//
// A mark may name a severity behind the rule. Problems of severity error and warning must be marked; the milder ones
// only where the files say `# expect: all`. `# option: requireDestinationRule=always` sets an option of the rules.
// `# revisions: stable, canary` states the revisions that are installed, `# ambient: true` that the mesh has ambient mode.
// `# example: here` makes it the example of the rule's page.
// `# around: shop` puts the files of test/data/around/shop.yaml around the case: manifests without problems.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Assumptions } from '../../../server/src/mesh/settings';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS, type Fix, type Problem, type RuleOptions } from '../../../server/src/rules/rule';
import { type Snapshot, Workspace } from '../../../server/src/workspace/workspace';
import { applyEdits } from '../../../server/src/yaml/edit';
import { positionAt } from '../../../server/src/yaml/range';

export interface AnnotatedCase {
  readonly name: string;
  /** By URI. */
  readonly files: ReadonlyMap<string, string>;
}

/** Every case under a folder: a file is a case, and so is a folder that holds only files. */
export function readCases(folder: string): AnnotatedCase[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name): AnnotatedCase[] => {
      const path = join(folder, name);
      const files = statSync(path).isDirectory()
        ? readFolder(path, `${name}/`)
        : new Map([[name, readFileSync(path, 'utf8')]]);
      return [{ name, files: new Map([...files, ...around(files)]) }];
    });
}

function around(files: ReadonlyMap<string, string>): [string, string][] {
  const names = [...files.values()].flatMap((text) => /^# around: ([a-z, -]+)$/m.exec(text)?.[1]?.split(', ') ?? []);
  return names.map((name) => [
    `around/${name}.yaml`,
    readFileSync(join(__dirname, `../../data/around/${name}.yaml`), 'utf8'),
  ]);
}

/** All YAML and JSON files under a folder, by their path with `prefix`. */
export function readFolder(folder: string, prefix = ''): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory())
      for (const [uri, text] of readFolder(path, `${prefix}${name}/`)) files.set(uri, text);
    else if (/\.(ya?ml|json)$/.test(basename(name))) files.set(prefix + name, readFileSync(path, 'utf8'));
  }
  return files;
}

export function snapshotOf(files: ReadonlyMap<string, string>): Snapshot {
  const workspace = new Workspace();
  workspace.apply({ files, assume: assumptionsOf(files) });
  return workspace.snapshot();
}

function assumptionsOf(files: ReadonlyMap<string, string>): Assumptions {
  const stated = [...files.values()].flatMap((text) => /^# revisions: (.+)$/m.exec(text)?.[1]?.split(', ') ?? []);
  const ambient = [...files.values()].flatMap((text) => /^# ambient: (true|false)$/m.exec(text)?.[1] ?? [])[0];
  return {
    ...(stated.length > 0 && { revisions: stated }),
    ...(ambient !== undefined && { ambient: ambient === 'true' }),
  };
}

/** The options that the files state. */
export function optionsOf(files: ReadonlyMap<string, string>): RuleOptions {
  let options: RuleOptions = DEFAULT_OPTIONS;
  for (const text of files.values()) {
    const stated = /^# option: requireDestinationRule=(auto|always|never)\s*$/m.exec(text)?.[1];
    if (stated) options = { ...options, requireDestinationRule: stated as RuleOptions['requireDestinationRule'] };
  }
  return options;
}

/** One line for each marked problem: `file:line:from-to rule severity`. */
export function expectedProblems(files: ReadonlyMap<string, string>): string[] {
  const expected: string[] = [];
  for (const [uri, text] of files) {
    let line = -1;
    text.split(/\r?\n/).forEach((content, number) => {
      const mark = /^(\s*#\s*)(\^+) ([a-z-]+)(?: (error|warning|information|hint))?\s*$/.exec(content);
      if (!mark) line = number;
      else {
        const from = mark[1]!.length;
        expected.push(`${uri}:${line + 1}:${from}-${from + mark[2]!.length} ${mark[3]}${mark[4] ? ` ${mark[4]}` : ''}`);
      }
    });
  }
  return expected.sort();
}

/** The problems of a case in the form of the marks; severities only where the marks state them. */
export function foundProblems(snapshot: Snapshot, problems: readonly Problem[], expected: readonly string[]): string[] {
  return problems
    .map((problem) => {
      const { lines } = snapshot.files.get(problem.uri)!;
      const start = positionAt(lines, problem.range.start);
      const end = positionAt(lines, problem.range.end);
      const to = end.line === start.line ? end.character : `${end.line + 1}:${end.character}`;
      const place = `${problem.uri}:${start.line + 1}:${start.character}-${to} ${problem.rule}`;
      const stated = `${place} ${problem.severity}`;
      const isMild = problem.severity === 'information' || problem.severity === 'hint';
      return isMild || expected.includes(stated) ? stated : place;
    })
    .sort();
}

/** The problems that a case must mark. */
export function problemsToMark(
  files: ReadonlyMap<string, string>,
  problems: readonly Problem[],
  expected: readonly string[],
  snapshot: Snapshot,
): Problem[] {
  const all = [...files.values()].some((text) => /^# expect: all\s*$/m.test(text));
  if (all) return [...problems];
  return problems.filter(
    (problem) =>
      problem.severity === 'error' ||
      problem.severity === 'warning' ||
      expected.includes(foundProblems(snapshot, [problem], expected)[0]!),
  );
}

export function check(files: ReadonlyMap<string, string>): { snapshot: Snapshot; problems: Problem[] } {
  const snapshot = snapshotOf(files);
  return { snapshot, problems: checkSnapshot(snapshot, optionsOf(files)) };
}

/**
 * A fix may not break anything: its problem is gone, no error or warning comes that was not there, and no comment on a
 * line of its own is lost. What a fix brings to light is no fault of it: a rule whose host is corrected begins to
 * work, pods get a sidecar, and PERMISSIVE is seen to be needless where every client now sends mTLS.
 */
export function assertMends(
  files: ReadonlyMap<string, string>,
  before: readonly Problem[],
  problem: Problem,
  fix: Fix,
): void {
  const changed = new Map(files);
  for (const [uri, edits] of fix.edits) {
    const text = files.get(uri) ?? '';
    for (const { range, newText } of edits) {
      const comments = text.slice(range.start, range.end).match(/^[ \t]*#.*$/gm) ?? [];
      for (const comment of comments) assert.ok(newText.includes(comment), `${fix.title} removes ${comment}`);
    }
    changed.set(uri, applyEdits(text, edits));
  }
  const after = check(changed).problems;
  const alike = (each: Problem): boolean =>
    each.rule === problem.rule && each.uri === problem.uri && each.message === problem.message;
  const report = (): string =>
    `${problem.rule}: ${fix.title}\n${messages(after)}\n${[...changed.values()].join('\n=====\n')}`;
  assert.ok(after.filter(alike).length < before.filter(alike).length, `left by ${report()}`);
  if (ENFORCING.includes(problem.rule) || problem.rule.startsWith('injection-')) return;
  const left = severeRules(after).filter((rule) => !BROUGHT_TO_LIGHT.includes(rule));
  for (const rule of severeRules(before)) {
    const index = left.indexOf(rule);
    if (index >= 0) left.splice(index, 1);
  }
  assert.deepEqual(left, [], `made by ${report()}`);
}

/** Rules whose fixes put into force what was not. */
const ENFORCING = [
  'destination-rule-host-unknown',
  'object-rejected',
  'field-unknown',
  'legacy-object',
  'peer-authentication-selects-nothing',
];

/** The fixes of a problem but the comment that accepts it. */
export function mending(problem: Problem): Fix[] {
  return (problem.fixes?.() ?? []).filter(({ title }) => !title.startsWith('Ignore '));
}

/** What is reported only where nothing fails for the same reason. */
const BROUGHT_TO_LIGHT = ['permissive-left-on', 'tls-without-mode', 'tls-lost-on-port', 'credential-name-ignored'];

function severeRules(problems: readonly Problem[]): string[] {
  return problems.filter(({ severity }) => severity === 'error' || severity === 'warning').map(({ rule }) => rule);
}

/** One line for each problem. */
export function messages(problems: readonly Problem[]): string {
  return problems.map((problem) => `${problem.severity} ${problem.rule}: ${problem.message}`).join('\n');
}
