// The problems of a check for people, in the manner of a compiler: place, sentence, the line with the field underlined,
// and the other halves below.
import type { Severity } from '../rules/rule';
import { count } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import type { Diagnostic, Report, Summary } from './diagnostics';
import { type Style, setCode } from './style';

export interface DiagnosticsTextOptions {
  readonly style: Style;
  /** Information and hints as well: nothing that fails or does other than it says. */
  readonly all: boolean;
  /** Findings alone, without the last line. */
  readonly quiet: boolean;
}

const PAINT: Readonly<Record<Severity, 'red' | 'yellow' | 'cyan' | 'dim'>> = {
  error: 'red',
  warning: 'yellow',
  information: 'cyan',
  hint: 'dim',
};
const WORDS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'info',
  hint: 'hint',
};

/** The whole report, ended by a newline unless it is empty. */
export function diagnosticsText(report: Report, snapshot: Snapshot, options: DiagnosticsTextOptions): string {
  const shown = report.diagnostics.filter(({ severity }) => options.all || isProblem(severity));
  const blocks = shown.map((diagnostic) => block(diagnostic, snapshot, options.style));
  const last = options.quiet ? [] : [`${summaryText(report.summary, options)}\n`];
  return [...blocks, ...last].join('\n');
}

/** True for what fails or does not do what it says. */
export function isProblem(severity: Severity): boolean {
  return severity === 'error' || severity === 'warning';
}

function block(diagnostic: Diagnostic, snapshot: Snapshot, style: Style): string {
  const { file, range, severity, rule, message, related, uri } = diagnostic;
  const { line, character } = range.start;
  const paint = style[PAINT[severity]];
  const place = style.bold(`${file}:${line + 1}:${character + 1}:`);
  const head = `${place} ${style.bold(paint(WORDS[severity]))} ${setCode(message, style)} ${style.dim(`mutual(${rule})`)}`;
  const lines = [head, ...sourceLines(diagnostic, snapshot.files.get(uri)?.text, paint, style)];
  for (const { file: other, range: there, message: words } of related) {
    const at = `${other}:${there.start.line + 1}:${there.start.character + 1}`;
    lines.push(`    ${at}: ${setCode(words, style)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The first line of the range, and carets under it. Tabs before the range are kept, so that carets stand right. */
function sourceLines(
  { range }: Diagnostic,
  text: string | undefined,
  paint: (text: string) => string,
  style: Style,
): string[] {
  const source = text?.split(/\r\n|\r|\n/)[range.start.line];
  if (source === undefined || source.trim() === '') return [];
  const end = range.end.line === range.start.line ? range.end.character : source.length;
  const from = range.start.character;
  const number = String(range.start.line + 1);
  const gutter = ' '.repeat(number.length);
  const cut = source.length > 160 && end <= 160 ? `${source.slice(0, 159)}…` : source;
  if (end > 160) return [];
  const before = source.slice(0, from).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(end, source.length) - from));
  return [`  ${style.dim(`${number} |`)} ${cut}`, `  ${style.dim(`${gutter} |`)} ${before}${paint(carets)}`];
}

/** `3 errors, 2 warnings in 14 files`, and how much is not shown. */
function summaryText(summary: Summary, { style, all }: DiagnosticsTextOptions): string {
  const { errors, warnings, files } = summary;
  const posture = [
    ...(summary.information > 0 ? [`${summary.information} for information`] : []),
    ...(summary.hints > 0 ? [count(summary.hints, 'hint')] : []),
  ];
  const parts = [
    ...(errors > 0 ? [style.red(count(errors, 'error'))] : []),
    ...(warnings > 0 ? [style.yellow(count(warnings, 'warning'))] : []),
    ...(all ? posture : []),
  ];
  const found = parts.length > 0 ? parts.join(', ') : style.green('no problems');
  const hidden = posture.length > 0 && !all ? ` (${posture.join(' and ')} more with --all)` : '';
  return `${found} in ${count(files, 'file')}${style.dim(hidden)}`;
}
