// The problems of a check as GitLab's code quality report, which merge requests show beside the lines.
import type { Severity } from '../rules/rule';
import { plainText } from '../words/plain';
import type { Report } from './diagnostics';
import { isProblem } from './diagnostics-text';

/** GitLab's words, of info, minor, major, critical and blocker. */
const SEVERITIES: Readonly<Record<Severity, string>> = {
  error: 'critical',
  warning: 'major',
  information: 'minor',
  hint: 'info',
};

/** The JSON value; information and hints only when asked for. */
export function diagnosticsGitlab(report: Report, all: boolean): unknown {
  return report.diagnostics
    .filter(({ severity }) => all || isProblem(severity))
    .map(({ file, range, severity, rule, message, fingerprint }) => ({
      description: plainText(message),
      check_name: rule,
      fingerprint: fingerprint(),
      severity: SEVERITIES[severity],
      location: { path: file, lines: { begin: range.start.line + 1, end: range.end.line + 1 } },
    }));
}
