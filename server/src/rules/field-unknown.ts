// field-unknown: a field that the kind does not have.
import type { FieldProblem, KubernetesObject } from '../manifest/object';
import { objectName, placeOf } from '../words/names';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import { setKey } from './fix-fields';
import { offered } from './fixes';
import { misnamedIn, suggestedName } from './misnamed';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Fix, Rule } from './rule';
import { listed } from './wording';
import { objectsIn } from './written';

/** In one object; with so many it is something else than it says, and nobody reads more. */
const MOST = 100;

export const fieldUnknown: Rule = {
  id: 'field-unknown',
  severity: 'warning',
  summary: 'A field that the kind does not have.',
  happens:
    '`kubectl apply` refuses the object, unless its validation is off; GitOps tools and older clients send it, and the API server drops the field without a word. What it was to say is not said.',
  remedy: 'Correct the name, or move the field to where it belongs.',
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of objectsIn(snapshot, file)) {
      const problems = object.problems.filter(({ code }) => code === 'unknown-field');
      if (problems.length === 0 || isPatch(snapshot, object)) continue;
      // what the object is refused for is told there
      const told = new Set(misnamedIn(object).map(({ unknown }) => unknown));
      for (const problem of problems.slice(0, MOST).filter((each) => !told.has(each))) {
        const found = isPlaceholder(String(problem.data.found)) ? undefined : finding(snapshot, object, problem);
        if (found?.uri === file.uri) yield found;
      }
    }
  },
};

function finding(snapshot: Snapshot, object: KubernetesObject, problem: FieldProblem): Finding {
  const { path, data } = problem;
  const name = String(data.found);
  const near = suggestedName(problem);
  const elsewhere = data.elsewhere as readonly string[];
  const hint =
    near !== undefined
      ? ` Did you mean \`${near}\`?`
      : elsewhere.length > 0 && elsewhere.length <= 2
        ? ` It belongs to ${listed(elsewhere)}.`
        : '';
  return {
    ...placeOf(object, path, 'key'),
    message: `\`${objectName(object)}\` has no field \`${name}\` here: it is dropped.${hint}`,
    related: [],
    fixes: () => (near === undefined ? [] : rename(snapshot, object, path, near)),
  };
}

/** Gives the field the name that was meant, where that is not taken. */
export function rename(snapshot: Snapshot, object: KubernetesObject, path: FieldProblem['path'], name: string): Fix[] {
  const { document, prefix } = object.source;
  const siblings = Object.keys(valueAt(document.value, [...prefix, ...path.slice(0, -1)]) ?? {});
  if (siblings.includes(name)) return [];
  return offered(setKey(snapshot, object, path, name, `Rename it to \`${name}\``, true));
}
