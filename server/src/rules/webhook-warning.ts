// webhook-warning: Istio accepts an object with a warning.
import { fieldProblemWords } from '../words/field-problems';
import { objectName } from '../words/names';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { attachedTo } from './http-rule-on-tcp-port';
import { placeOfField } from './object-rejected';
import { isPatch } from './placeholders';
import type { Finding, Rule } from './rule';
import { objectsIn } from './written';

export const webhookWarning: Rule = {
  id: 'webhook-warning',
  severity: 'warning',
  summary: "An object is accepted, and Istio's webhook warns about it.",
  happens: 'The object is in force, but some part of it does nothing, does more than it seems to, or is outdated.',
  remedy: 'See the message: it names the field.',
  peers: ['IST0130', 'IST0131', 'IST0133'],
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of objectsIn(snapshot, file)) {
      const problems = object.problems.filter(
        ({ code, severity }) => severity === 'warning' && !SAID_ELSEWHERE.has(code),
      );
      if (problems.length === 0 || isPatch(snapshot, object)) continue;
      for (const problem of problems) {
        // a value below it that is refused is the cause
        if (object.problems.some((other) => other.severity !== 'warning' && isBelow(other.path, problem.path)))
          continue;
        // where the workloads are known, http-rule-on-tcp-port tells whether they have TCP ports at all
        if (problem.code === 'deny-http-only' && attachedTo(snapshot, object)) continue;
        const place = placeOfField(snapshot, object, problem.path);
        if (place.uri !== file.uri) continue;
        yield {
          ...place,
          ...(MILD.has(problem.code) && { severity: 'information' as const }),
          message: `Istio warns about \`${objectName(object)}\`: ${fieldProblemWords(problem)}.`,
          related: [],
        };
      }
    }
  },
};

function isBelow(path: Path, parent: Path): boolean {
  return path.length > parent.length && parent.every((step, index) => path[index] === step);
}

/** What changes nothing about the traffic. */
const MILD = new Set([
  'match-ineffective',
  'selector-empty',
  'deny-http-only',
  'egress-host-covered',
  'address-without-network',
]);

/** What field-unknown and field-deprecated report. */
const SAID_ELSEWHERE = new Set(['unknown-field', 'field-deprecated']);
