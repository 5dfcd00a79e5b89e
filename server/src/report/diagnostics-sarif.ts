// The problems of a check as SARIF 2.1.0, for code scanning and other readers of static analysis. The same problems give
// the same bytes: no date, no path of this machine.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
import type {
  ArtifactLocation,
  Fix,
  Log,
  Notification,
  Region,
  ReportingDescriptor,
  Result,
  Location as SarifLocation,
  Suppression,
} from 'sarif';
import { type Rule, rulePage, type Severity } from '../rules/rule';
import { plainText } from '../words/plain';
import type { Diagnostic, DiagnosticFix, Report } from './diagnostics';
import { isProblem } from './diagnostics-text';
import type { Location, Range } from './location';

export interface SarifOptions {
  /** Mutual's own. */
  readonly version: string;
  readonly rules: readonly Rule[];
  /** Information, hints and what has been accepted as well. */
  readonly all: boolean;
  /** True where a baseline took part: results then say whether they are new. */
  readonly baseline: boolean;
  readonly exitCode: number;
  /** What kept the run from a whole answer: errors of rules, and files that could not be read. */
  readonly failures: readonly string[];
}

/** Why a problem is not among those to be mended. */
export interface Accepted {
  readonly by: 'baseline' | 'comment' | 'annotation';
  /** As a comment gives it; empty where there is none. */
  readonly reason: string;
}

type Level = 'error' | 'warning' | 'note';
const LEVELS: Readonly<Record<Severity, Level>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  hint: 'note',
};

/** The folder that relative paths are meant from; its place is left to the reader. */
const BASE = '%SRCROOT%';

/**
 * The log of one run.
 * @param report problems, with those that have been accepted
 * @param acceptedBy says which have been; they become results with suppressions
 */
export function diagnosticsSarif(
  report: Report,
  acceptedBy: (diagnostic: Diagnostic) => Accepted | undefined,
  options: SarifOptions,
): Log {
  const index = new Map(options.rules.map(({ id }, position) => [id, position]));
  const results = report.diagnostics.flatMap((diagnostic) => {
    const accepted = acceptedBy(diagnostic);
    if (!options.all && (accepted || !isProblem(diagnostic.severity))) return [];
    return [resultOf(diagnostic, accepted, index.get(diagnostic.rule), options.baseline)];
  });
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Mutual',
            fullName: 'Mutual for Istio',
            informationUri: 'https://mutual-istio.dev',
            version: options.version,
            semanticVersion: options.version,
            rules: options.rules.map(descriptorOf),
          },
        },
        invocations: [
          {
            executionSuccessful: options.exitCode <= 1,
            exitCode: options.exitCode,
            exitCodeDescription: EXIT_WORDS[options.exitCode] ?? 'ended early',
            toolExecutionNotifications: options.failures.map(notificationOf),
          },
        ],
        originalUriBaseIds: { [BASE]: { description: { text: 'The folder that mutual was run in.' } } },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

const EXIT_WORDS: Readonly<Record<number, string>> = {
  0: 'nothing at or above --fail-on',
  1: 'problems at or above --fail-on',
  2: 'input that cannot be read',
  3: 'an error of Mutual itself',
};

function notificationOf(text: string): Notification {
  return { level: 'error', message: { text } };
}

function descriptorOf(rule: Rule): ReportingDescriptor {
  const { id, severity, summary, happens, remedy } = rule;
  const level = LEVELS[severity];
  return {
    id,
    name: id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: plainText(summary) },
    fullDescription: { text: plainText(happens) },
    helpUri: rulePage(id),
    help: {
      text: `${plainText(happens)}\n\nHow to mend it: ${plainText(remedy)}`,
      markdown: `## What happens\n\n${happens}\n\n## How to mend it\n\n${remedy}`,
    },
    defaultConfiguration: { level },
    properties: {
      // an error is what an istiod would refuse or break, as compared with its own answers
      precision: level === 'error' ? 'very-high' : 'high',
      'problem.severity': level === 'note' ? 'recommendation' : level,
      tags: ['istio', 'mutual-tls', 'security', ...(rule.peers ?? [])],
    },
  };
}

function resultOf(
  diagnostic: Diagnostic,
  accepted: Accepted | undefined,
  ruleIndex: number | undefined,
  baseline: boolean,
): Result {
  const { file, range, severity, rule, message, related, meshes } = diagnostic;
  const fixes = accepted ? [] : diagnostic.fixes().filter(isMend).map(fixOf);
  const names = meshes.filter((name) => name !== '');
  return {
    ruleId: rule,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level: LEVELS[severity],
    message: { text: plainText(message) + linksTo(related), markdown: message + linksTo(related) },
    locations: [locationOf({ file, range })],
    ...(related.length > 0 && {
      relatedLocations: related.map((each, position) => ({
        id: position + 1,
        ...locationOf(each),
        message: { text: plainText(each.message) },
      })),
    }),
    partialFingerprints: { 'mutualProblem/v1': diagnostic.fingerprint() },
    ...(fixes.length > 0 && { fixes }),
    ...(accepted && { suppressions: [suppressionOf(accepted)] }),
    ...(baseline && { baselineState: accepted?.by === 'baseline' ? 'unchanged' : 'new' }),
    ...(names.length > 0 && { properties: { meshes: names } }),
  };
}

/** The other halves as links in the sentence: readers show those that it names. */
function linksTo(related: Diagnostic['related']): string {
  if (related.length === 0) return '';
  const links = related.map(({ message }, position) => {
    const text = plainText(message).replace(/[\\[\]]/g, (character) => `\\${character}`);
    return `[${text}](${position + 1})`;
  });
  return ` See ${links.join(', ')}.`;
}

function suppressionOf({ by, reason }: Accepted): Suppression {
  const inSource = by !== 'baseline';
  return {
    kind: inSource ? 'inSource' : 'external',
    status: 'accepted',
    justification: reason || (inSource ? `accepted by a ${by}` : 'known to the baseline'),
  };
}

/** Accepting a problem does not mend it. */
function isMend({ edits }: DiagnosticFix): boolean {
  return !edits.some(({ newText }) => newText.includes('# mutual-ignore '));
}

function fixOf({ title, edits }: DiagnosticFix): Fix {
  const byFile = new Map<string, (typeof edits)[number][]>();
  for (const edit of edits) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  return {
    description: { text: plainText(title), markdown: title },
    artifactChanges: [...byFile].map(([file, list]) => ({
      artifactLocation: artifactOf(file),
      replacements: list.map(({ range, newText }) => ({
        deletedRegion: regionOf(range),
        insertedContent: { text: newText },
      })),
    })),
  };
}

function locationOf({ file, range }: Location): SarifLocation {
  return { physicalLocation: { artifactLocation: artifactOf(file), region: regionOf(range) } };
}

/** @param file as reports print it: relative to the working folder, with forward slashes, if it can be */
function artifactOf(file: string): ArtifactLocation {
  if (file === '<stdin>') return { uri: 'stdin:///manifests.yaml' };
  const encoded = file.split('/').map(encodeURIComponent).join('/');
  if (/^[A-Za-z]:\//.test(file)) return { uri: `file:///${file.slice(0, 2)}${encoded.slice(encoded.indexOf('/'))}` };
  // a path that leaves the folder has no place below it
  return file.startsWith('../') ? { uri: encoded } : { uri: encoded, uriBaseId: BASE };
}

/** Lines and columns count from 1; the end column is the one behind the last character. */
function regionOf({ start, end }: Range): Region {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}
