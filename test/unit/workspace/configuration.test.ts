// mutual.yaml: what counts, and what is told of what does not.
import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { CONFIGURATION_TEMPLATE } from '../../../server/src/cli/init';
import { readConfiguration } from '../../../server/src/workspace/configuration';
import { CONFIGURATION_FIELDS } from '../../../server/src/workspace/configuration-fields';

const RULES = ['plaintext-refused', 'permissive-left-on'];

function read(text: string): ReturnType<typeof readConfiguration>['configuration'] & { told: string[] } {
  const { configuration, problems } = readConfiguration(text, RULES);
  const told = problems.map(({ range, message }) => `${text.slice(range.start, range.end)} | ${message}`);
  return { ...configuration, told };
}

describe('mutual.yaml', () => {
  it('may be empty, or comments alone', () => {
    for (const text of ['', '# nothing\n', 'severity:\n', '---\n', 'exclude: []\n'])
      assert.deepEqual(read(text).told, []);
  });

  it('states severities, assumptions, exclusions, meshes and a baseline', () => {
    const { told, ...stated } = read(`severity: {plaintext-refused: warning, permissive-left-on: off}
requireDestinationRule: always
istioVersion: 1.30
assume: {autoMtls: off, ambient: true, trustDomain: example.com, injectedNamespaces: [shop], revisions: [default, 1-28]}
exclude: ["**/test/**"]
baseline: known.json
meshes:
  - {name: prod, files: [base/**, prod/**], istioVersion: "1.27", assume: {trustDomain: prod.example.com}}
`);
    assert.deepEqual(told, []);
    assert.deepEqual(stated, {
      severities: { 'plaintext-refused': 'warning', 'permissive-left-on': 'off' },
      requireDestinationRule: 'always',
      assume: {
        istioVersion: '1.30',
        enableAutoMtls: false,
        ambient: true,
        trustDomain: 'example.com',
        injectedNamespaces: ['shop'],
        revisions: ['default', '1-28'],
      },
      exclude: ['**/test/**'],
      baseline: 'known.json',
      meshes: [
        {
          name: 'prod',
          files: ['base/**', 'prod/**'],
          assume: { istioVersion: '1.27', trustDomain: 'prod.example.com' },
        },
      ],
    });
  });

  const wrong: readonly (readonly [name: string, text: string, told: readonly string[]])[] = [
    ['a key', 'severty: {}', ['severty | "severty" is no field of mutual.yaml. Did you mean `severity`?']],
    [
      'a key within',
      'assume:\n  rootnamespace: x',
      ['rootnamespace | "rootnamespace" is no field of `assume`. Did you mean `rootNamespace`?'],
    ],
    [
      'a rule',
      'severity: {plaintext-refusd: off}',
      ['plaintext-refusd | There is no rule "plaintext-refusd". Did you mean `plaintext-refused`?'],
    ],
    [
      'a severity',
      'severity: {plaintext-refused: warn}',
      ['warn | "warn" is no value of `severity.plaintext-refused`. Did you mean `warning`?'],
    ],
    [
      'a value',
      'requireDestinationRule: sometimes',
      ['sometimes | "sometimes" is no value of `requireDestinationRule`. Write one of `auto`, `always` and `never`.'],
    ],
    [
      'a version',
      'istioVersion: 1.2',
      ['1.2 | "1.2" is no value of `istioVersion`. Write a version from 1.20 on, such as `1.31`.'],
    ],
    ['a list', 'exclude: old/**', ['old/** | `exclude` is a list: write `[old/**]`.']],
    ['an item', 'exclude: [a, {b: c}]', ['{b: c} | `exclude` is a list of texts.']],
    ['a boolean', 'assume: {ambient: maybe}', ['maybe | `assume.ambient` is `true` or `false`.']],
    ['a mesh without files', 'meshes: [{name: a}]', ['{name: a} | `meshes[0]` lacks `files`, so it does not count.']],
    [
      'two meshes of one name',
      'meshes: [{name: a, files: [b]}, {name: a, files: [c]}]',
      ['a | There is a mesh "a" above. Give this one another name.'],
    ],
    [
      'a second document',
      'exclude: [a]\n---\nb: c',
      ['\nb: c | mutual.yaml is one document; what follows `---` does not count.'],
    ],
  ];
  for (const [name, text, told] of wrong) {
    it(`tells where it is wrong: ${name}`, () => assert.deepEqual(read(text).told, told));
  }

  it('counts what is right beside what is wrong', () => {
    const { told, severities, exclude } = read(
      'severity:\n  plaintext-refused: off\n  nothing: off\nexclude: [a, [b]]\nx: y\n',
    );
    assert.equal(told.length, 3);
    assert.deepEqual([severities, exclude], [{ 'plaintext-refused': 'off' }, ['a']]);
  });

  it('says that broken YAML counts for nothing', () => {
    const { told, exclude } = read('exclude: [a\nseverity: {');
    assert.match(told[0]!, /nothing in mutual\.yaml counts/);
    assert.deepEqual(exclude, []);
  });

  it('never throws on any shape', () => {
    for (const value of [
      '1',
      '[]',
      'x',
      '{a: {b: [c]}}',
      '[[[',
      '*a',
      '{meshes: {}}',
      '{meshes: [1, [2]]}',
      '{severity: 1}',
    ])
      assert.ok(read(value).told.length > 0, value);
  });

  it('is written by `init` with every field in a comment', () => {
    assert.deepEqual(read(CONFIGURATION_TEMPLATE), { ...read(''), told: [] });
    const text = CONFIGURATION_TEMPLATE.replaceAll(/^#(?! )/gm, '')
      .replaceAll(/^#(?= {2})/gm, '')
      .replace('destination-rule-missing: off', 'plaintext-refused: off');
    assert.deepEqual(read(text).told, []);
    assert.deepEqual(Object.keys(parse(text)).sort(), Object.keys(CONFIGURATION_FIELDS).sort());
    const schema = JSON.parse(readFileSync(path.join(__dirname, '../../../docs/schemas/mutual.schema.json'), 'utf8'));
    const ajv = new Ajv({ allowUnionTypes: true, strict: false });
    assert.ok(ajv.validate(schema, parse(text)), JSON.stringify(ajv.errors));
    assert.ok(!ajv.validate(schema, { severty: {} }));
    assert.ok(!ajv.validate(schema, { severity: { 'plaintext-refused': 'warn' } }));
  });
});
