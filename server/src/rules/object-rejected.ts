// object-rejected: the API server, a CRD or Istio's webhook refuses an object, which then does not exist.
import type { KnownObject } from '../manifest/read';
import { fieldProblemWords } from '../words/field-problems';
import { objectName, type Place, placeOf } from '../words/names';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { rename } from './field-unknown';
import { offered } from './fixes';
import { type Misnamed, misnamedIn } from './misnamed';
import { isPatch, isPlaceholder } from './placeholders';
import { rejectedFix } from './rejected-fixes';
import type { Finding, Rule } from './rule';
import { objectsIn } from './written';

export const objectRejected: Rule = {
  id: 'object-rejected',
  severity: 'error',
  summary: 'An object is refused when it is applied.',
  happens:
    "The API server, the kind's CRD or Istio's webhook refuses the object. What was applied before stays in force, or nothing does; Mutual counts the object as not existing.",
  remedy: 'Correct the marked field.',
  peers: ['IST0106'],
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of objectsIn(snapshot, file)) {
      const problems = object.problems.filter((problem) => problem.severity === 'error');
      if (problems.length === 0 || isPatch(snapshot, object)) continue;
      const misnamed = misnamedIn(object);
      for (const problem of problems) {
        const cause = misnamed.find(({ refused }) => refused.includes(problem));
        if (cause) {
          const found = cause.refused[0] === problem ? refusedForName(snapshot, object, cause) : undefined;
          if (found?.uri === file.uri) yield found;
          continue;
        }
        const place = placeOfField(snapshot, object, problem.path);
        if (place.uri !== file.uri) continue;
        const whole = placeOf(object, problem.path).range;
        const texts = [file.text.slice(whole.start, whole.end), ...Object.values(problem.data).map(String)];
        if (texts.some(isPlaceholder)) continue;
        yield {
          ...place,
          message: `\`${objectName(object)}\` is refused when it is applied: ${fieldProblemWords(problem)}.`,
          related: [],
          fixes: () => offered(rejectedFix(snapshot, object, problem)),
        };
      }
    }
  },
};

/** A misspelt field is one mistake, whatever is missing for it. */
function refusedForName(snapshot: Snapshot, object: KnownObject, { unknown, meant, refused }: Misnamed): Finding {
  return {
    ...placeOf(object, unknown.path, 'key'),
    message: `\`${objectName(object)}\` is refused when it is applied: ${fieldProblemWords(refused[0]!)}. There is no field \`${unknown.data.found}\` here; did you mean \`${meant}\`?`,
    related: [],
    fixes: () => rename(snapshot, object, unknown.path, meant),
  };
}

/** A field that holds other fields is marked by its key. */
export function placeOfField(snapshot: Snapshot, object: KnownObject, path: Path): Place {
  const { document, prefix } = object.source;
  const value = valueAt(document.value, [...prefix, ...path]);
  const { uri, range } = placeOf(object, path, typeof value === 'object' && value !== null ? 'key' : 'value');
  // an item of a list has no key: its first line
  const text = snapshot.files.get(uri)!.text.slice(range.start, range.end);
  return { uri, range: { start: range.start, end: range.start + text.split('\n', 1)[0]!.trimEnd().length } };
}
