// The examples mark what Mutual shows in them, as the fixtures do.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { check, expectedProblems, foundProblems, problemsToMark, readFolder } from './annotated';

const EXAMPLES = join(__dirname, '../../../examples');

describe('examples', () => {
  for (const folder of existsSync(EXAMPLES) ? meshFolders(EXAMPLES) : []) {
    it(folder.slice(EXAMPLES.length + 1), () => {
      const files = readFolder(folder);
      const { snapshot, problems } = check(files);
      const expected = expectedProblems(files);
      assert.deepEqual(
        foundProblems(snapshot, problemsToMark(files, problems, expected, snapshot), expected),
        expected,
      );
    });
  }
});

/** Folders that hold manifests: each is a mesh. */
function meshFolders(folder: string): string[] {
  const names = readdirSync(folder);
  if (names.some((name) => name.endsWith('.yaml'))) return [folder];
  return names
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap(meshFolders);
}
