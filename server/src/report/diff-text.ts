// A diff for people: what fares worse first, then otherwise, then better; what comes and goes; problems; one last line.
import { count } from '../words/names';
import type { Diagnostic } from './diagnostics';
import { isProblem } from './diagnostics-text';
import type { MeshDiff } from './diff';
import { type Block, connectionBlocks, faresText, type Line, type Reason, serverBlocks } from './diff-blocks';
import type { Direction } from './diff-connections';
import type { DiffReport } from './diff-report';
import type { Presence } from './diff-sides';
import { type Style, setCode } from './style';

export interface DiffTextOptions {
  readonly style: Style;
  /** Every name and line, information and hints as well. */
  readonly all: boolean;
  /** Changes alone, without the last line. */
  readonly quiet: boolean;
}

const HEADINGS: Readonly<Record<Direction, string>> = { worse: 'Worse', other: 'Otherwise', better: 'Better' };
const PAINT: Readonly<Record<Direction, 'red' | 'yellow' | 'green'>> = {
  worse: 'red',
  other: 'yellow',
  better: 'green',
};
/** How much is shown without `--all`. */
const MOST_NAMES = 3;
const MOST_LINES = 6;
const MOST_BLOCKS = 20;
const MOST_PRESENCES = 10;

/** The whole report, ended by a newline; meshes that change alike share one part. */
export function diffText(report: DiffReport, options: DiffTextOptions): string {
  const { style, all, quiet } = options;
  const { diff, nameOf, summary, base, head } = report;
  const several = diff.meshes.length > 1;
  const bodies = new Map<string, string[]>();
  for (const mesh of diff.meshes) {
    const body = meshText(mesh, report, options);
    if (body !== '') bodies.set(body, [...(bodies.get(body) ?? []), nameOf(mesh.name)]);
  }
  const parts = [...bodies].map(([body, names]) => {
    const heading = several ? names.map((name) => `${style.bold(name === '' ? '.' : name)}\n`).join('') : '';
    return `${heading}${body}`;
  });
  const shown = (list: readonly Diagnostic[]): Diagnostic[] =>
    list.filter(({ severity }) => all || isProblem(severity));
  parts.push(...problems('Problems that appear', '+', shown(report.appeared), 'red', style));
  parts.push(...problems('Problems that go', '-', shown(report.gone), 'green', style));
  const last = `${style.dim(`${base} → ${head}:`)} ${summary ?? style.green('nothing changes')}\n`;
  return [...parts, ...(quiet ? [] : [last])].join('\n');
}

function meshText(mesh: MeshDiff, { locators }: DiffReport, options: DiffTextOptions): string {
  const { style } = options;
  const { changes, status, view } = mesh;
  if (!changes) {
    const { services, workloads } = view.mesh;
    return `${status === 'added' ? '+' : '-'} ${status} mesh: ${count(services.length, 'service')}, ${count(workloads.length, 'workload')}\n`;
  }
  const connections = connectionBlocks(changes.connections, locators);
  const sections = (['worse', 'other', 'better'] as const).map((direction) =>
    section(
      HEADINGS[direction],
      connections.filter((block) => block.direction === direction),
      options,
    ),
  );
  const servers = section('Servers accept', serverBlocks(changes.servers, locators), options);
  const presences = presenceText(changes.added, '+', options) + presenceText(changes.removed, '-', options);
  const presence = presences === '' ? '' : `${style.bold('Added and removed')}\n${presences}`;
  return [...sections, servers, presence].filter((text) => text !== '').join('\n');
}

function section(heading: string, blocks: readonly Block[], options: DiffTextOptions): string {
  if (blocks.length === 0) return '';
  const shown = options.all ? blocks : blocks.slice(0, MOST_BLOCKS);
  const rest = blocks.length - shown.length;
  const more = rest > 0 ? `  ${options.style.dim(`and ${rest} more with --all`)}\n` : '';
  return `${options.style.bold(heading)}\n${shown.map((block) => blockText(block, options)).join('')}${more}`;
}

function blockText(block: Block, { style, all }: DiffTextOptions): string {
  const { direction, before, after, was, now } = block;
  const lines = all ? block.lines : block.lines.slice(0, MOST_LINES);
  const states = `${style.dim(`${before} →`)} ${style[PAINT[direction]](after)}`;
  const rest = block.lines.length - lines.length;
  const heads = lines.map((line) => lineText(line, all));
  const width = Math.min(60, Math.max(...heads.map((head) => head.length)));
  return [
    ...heads.map((head) => `  ${head.padEnd(width)}   ${states}\n`),
    ...(rest > 0 ? [`  ${style.dim(`and ${rest} more like these with --all`)}\n`] : []),
    ...reasonLines('was', was, style),
    ...reasonLines('now', now, style),
  ].join('');
}

function lineText({ clients, targets }: Line, all: boolean): string {
  const to = names(targets, all);
  return clients.length === 0 ? to : `${names(clients, all)} → ${to}`;
}

/** `a, b, c and 4 more` */
function names(list: readonly string[], all: boolean): string {
  if (all || list.length <= MOST_NAMES + 1) return list.join(', ');
  return `${list.slice(0, MOST_NAMES).join(', ')} and ${list.length - MOST_NAMES} more`;
}

function reasonLines(label: string, reasons: readonly Reason[], style: Style): string[] {
  return reasons.map(({ text, place }, index) => {
    const at = place === '' ? '' : `  ${style.dim(`(${place})`)}`;
    return `      ${style.dim((index === 0 ? label : '').padEnd(4))} ${setCode(text, style)}${at}\n`;
  });
}

function presenceText(list: readonly Presence[], sign: '+' | '-', { style, all }: DiffTextOptions): string {
  const shown = all ? list : list.slice(0, MOST_PRESENCES);
  const rest = list.length - shown.length;
  const lines = shown.map((each) => {
    const fares = sign === '-' && each.kind !== 'workload' ? `was ${faresText(each)}` : faresText(each);
    const tail = each.fares.size === 0 || (sign === '-' && each.kind === 'workload') ? '' : `   ${style.dim(fares)}`;
    return `  ${sign} ${each.kind} ${each.name}${tail}\n`;
  });
  return [...lines, ...(rest > 0 ? [`  ${style.dim(`and ${rest} more with --all`)}\n`] : [])].join('');
}

function problems(
  heading: string,
  sign: string,
  list: readonly Diagnostic[],
  paint: 'red' | 'green',
  style: Style,
): string[] {
  if (list.length === 0) return [];
  const lines = list.map(({ file, range, severity, message, rule }) => {
    const place = `${file}:${range.start.line + 1}:${range.start.character + 1}:`;
    return `  ${style[paint](sign)} ${place} ${severity} ${setCode(message, style)} ${style.dim(`mutual(${rule})`)}\n`;
  });
  return [`${style.bold(heading)}\n${lines.join('')}`];
}
