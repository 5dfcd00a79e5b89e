// What is generated from the rules is up to date: pages, index, the schema of the setting.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles } from '../../scripts/docs';
import { ALL_RULES } from '../../server/src/rules';

const ROOT = path.join(__dirname, '../..');

describe('generated files', () => {
  it('are up to date; `npm run docs` writes them', () => {
    for (const [name, text] of generatedFiles()) {
      const file = path.join(ROOT, name);
      const found = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
      assert.ok(found === text, `${name} is out of date: run \`npm run docs\``);
    }
  }).timeout(60_000);

  it('have rules that say everything, once', () => {
    const ids = ALL_RULES.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { id, summary, happens, remedy, peers } of ALL_RULES) {
      assert.match(id, /^[a-z]+(?:-[a-z]+)*$/);
      for (const text of [summary, happens, remedy]) assert.match(text, /[.)]$/, `${id}: ${text}`);
      for (const code of peers ?? []) assert.match(code, /^(?:IST|KIA)\d{4}$/);
    }
  });
});
