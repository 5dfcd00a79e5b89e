// Problems that somebody has accepted: comments (`# mutual-ignore rule-id: reason`) and the annotations of istioctl and
// Kiali. What a comment keeps silent, whether it is still needed, and the fix that writes one.

import { perObject } from '../incremental/cells';
import { nearMisses } from '../words/suggestions';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { styleOf } from '../yaml/edit';
import type { TextRange } from '../yaml/range';
import type { Finding, Fix, Problem, Rule } from './rule';

/** A comment that keeps rules silent in a part of its file. */
interface Suppression {
  readonly rule: string;
  /** Of the rule's id in the comment. */
  readonly range: TextRange;
  /** What stands behind the colon; empty where nothing does. */
  readonly reason: string;
  /** Problems that begin here are meant. */
  readonly scope: TextRange;
}

const COMMENT = /(^|[ \t])#[ \t]*mutual-ignore(-file)?[ \t]+([a-z0-9][a-z0-9, \t-]*)/gm;

const known = new WeakMap<SourceFile, readonly Suppression[]>();

/** The comments of a file. */
function suppressionsOf(file: SourceFile): readonly Suppression[] {
  let found = known.get(file);
  if (!found) {
    found = file.text.includes('mutual-ignore')
      ? [...file.text.matchAll(COMMENT)].flatMap((match) => read(file, match))
      : [];
    known.set(file, found);
  }
  return found;
}

function read(file: SourceFile, match: RegExpExecArray): Suppression[] {
  const { text } = file;
  const at = match.index + match[1]!.length;
  const scope = match[2] ? { start: 0, end: text.length } : scopeOf(file, at);
  const list = match[3]!;
  const start = match.index + match[0].length - list.length;
  const behind = text.slice(start + list.length, lineAt(text, at).end);
  const reason = behind.startsWith(':') ? behind.slice(1).trim() : '';
  return [...list.matchAll(/[a-z0-9-]+/g)].map(({ 0: rule, index }) => ({
    rule,
    range: { start: start + index, end: start + index + rule.length },
    reason,
    scope,
  }));
}

/** The line that the comment ends, the object that it is above, or the next line. */
function scopeOf({ text, documents }: SourceFile, at: number): TextRange {
  const line = lineAt(text, at);
  if (text.slice(line.start, at).trim() !== '') return line;
  const document = documents.find(({ range }) => range.start <= at && at <= range.end);
  const head = document && text.slice(document.range.start, at);
  if (document && /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*$/.test(head!)) return document.range;
  let next = line;
  do next = lineAt(text, Math.min(next.end + 1, text.length));
  while (/^[ \t]*#/.test(text.slice(next.start, next.end)) && next.end < text.length);
  return next;
}

function lineAt(text: string, offset: number): TextRange {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return { start, end: end < 0 ? text.length : end };
}

export const suppressionUnused: Rule = {
  id: 'suppression-unused',
  severity: 'information',
  summary: 'A `mutual-ignore` comment keeps nothing silent.',
  happens:
    'The problem has been mended, or the name of the rule is not right. A comment that is left over would hide the problem when it comes back.',
  remedy: 'Remove the comment, or correct the name of the rule.',
};

const peersOf = perObject(
  (rules: readonly Rule[]): ReadonlyMap<string, readonly string[]> =>
    new Map(rules.map(({ id, peers }) => [id, peers ?? []])),
);

/**
 * The problems that nobody has accepted, and the comments that accept nothing.
 * @param rules all rules
 * @param isChecked whether a rule has been run, so that a comment for it can be called unused
 */
export function withoutAccepted(
  snapshot: Snapshot,
  problems: readonly Problem[],
  rules: readonly Rule[],
  files: Iterable<SourceFile>,
  isChecked: (rule: string) => boolean,
): { left: Problem[]; unused: Finding[] } {
  const peers = peersOf(rules);
  const used = new Set<Suppression>();
  const left = problems.filter((problem) => {
    const file = snapshot.files.get(problem.uri);
    if (!file) return true;
    const { start } = problem.range;
    const fitting = commentsFor(file, problem);
    for (const each of fitting) used.add(each);
    return fitting.length === 0 && !isAnnotated(file, start, peers.get(problem.rule) ?? []);
  });
  const unused = [...files].flatMap((file) =>
    suppressionsOf(file)
      .filter((each) => !used.has(each) && (isChecked(each.rule) || !peers.has(each.rule)))
      .map((each) => unusedFinding(file, each, [...peers.keys()])),
  );
  return { left, unused };
}

function commentsFor(file: SourceFile, { rule, range: { start } }: Problem): Suppression[] {
  return suppressionsOf(file).filter(
    (each) => each.rule === rule && each.scope.start <= start && start <= each.scope.end,
  );
}

/** By what a problem has been accepted, and why; undefined where nobody has. */
export interface Acceptance {
  readonly by: 'comment' | 'annotation';
  /** Empty where none is given. */
  readonly reason: string;
}

/** @param codes those under which istioctl and Kiali know the problem's rule */
export function acceptanceOf(file: SourceFile, problem: Problem, codes: readonly string[]): Acceptance | undefined {
  const [comment] = commentsFor(file, problem);
  if (comment) return { by: 'comment', reason: comment.reason };
  return isAnnotated(file, problem.range.start, codes) ? { by: 'annotation', reason: '' } : undefined;
}

/** The same text, with every offset where it was, in which nothing is accepted. */
export function withoutAcceptances(text: string): string {
  return text
    .replace(COMMENT, (comment) => comment.replace('mutual-ignore', 'mutual.ignore'))
    .replaceAll('galley.istio.io/analyze-suppress', 'galley.istio.io/analyze.suppress')
    .replaceAll('kiali.io/ignore-validations', 'kiali.io/ignore.validations');
}

function unusedFinding(file: SourceFile, { rule, range }: Suppression, ids: readonly string[]): Finding {
  const near = ids.includes(rule) ? [] : nearMisses(rule, ids);
  const message = ids.includes(rule)
    ? `Nothing here is reported as \`${rule}\`: this comment keeps nothing silent.`
    : `There is no rule \`${rule}\`.${near.length > 0 ? ` Did you mean \`${near[0]}\`?` : ''}`;
  const correct = (name: string): Fix => ({
    title: `Change to \`${name}\``,
    preferred: true,
    edits: new Map([[file.uri, [{ range, newText: name }]]]),
  });
  return { uri: file.uri, range, message, related: [], fixes: () => near.slice(0, 1).map(correct) };
}

/** True when the object at `offset` carries an annotation that accepts one of these codes. */
function isAnnotated(file: SourceFile, offset: number, codes: readonly string[]): boolean {
  if (codes.length === 0 || !/analyze-suppress|ignore-validations/.test(file.text)) return false;
  const holder = file.objects
    .map((object) => ({ object, range: rangeOf(object) }))
    .filter(({ range }) => range.start <= offset && offset <= range.end)
    .at(-1);
  const annotations = holder?.object.metadata.annotations ?? {};
  const list = (value: string): string[] => value.split(',').map((code) => code.trim());
  const istioctl = annotations['galley.istio.io/analyze-suppress'];
  const kiali = annotations['kiali.io/ignore-validations'];
  return codes.some((code) => {
    if (code.startsWith('IST')) return istioctl !== undefined && (istioctl === '*' || list(istioctl).includes(code));
    return kiali !== undefined && (kiali.trim() === '' || list(kiali).includes(code));
  });
}

function rangeOf({ source }: SourceFile['objects'][number]): TextRange {
  return (source.prefix.length > 0 && source.document.rangeOf(source.prefix)) || source.document.range;
}

/** The fix that every problem has: a comment above its line, for the reason to be filled in. */
export function ignoreFix(snapshot: Snapshot, { uri, range }: Finding, rule: string): Fix[] {
  const file = snapshot.files.get(uri);
  if (!file || /^\s*[{[]/.test(file.text) || rule === suppressionUnused.id) return [];
  const line = lineAt(file.text, range.start);
  const content = file.text.slice(line.start, line.end);
  // a comment cannot stand inside a text of several lines, nor before a document that begins on the line of its `---`
  if (/^(?:---|\.\.\.)/.test(content)) return [];
  const indent = /^[ \t]*/.exec(content)![0];
  const newText = `${indent}# mutual-ignore ${rule}: say why${styleOf(file.text).eol}`;
  const at = { start: line.start, end: line.start };
  return [{ title: `Ignore \`${rule}\` here`, edits: new Map([[uri, [{ range: at, newText }]]]) }];
}
