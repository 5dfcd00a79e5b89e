// Each rule against annotated files: what fires, what nearly does, and what its fixes leave behind.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_RULES } from '../../../server/src/rules';
import {
  assertMends,
  check,
  expectedProblems,
  foundProblems,
  mending,
  messages,
  problemsToMark,
  readCases,
} from './annotated';

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
            for (const fix of mending(problem)) assertMends(files, problems, problem, fix);
        });
      }
    });
  }
});
