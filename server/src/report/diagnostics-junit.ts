// The problems of a check as JUnit XML, which nearly every CI shows as test results: a suite for each file, a failed case
// for each problem, and a passed one for a file without.
import type { Severity } from '../rules/rule';
import { plainText } from '../words/plain';
import type { Diagnostic, Report } from './diagnostics';
import { isProblem } from './diagnostics-text';

export interface JunitOptions {
  /** Every file that was read, as reports print it. */
  readonly files: readonly string[];
  /** Information and hints as well; they fail nothing. */
  readonly all: boolean;
  /** Errors of rules, told as errors of a suite of their own. */
  readonly failures: readonly string[];
}

/** The whole document, ended by a newline. */
export function diagnosticsJunit(report: Report, { files, all, failures }: JunitOptions): string {
  const shown = new Map<string, Diagnostic[]>(files.map((file) => [file, []]));
  for (const diagnostic of report.diagnostics) {
    if (!all && !isProblem(diagnostic.severity)) continue;
    shown.set(diagnostic.file, [...(shown.get(diagnostic.file) ?? []), diagnostic]);
  }
  const suites = [...shown].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([file, list]) => suite(file, list));
  if (failures.length > 0) suites.push(faults(failures));
  const sum = (key: 'tests' | 'failures' | 'errors'): number => suites.reduce((total, each) => total + each[key], 0);
  const counts = `tests="${sum('tests')}" failures="${sum('failures')}" errors="${sum('errors')}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mutual check" ${counts}>\n${suites.map(({ text }) => text).join('')}</testsuites>\n`;
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly text: string;
}

function suite(file: string, diagnostics: readonly Diagnostic[]): Suite {
  const cases =
    diagnostics.length > 0
      ? diagnostics.map(testcase)
      : [`    <testcase ${attributes({ name: 'no problems', classname: file, file })}/>\n`];
  const failures = diagnostics.filter(({ severity }) => isProblem(severity)).length;
  return made(file, cases, failures, 0);
}

function faults(failures: readonly string[]): Suite {
  const cases = failures.map((text) => {
    const [first = ''] = text.split('\n');
    const error = `<error ${attributes({ type: 'internal error', message: first })}>${content(text)}</error>`;
    return `    <testcase ${attributes({ name: 'internal error', classname: 'mutual' })}>${error}</testcase>\n`;
  });
  return made('mutual', cases, 0, failures.length);
}

function made(name: string, cases: readonly string[], failures: number, errors: number): Suite {
  const counts = { tests: cases.length, failures, errors };
  const head = attributes({ name, ...counts, skipped: 0 });
  return { ...counts, text: `  <testsuite ${head}>\n${cases.join('')}  </testsuite>\n` };
}

const WORDS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'info',
  hint: 'hint',
};

function testcase(diagnostic: Diagnostic): string {
  const { file, range, rule, severity, related } = diagnostic;
  const message = plainText(diagnostic.message);
  const at = `${range.start.line + 1}:${range.start.character + 1}`;
  const others = related.map(
    (each) =>
      `  ${each.file}:${each.range.start.line + 1}:${each.range.start.character + 1}: ${plainText(each.message)}`,
  );
  const text = content([`${file}:${at}: ${WORDS[severity]} ${message} mutual(${rule})`, ...others].join('\n'));
  const head = attributes({ name: `${rule} at ${at}`, classname: file, file, line: range.start.line + 1 });
  const body = isProblem(severity)
    ? `<failure ${attributes({ type: rule, message })}>${text}</failure>`
    : `<system-out>${text}</system-out>`;
  return `    <testcase ${head}>${body}</testcase>\n`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value)).replace(/[\t\n\r]/g, reference)}"`)
    .join(' ');
}

function content(text: string): string {
  return escapeXml(text).replaceAll('\r', '&#13;');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML 1.0 cannot hold, not even escaped, becomes U+FFFD: control characters, lone surrogates, U+FFFE and U+FFFF. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
