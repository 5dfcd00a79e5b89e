// Globs of `mutual.exclude`.
import * as assert from 'node:assert/strict';
import { globTest } from '../../../server/src/workspace/glob';

describe('globs of the settings', () => {
  const cases: readonly (readonly [pattern: string, path: string, fits: boolean])[] = [
    ['**/test/**', 'a/test/b/c.yaml', true],
    ['**/test/**', 'test/c.yaml', true],
    ['**/test/**', 'tests/c.yaml', false],
    ['old/*.yaml', 'old/a.yaml', true],
    ['old/*.yaml', 'old/b/a.yaml', false],
    ['old/*.yaml', 'very/old/a.yaml', false],
    ['*.gen.yaml', 'deep/a.gen.yaml', true],
    ['./a.yaml', 'a.yaml', true],
    ['{a,b}/**', 'b/x.yaml', true],
    ['{a,b}/**', 'c/x.yaml', false],
    ['a.yaml', 'axyaml', false],
    ['a?.yaml', 'ab.yaml', true],
    ['{a', 'x/a', false],
    ['', 'a.yaml', false],
  ];
  for (const [pattern, path, fits] of cases) {
    it(`"${pattern}" ${fits ? 'takes' : 'leaves'} ${path}`, () => assert.equal(globTest([pattern])(path), fits));
  }
});
