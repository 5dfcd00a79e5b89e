// Accepting a problem by a comment: it goes, nothing else changes, and no comment is left over.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { applyEdits } from '../../../server/src/yaml/edit';
import { check, messages, readCases } from './annotated';

const FIXTURES = join(__dirname, '../../fixtures');

describe('suppression', () => {
  for (const rule of readdirSync(FIXTURES).sort()) {
    it(`a comment accepts ${rule}`, () => {
      for (const { files } of readCases(join(FIXTURES, rule))) {
        const { problems } = check(files);
        // one of each rule of a case
        const seen = new Set<string>();
        for (const problem of problems) {
          if (seen.has(problem.rule)) continue;
          seen.add(problem.rule);
          const fix = problem.fixes?.().find(({ title }) => title === `Ignore \`${problem.rule}\` here`);
          if (!fix) continue;
          const changed = new Map(files);
          for (const [uri, edits] of fix.edits) changed.set(uri, applyEdits(files.get(uri)!, edits));
          const after = check(changed).problems;
          const same = (list: typeof problems) =>
            list.filter(
              (each) => each.rule === problem.rule && each.uri === problem.uri && each.message === problem.message,
            );
          assert.ok(same(after).length < same(problems).length, changed.get(problem.uri));
          const others = after.filter((each) => each.rule === 'suppression-unused').length;
          const before = problems.filter((each) => each.rule === 'suppression-unused').length;
          assert.equal(others, before, messages(after));
        }
      }
    });
  }

  it('tells of a comment that keeps nothing silent', () => {
    const text = 'apiVersion: v1\nkind: Service\nmetadata: { name: a } # mutual-ignore mtls-disabled: why\n';
    assert.equal(
      messages(check(new Map([['a.yaml', text]])).problems),
      'information suppression-unused: Nothing here is reported as `mtls-disabled`: this comment keeps nothing silent.',
    );
  });
});
