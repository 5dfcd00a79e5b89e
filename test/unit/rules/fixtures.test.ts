// Each rule against annotated files: what fires, what nearly does, and what its fixes leave behind.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_RULES } from '../../../server/src/rules';
import type { Fix, Problem } from '../../../server/src/rules/rule';
import { applyEdits } from '../../../server/src/yaml/edit';
import { check, expectedProblems, foundProblems, problemsToMark, readCases } from './annotated';

const FIXTURES = join(__dirname, '../../fixtures');

describe('rules', () => {
  it('all have fixtures', () => {
    const ids = ALL_RULES.map((rule) => rule.id);
    assert.deepEqual(readdirSync(FIXTURES).sort(), [...ids].sort());
  });

  for (const rule of readdirSync(FIXTURES).sort()) {
    describe(rule, () => {
      for (const { name, files } of readCases(join(FIXTURES, rule))) {
        it(name, () => {
          const { snapshot, problems } = check(files);
          const expected = expectedProblems(files);
          const marked = problemsToMark(files, problems, expected, snapshot);
          assert.deepEqual(foundProblems(snapshot, marked, expected), expected, messages(problems));
        });

        it(`${name}: fixes mend their problem and make no other`, () => {
          const { problems } = check(files);
          for (const problem of problems)
            for (const fix of problem.fixes?.() ?? []) assertMends(files, problems, problem, fix);
        });
      }
    });
  }
});

function messages(problems: readonly Problem[]): string {
  return problems.map((problem) => `${problem.severity} ${problem.rule}: ${problem.message}`).join('\n');
}

/** A fix may not break anything: no problem of its rule is left on the object, and no worse one comes. */
function assertMends(files: ReadonlyMap<string, string>, before: readonly Problem[], problem: Problem, fix: Fix): void {
  const changed = new Map(files);
  for (const [uri, edits] of fix.edits) {
    const text = files.get(uri) ?? '';
    for (const { range, newText } of edits) {
      const comments = text.slice(range.start, range.end).match(/^[ \t]*#.*$/gm) ?? [];
      for (const comment of comments) assert.ok(newText.includes(comment), `${fix.title} removes ${comment}`);
    }
    changed.set(uri, applyEdits(text, edits));
  }
  const after = check(changed).problems;
  const kinds = (problems: readonly Problem[]): string[] =>
    problems.filter(({ severity }) => severity === 'error' || severity === 'warning').map(({ rule }) => rule);
  // a fix that accepts plaintext leaves just that to be said
  const opens = fix.title.includes('PERMISSIVE');
  const left = kinds(after).filter((rule) => !(opens && rule === 'permissive-left-on'));
  for (const rule of kinds(before)) {
    const index = left.indexOf(rule);
    if (index >= 0) left.splice(index, 1);
  }
  const text = [...changed.values()].join('\n=====\n');
  assert.deepEqual(left, [], `${fix.title} makes ${messages(after)}\n${text}`);
  const same = after.filter(
    ({ rule, uri, message }) => rule === problem.rule && uri === problem.uri && message === problem.message,
  );
  assert.equal(same.length, 0, `${fix.title} leaves ${messages(same)}\n${text}`);
}
