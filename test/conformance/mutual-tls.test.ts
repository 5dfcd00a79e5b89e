// Full agreement with istiod's own code on every fact of every case.
import assert from 'node:assert/strict';
import { shared } from '../support/shared';
import { type Agreement, agreementTable, compare, factsOf } from './agreement';
import { answerCase, type Case, ownCases, readCases } from './cases';

/** Judges a set of cases, prints the agreement table and fails on the first disagreements. */
function judge(name: string, cases: readonly Case[]): void {
  const agreement: Agreement = { aspects: new Map(), wrong: [] };
  for (const each of cases) compare(agreement, each.id, factsOf(each.answers ?? []), factsOf(answerCase(each)));
  console.log(`\n${name}: ${cases.length} cases\n${agreementTable(agreement)}\n`);
  assert.ok(agreement.aspects.size > 0, 'no fact was compared');
  assert.deepEqual(agreement.wrong.slice(0, 5), [], `${agreement.wrong.length} facts disagree`);
}

describe("agreement with istiod's own answers", function () {
  this.timeout(120_000);
  it('named traps', () => judge('traps', ownCases('traps')));
  it('random meshes', () => judge('meshes', ownCases('meshes')));
  it('ambient meshes', () => judge('ambient', ownCases('ambient')));
  it('real applications', function () {
    const file = shared('conformance/real.jsonl');
    if (!file) this.skip();
    judge('real', readCases(file));
  });
});
