// Preferred fixes applied until none is left: this ends, leaves no error that was not there, and changes nothing more.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkSnapshot } from '../../../server/src/rules';
import { mend } from '../../../server/src/rules/mend';
import type { Problem } from '../../../server/src/rules/rule';
import { ownCases } from '../../conformance/cases';
import { messages, optionsOf, readCases, snapshotOf } from './annotated';

const FIXTURES = join(__dirname, '../../fixtures');

function assertEnds(files: ReadonlyMap<string, string>, name: string): void {
  const options = optionsOf(files);
  const snapshot = (changed: ReadonlyMap<string, string>) => snapshotOf(new Map([...files, ...changed]));
  const isSevere = ({ severity }: Problem): boolean => severity === 'error' || severity === 'warning';
  const problems = (of: ReturnType<typeof snapshotOf>): Problem[] => checkSnapshot(of, options).filter(isSevere);
  const result = mend({ snapshot, problems });
  assert.ok(result.mended.length < 200, name);
  const errors = (list: readonly Problem[]): Problem[] => list.filter(({ severity }) => severity === 'error');
  const before = problems(snapshot(new Map()));
  // a refused object that is corrected, or a pod that gets its sidecar, begins to count
  const enforces = result.mended.some(({ rule }) =>
    /^(?:object-rejected|destination-rule-host|injection|peer-authentication-selects|authorization|legacy)/.test(rule),
  );
  if (!enforces) assert.ok(errors(result.left).length <= errors(before).length, `${name}\n${messages(result.left)}`);
  const again = mend({ snapshot: (changed) => snapshot(new Map([...result.files, ...changed])), problems });
  assert.ok(again.mended.length <= result.mended.length, name);
}

describe('mending', () => {
  for (const rule of readdirSync(FIXTURES).sort()) {
    it(`ends for ${rule}`, () => {
      for (const { name, files } of readCases(join(FIXTURES, rule))) assertEnds(files, name);
    });
  }

  it('ends for random meshes', () => {
    for (const { id, manifests } of ownCases('meshes').filter((_, index) => index % 12 === 0))
      assertEnds(new Map([['mesh.yaml', manifests]]), id);
  }).timeout(180_000);
});
