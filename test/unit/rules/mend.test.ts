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

  it('works out a namespace once for all of its fixes, and not once for each', () => {
    const names = Array.from({ length: 400 }, (_, index) => `s${index}`);
    const strict =
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n---\n' +
      'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n';
    const objects = names.map(
      (name) =>
        `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: ${name}}, ports: [{port: 80}]}\n` +
        `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}\nspec: {containers: [{name: c}]}\n` +
        `---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: ${name}, namespace: shop}\nspec: {host: ${name}, trafficPolicy: {tls: {mode: DISABLE}}}\n`,
    );
    const files = new Map([['mesh.yaml', strict + objects.join('')]]);
    const snapshot = (changed: ReadonlyMap<string, string>) => snapshotOf(new Map([...files, ...changed]));
    const problems = (of: ReturnType<typeof snapshotOf>): Problem[] =>
      checkSnapshot(of, optionsOf(files)).filter(({ severity }) => severity === 'error');
    const timeOf = (run: () => void): number => {
      const start = performance.now();
      run();
      return performance.now() - start;
    };
    const check = timeOf(() => assert.equal(problems(snapshot(new Map())).length, names.length));
    const mending = timeOf(() => {
      const result = mend({ snapshot, problems });
      assert.equal(result.mended.length, names.length);
      assert.equal(result.left.length, 0);
    });
    assert.ok(mending < 8 * check, `checked in ${check} ms, mended in ${mending} ms`);
  }).timeout(120_000);

  it('ends for random meshes', () => {
    for (const { id, manifests } of ownCases('meshes').filter((_, index) => index % 12 === 0))
      assertEnds(new Map([['mesh.yaml', manifests]]), id);
  }).timeout(180_000);
});
