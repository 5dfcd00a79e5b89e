// Every code that the readers note has words.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fieldProblemWords } from '../../../server/src/words/field-problems';

const MANIFEST = path.join(__dirname, '../../../server/src/manifest');

function codes(): string[] {
  const files = readdirSync(MANIFEST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const text = files.map((name) => readFileSync(path.join(MANIFEST, name), 'utf8')).join('\n');
  const noted = [...text.matchAll(/\b(?:note|refuse)\(\s*[^()]*?(?:\([^()]*\)[^()]*?)*,\s*'([a-z]+(?:-[a-z]+)+)'/g)];
  const made = [...text.matchAll(/\beach\(\s*'([a-z-]+)'|code: '([a-z-]+)'/g)];
  return [...new Set([...noted, ...made].map((match) => match[1] ?? match[2]!))];
}

describe('words about fields', () => {
  it('are there for every code', () => {
    const all = codes();
    assert.ok(all.length > 80, `only ${all.length} codes found`);
    for (const code of all) {
      const words = fieldProblemWords({ severity: 'error', code, path: ['spec'], data: { allowed: [], found: 'x' } });
      assert.doesNotMatch(words, /is invalid \(/, code);
    }
  });
});
