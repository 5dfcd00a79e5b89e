// Both ways to a document's value read the same: the fast loader, and the careful parser that knows every place.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { parseDocument, stringify } from 'yaml';
import { readDocument } from '../../../server/src/yaml/document';
import { loadValue } from '../../../server/src/yaml/load';
import { KUBERNETES_SCALARS } from '../../../server/src/yaml/scalars';
import { ownCases } from '../../conformance/cases';

/** What the careful parser reads, or undefined for a text that it refuses. */
function careful(text: string): { value: unknown } | undefined {
  const tree = parseDocument(text, {
    schema: 'failsafe',
    customTags: (tags) => [...tags, ...KUBERNETES_SCALARS],
    merge: true,
    logLevel: 'silent',
    prettyErrors: false,
    strict: false,
  });
  return tree.errors.length > 0 ? undefined : { value: tree.toJS() };
}

function same(text: string): void {
  const fast = loadValue(text);
  const slow = fast && careful(text);
  if (fast && slow) assert.deepEqual(fast.value, slow.value, text);
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? yamlFiles(file) : file.endsWith('.yaml') ? [file] : [];
  });
}

describe('values of documents', () => {
  it('are read as Kubernetes does', () => {
    const scalars = {
      'a: on': true,
      'a: Yes': true,
      'a: y': true,
      'a: "on"': 'on',
      'a: oN': 'oN',
      'a: 0777': 511,
      'a: 0o17': 15,
      'a: 0x1F': 31,
      'a: 1_000': 1000,
      'a: 1e3': 1000,
      'a: .': '.',
      'a: .5': 0.5,
      'a: 12:30': '12:30',
      'a: 2024-01-01T00:00:00Z': '2024-01-01T00:00:00Z',
      'a: ~': null,
      'a:': null,
      'a: =': '=',
    };
    for (const [text, value] of Object.entries(scalars)) {
      assert.deepEqual(readDocument(text, 0).value, { a: value }, text);
      same(text);
    }
  });

  it('are the same on both ways for every example and conformance case', () => {
    const examples = yamlFiles(path.join(__dirname, '../../../examples')).map((file) => readFileSync(file, 'utf8'));
    const texts = [...examples, ...ownCases('traps').map(({ manifests }) => manifests)];
    for (const text of texts) for (const part of text.split(/^---$/m)) same(part);
  });

  it('are the same on both ways for anything that can be written', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.constantFrom('on', 'NO', '08', '1_0', '.inf', '-.5', '1.', '<<', 'null', '"', '- x'),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, scalar, fc.integer(), fc.boolean(), tie('list'), tie('map')),
      list: fc.array(tie('any'), { maxLength: 4 }),
      map: fc.dictionary(fc.string({ minLength: 1 }), tie('any'), { maxKeys: 4 }),
    })).map;
    fc.assert(
      fc.property(value, (each) => same(stringify(each))),
      { numRuns: 400 },
    );
  });

  it('are the same on both ways for lines that nobody quoted', () => {
    const line = fc
      .tuple(fc.constantFrom('a', 'b', '- a'), fc.string({ maxLength: 12 }))
      .map(([key, text]) => `${key}: ${text}`);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => same(lines.join('\n'))),
      { numRuns: 5000 },
    );
  });

  it('that are shared without end are refused, not expanded', () => {
    const bomb = [
      'a: &a [x, x]',
      ...[...'bcdefghijklmnop'].map(
        (name, i) => `${name}: &${name} [*${'abcdefghijklmnop'[i]}, *${'abcdefghijklmnop'[i]}]`,
      ),
    ];
    const document = readDocument(bomb.join('\n'), 0);
    assert.equal(document.value, undefined);
    assert.equal(document.problems[0]?.code, 'TOO_MANY_ALIASES');
  });
});
