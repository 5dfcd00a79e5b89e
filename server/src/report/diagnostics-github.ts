// The problems of a check as GitHub workflow commands, which annotate the lines of a pull request.

import type { Severity } from '../rules/rule';
import type { Report } from './diagnostics';
import { isProblem } from './diagnostics-text';

const COMMANDS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'notice',
  hint: 'notice',
};

/** One command a line; information and hints only when asked for, since GitHub shows ten annotations of a kind a step. */
export function diagnosticsGithub(report: Report, all: boolean): string {
  return report.diagnostics
    .filter(({ severity }) => all || isProblem(severity))
    .map(({ file, range, severity, rule, message, related }) => {
      const { start, end } = range;
      // columns are only allowed for a range within one line
      const columns =
        start.line === end.line
          ? `,col=${start.character + 1},endColumn=${Math.max(end.character, start.character + 1)}`
          : '';
      const lines = `line=${start.line + 1},endLine=${end.line + 1}`;
      const others = related.map((each) => `\n${each.file}:${each.range.start.line + 1}: ${each.message}`);
      const text = escapeData(`${message}${others.join('')}`);
      const properties = `file=${escapeProperty(file)},${lines}${columns},title=${escapeProperty(`mutual(${rule})`)}`;
      return `::${COMMANDS[severity]} ${properties}::${text}\n`;
    })
    .join('');
}

/** The escapes of workflow commands: what follows `::`. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
