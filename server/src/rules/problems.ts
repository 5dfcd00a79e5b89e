// From what was found in a file to the problems that are shown: with severities in force, merged across meshes, without
// what somebody has accepted.
import { perObject } from '../incremental/cells';
import type { Snapshot } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';
import { acrossMeshes } from './across-meshes';
import { ALL_RULES } from './all-rules';
import { isTemplate } from './placeholders';
import type { Finding, Fix, Problem, Rule, RuleOptions, Severity } from './rule';
import { ignoreFix, suppressionUnused, withoutAccepted } from './suppression';
import { documentAt, type Found } from './units';

/** Something found, with its fixes as they are when they are asked for. */
export interface Mendable extends Found {
  fixes(): Fix[];
}

const PLACES: ReadonlyMap<Rule, number> = new Map(ALL_RULES.map((rule, index) => [rule, index]));

/** The problems of one file, in the order of places and rules. */
export function problemsIn(
  snapshot: Snapshot,
  options: RuleOptions,
  uri: string,
  found: readonly Mendable[],
): Problem[] {
  const problems = new Map<string, Problem & { meshes: string[] }>();
  /** Those that hold only under an assumption, with their meshes. */
  const assumed = new Map<string, Found['view']>();
  const place = ({ rule, isConditional }: Found): number => PLACES.get(rule)! * 2 + Number(isConditional);
  const meshes = new Map(snapshot.meshes.map(({ name }, index) => [name, index]));
  const order = ({ view }: Found): number => (view ? (meshes.get(view.name) ?? 0) : 0);
  for (const each of [...found].sort((a, b) => place(a) - place(b) || order(a) - order(b))) {
    const { rule, finding, view } = each;
    const severity = severityOf(rule, finding, options);
    const range = each.range();
    if (severity === 'off' || (!isOfChart(snapshot, view, uri) && isInTemplate(snapshot, uri, range.start))) continue;
    const here = `${range.start} ${range.end}`;
    if (each.isConditional && !isNews(problems, assumed, each, here)) continue;
    const key = `${rule.id} ${here} ${finding.message}`;
    if (each.isConditional) assumed.set(key, view);
    const same = problems.get(key);
    if (!same) {
      const { fixes: _, ...rest } = finding;
      const meshes = view ? [view.name] : [];
      problems.set(key, {
        ...rest,
        range,
        related: each.related(),
        ...(finding.fixes && { fixes: each.fixes }),
        rule: rule.id,
        severity,
        meshes,
      });
    } else if (view && !same.meshes.includes(view.name)) same.meshes.push(view.name);
  }
  const file = snapshot.files.get(uri);
  const isChecked = (rule: string): boolean => options.severities[rule] !== 'off';
  const { left, unused } = withoutAccepted(
    snapshot,
    acrossMeshes(snapshot, [...problems.values()]),
    ALL_RULES,
    file ? [file] : [],
    isChecked,
  );
  const comments = isChecked(suppressionUnused.id)
    ? unused.map((finding): Problem => {
        const severity = severityOf(suppressionUnused, finding, options) as Severity;
        return { ...finding, rule: suppressionUnused.id, severity, meshes: [] };
      })
    : [];
  return [...left.map((problem) => ignorable(snapshot, problem)), ...comments].sort(inFileOrder);
}

/**
 * True where nothing as grave is said there already, but by the same mesh under the same assumption. What holds in any
 * case and is milder gives way.
 */
function isNews(
  problems: Map<string, Problem>,
  assumed: ReadonlyMap<string, Found['view']>,
  { rule, view }: Found,
  here: string,
): boolean {
  const there = [...problems].filter(
    ([key, { rule: id, range }]) =>
      id === rule.id && `${range.start} ${range.end}` === here && (!assumed.has(key) || assumed.get(key) !== view),
  );
  if (there.some(([, { severity }]) => rank(severity) <= rank('warning'))) return false;
  for (const [key] of there) problems.delete(key);
  return true;
}

/** Every problem can be accepted where it is. */
function ignorable(snapshot: Snapshot, problem: Problem): Problem {
  return {
    ...problem,
    fixes: () => [...(problem.fixes?.() ?? []), ...ignoreFix(snapshot, problem, problem.rule)],
  };
}

/** What a chart's templates say whatever its values are, or say when they are rendered, is known. */
function isOfChart(snapshot: Snapshot, view: Found['view'], uri: string): boolean {
  if (view?.kind !== 'named') return view?.kind === 'chart';
  return snapshot.bringing.some((file) => {
    const folder = /^(.*\/)Chart\.yaml$/.exec(file.uri)?.[1];
    return folder !== undefined && uri.startsWith(`${folder}templates/`) && view.files.includes(file.uri);
  });
}

const isUnrendered = perObject((document: YamlDocument) => isTemplate(document.text));

/** Of a document that is still to be rendered nothing certain can be said, even where it happens to be YAML. */
function isInTemplate(snapshot: Snapshot, uri: string, offset: number): boolean {
  const holder = documentAt(snapshot, uri, offset);
  return holder !== undefined && isUnrendered(holder);
}

const ORDER: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/** A setting takes the place of the rule's severity; a finding milder than its rule never grows above it. */
function severityOf(rule: Rule, finding: Finding, options: RuleOptions): Severity | 'off' {
  const own = finding.severity ?? rule.severity;
  const stated = options.severities[rule.id];
  if (stated === undefined || stated === 'off') return stated ?? own;
  return rank(own) > rank(rule.severity) && rank(own) > rank(stated) ? own : stated;
}

function rank(severity: Severity): number {
  return ORDER.indexOf(severity);
}

function inFileOrder(a: Problem, b: Problem): number {
  const text = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0);
  return (
    a.range.start - b.range.start || a.range.end - b.range.end || text(a.rule, b.rule) || text(a.message, b.message)
  );
}
