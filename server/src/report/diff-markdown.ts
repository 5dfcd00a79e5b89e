// A diff as a comment on a pull request: a summary line, tables with the worst first, folded where they are long.
import type { Diagnostic } from './diagnostics';
import { isProblem } from './diagnostics-text';
import type { MeshDiff } from './diff';
import { type Block, connectionBlocks, faresText, type Line, type Reason, serverBlocks } from './diff-blocks';
import type { DiffReport } from './diff-report';
import type { Presence } from './diff-sides';

/** Rows that stand unfolded. */
const OPEN_ROWS = 10;
/** Rows in all: a comment of GitHub holds 65,536 characters. */
const MOST_ROWS = 60;
const MOST_NAMES = 3;

/** Begins with a comment by which a job finds what it wrote before. */
export function diffMarkdown(report: DiffReport): string {
  const { diff, summary, base, head, nameOf } = report;
  const parts = ['<!-- mutual-diff -->', `**Mutual:** ${summary ?? 'nothing changes'} (${code(base)} → ${code(head)})`];
  const bodies = new Map<string, string[]>();
  for (const mesh of diff.meshes) {
    const body = meshMarkdown(mesh, report);
    if (body !== '') bodies.set(body, [...(bodies.get(body) ?? []), nameOf(mesh.name)]);
  }
  for (const [body, names] of bodies) {
    const heading =
      diff.meshes.length > 1 ? [`#### ${names.map((name) => code(name === '' ? '.' : name)).join(', ')}`] : [];
    parts.push(...heading, body);
  }
  const shown = (list: readonly Diagnostic[]): Diagnostic[] => list.filter(({ severity }) => isProblem(severity));
  parts.push(...problems('Problems that appear', shown(report.appeared)));
  parts.push(...problems('Problems that go', shown(report.gone)));
  return `${parts.join('\n\n')}\n`;
}

function meshMarkdown({ changes, status, view }: MeshDiff, { locators }: DiffReport): string {
  if (!changes)
    return `The mesh is ${status} (${view.mesh.services.length} services, ${view.mesh.workloads.length} workloads).`;
  const rank = { worse: 0, other: 1, better: 2 } as const;
  const connections = connectionBlocks(changes.connections, locators).sort(
    (a, b) => rank[a.direction] - rank[b.direction],
  );
  const presences = [
    ...changes.added.map((each) => presence(each, 'added')),
    ...changes.removed.map((each) => presence(each, 'removed')),
  ];
  return [
    ...table(['connection', 'before', 'after', 'because'], connections.flatMap(rows)),
    ...table(['servers accept', 'before', 'after', 'because'], serverBlocks(changes.servers, locators).flatMap(rows)),
    ...table(['only in one state', '', 'how clients fare'], presences),
  ].join('\n\n');
}

/** One row for each line of a block; the reasons stand in the first. */
function rows({ direction, before, after, lines, was, now }: Block): string[][] {
  const mark = direction === 'worse' ? `**${text(after)}**` : text(after);
  const because = [...now.map(reason), ...was.map((each) => `~~${reason(each)}~~`)].join('<br>');
  return lines.map((line, index) => [lineText(line), text(before), mark, index === 0 ? because : 'as above']);
}

function lineText({ clients, targets }: Line): string {
  const to = names(targets);
  return clients.length === 0 ? to : `${names(clients)} → ${to}`;
}

function names(list: readonly string[]): string {
  if (list.length <= MOST_NAMES + 1) return list.map(code).join(', ');
  return `${list.slice(0, MOST_NAMES).map(code).join(', ')} and ${list.length - MOST_NAMES} more`;
}

function reason({ text: sentence, place }: Reason): string {
  return `${prose(sentence)}${place === '' ? '' : ` (${code(place)})`}`;
}

function presence(each: Presence, status: 'added' | 'removed'): string[] {
  const fares = status === 'removed' && each.kind === 'workload' ? '' : text(faresText(each));
  return [`${each.kind} ${code(each.name)}`, status, fares];
}

function problems(heading: string, list: readonly Diagnostic[]): string[] {
  const found = list.map(({ file, range, severity, message, rule }) => [
    `${code(`${file}:${range.start.line + 1}`)}`,
    severity,
    `${prose(message)} ${code(`mutual(${rule})`)}`,
  ]);
  return table([heading, '', ''], found);
}

/** A table, the rows that are too many folded below it. */
function table(headings: readonly string[], found: readonly (readonly string[])[]): string[] {
  if (found.length === 0) return [];
  const lines = (list: readonly (readonly string[])[]): string =>
    [headings, headings.map(() => '---'), ...list].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const open = found.slice(0, OPEN_ROWS);
  const folded = found.slice(OPEN_ROWS, MOST_ROWS);
  const rest = found.length - open.length - folded.length;
  if (folded.length === 0) return [lines(open)];
  const more = rest > 0 ? `\n\nand ${rest} more: \`mutual diff --all\`` : '';
  return [
    lines(open),
    `<details><summary>${folded.length + rest} more</summary>\n\n${lines(folded)}${more}\n\n</details>`,
  ];
}

/** A name as code: a fence longer than any inside, and bars that do not end the cell. */
function code(name: string): string {
  const line = name.replace(/\s+/g, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line.replaceAll('|', '\\|')}${pad}${fence}`;
}

/** Text in which nothing is markup. */
function text(words: string): string {
  return words
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_~[\]|#@]/g, (sign) => (sign === '@' ? '@\u200b' : `\\${sign}`))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** A sentence whose code is marked with backticks. */
function prose(sentence: string): string {
  return sentence
    .split(/(`[^`]*`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : text(part)))
    .join('');
}
