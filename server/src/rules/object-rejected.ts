// object-rejected: the API server, a CRD or Istio's webhook refuses an object, which then does not exist.
import { fieldRange } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
import { fieldProblemWords } from '../words/field-problems';
import { objectName } from '../words/names';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path, TextRange } from '../yaml/range';
import { offered } from './fixes';
import { isPatch, isPlaceholder } from './placeholders';
import { rejectedFix } from './rejected-fixes';
import type { Finding, Rule } from './rule';

export const objectRejected: Rule = {
  id: 'object-rejected',
  severity: 'error',
  summary: 'An object is refused when it is applied.',
  happens:
    "The API server, the kind's CRD or Istio's webhook refuses the object. What was applied before stays in force, or nothing does; Mutual counts the object as not existing.",
  remedy: 'Correct the marked field.',
  peers: ['IST0106'],
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of file.objects) {
      const problems = object.problems.filter((problem) => problem.severity === 'error');
      if (problems.length === 0 || isPatch(snapshot, object)) continue;
      for (const problem of problems) {
        const range = placeOfField(object, problem.path);
        const whole = fieldRange(object, problem.path);
        const texts = [file.text.slice(whole.start, whole.end), ...Object.values(problem.data).map(String)];
        if (texts.some(isPlaceholder)) continue;
        yield {
          uri: file.uri,
          range,
          message: `\`${objectName(object)}\` is refused when it is applied: ${fieldProblemWords(problem)}.`,
          related: [],
          fixes: () => offered(rejectedFix(file, object, problem)),
        };
      }
    }
  },
};

/** A field that holds other fields is marked by its key. */
export function placeOfField(object: KnownObject, path: Path): TextRange {
  const { document, prefix } = object.source;
  const value = valueAt(document.value, [...prefix, ...path]);
  const range = fieldRange(object, path, typeof value === 'object' && value !== null ? 'key' : 'value');
  // an item of a list has no key: its first line
  const text = document.text.slice(range.start - document.range.start, range.end - document.range.start);
  return { start: range.start, end: range.start + text.split('\n', 1)[0]!.trimEnd().length };
}
