// The rules against meshes made at random: what fails is reported, what is reported fails, and every fix mends.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../../server/src/rules/rule';
import { failing, isCertain } from '../../../server/src/rules/traffic';
import { placeOf } from '../../../server/src/words/names';
import { ownCases } from '../../conformance/cases';
import { assertMends, check, mending, snapshotOf } from './annotated';

const TRAFFIC_RULES = ['plaintext-refused', 'istio-mtls-rejected', 'tls-refused', 'destination-rule-missing'];

describe('rules on random meshes', () => {
  const meshes = ownCases('meshes');

  it('report an error exactly where a client with a proxy fails for certain', () => {
    const ambient = ownCases('ambient').map(({ id, manifests, ambient }) => {
      return { id, manifests: `# ambient: ${ambient ?? false}\n${manifests}` };
    });
    for (const { id, manifests } of [...meshes, ...ambient]) {
      const { snapshot, problems } = check(new Map([['mesh.yaml', manifests]]));
      const [view] = snapshot.meshes;
      if (!view) continue;
      const codes = ['plaintext-refused', 'istio-mtls-to-disabled', 'istio-mtls-to-no-sidecar', 'tls-refused'] as const;
      const failures = [...failing(view, codes)].filter(
        (reach) =>
          reach.connection.route === 'cluster' &&
          reach.endpoint.accepts?.captured !== false &&
          // a policy about identities is what else ztunnel refuses by
          (!reach.endpoint.ambient ||
            reach.mode?.mode === 'STRICT' ||
            reach.endpoint.failure !== 'plaintext-refused') &&
          isCertain(view, reach),
      );
      const reported = problems.filter(({ rule, severity }) => TRAFFIC_RULES.includes(rule) && severity === 'error');
      assert.equal(reported.length > 0, failures.length > 0, `${id}: ${reported.length} for ${failures.length}`);
      // the policies and rules at fault are those that are marked
      const uris = new Set(failures.flatMap(({ mode }) => mode?.policy ?? []).map(({ source }) => source.uri));
      for (const uri of uris)
        assert.ok(
          reported.some((problem) => problem.uri === uri),
          id,
        );
    }
  }).timeout(120_000);

  it('offer only fixes that mend and break nothing', () => {
    for (const { manifests } of meshes.filter((_, index) => index % 8 === 0)) {
      const files = new Map([['mesh.yaml', manifests]]);
      const { problems } = check(files);
      for (const problem of problems) for (const fix of mending(problem)) assertMends(files, problems, problem, fix);
    }
  }).timeout(120_000);

  it('give the same for files in any order', () => {
    for (const { id, manifests } of meshes.slice(0, 60)) {
      const files = manifests.split(/^---\n/m).map((text, index): [string, string] => [`${index}.yaml`, text]);
      const of = (list: [string, string][]): unknown =>
        checkSnapshot(snapshotOf(new Map(list)), DEFAULT_OPTIONS).map(({ fixes: _, ...problem }) => problem);
      assert.deepEqual(of(files), of([...files].reverse()), id);
    }
  });

  it('report a file alone as they report it among all', () => {
    for (const { id, manifests } of meshes.slice(0, 60)) {
      const files = new Map(manifests.split(/^---\n/m).map((text, index): [string, string] => [`${index}.yaml`, text]));
      const { snapshot, problems } = check(files);
      const plain = (list: typeof problems): unknown => list.map(({ fixes: _, ...problem }) => problem);
      for (const uri of new Set(problems.map((problem) => problem.uri))) {
        const alone = checkSnapshot(snapshot, DEFAULT_OPTIONS, new Set([uri]));
        assert.deepEqual(plain(alone), plain(problems.filter((problem) => problem.uri === uri)), id);
      }
    }
  });

  it('never throw, whatever is typed into a mesh', () => {
    const texts = meshes.slice(0, 40).map(({ manifests }) => manifests);
    const pieces = fc.constantFrom(
      '',
      '-',
      ':',
      '{',
      '[',
      '"',
      "'",
      '#',
      '\t',
      '\n',
      ' ',
      '---\n',
      '*a',
      '&a ',
      'null',
      '8080',
      '| \n',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(30), pieces), { maxLength: 4 }),
        (text, edits) => {
          let typed = text;
          for (const [at, cut, piece] of edits) {
            const start = Math.floor(at * typed.length);
            typed = typed.slice(0, start) + piece + typed.slice(start + cut);
          }
          const { snapshot, problems } = check(new Map([['mesh.yaml', typed]]));
          const { length } = snapshot.files.get('mesh.yaml')!.text;
          for (const { range, fixes, related } of problems) {
            for (const each of [range, ...related.map((other) => other.range)]) {
              assert.ok(0 <= each.start && each.start <= each.end && each.end <= length);
            }
            fixes?.();
          }
        },
      ),
      { numRuns: 100 },
    );
  }).timeout(60_000);
});

describe('checkSnapshot', () => {
  const files = new Map([
    [
      'a.yaml',
      'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: a, namespace: shop }\nspec: { mtls: { mode: strict } }\n',
    ],
  ]);

  it('takes severities from the options', () => {
    const severity = (stated: 'off' | 'hint'): unknown =>
      checkSnapshot(snapshotOf(files), { ...DEFAULT_OPTIONS, severities: { 'object-rejected': stated } })[0]?.severity;
    assert.equal(severity('off'), undefined);
    assert.equal(severity('hint'), 'hint');
  });

  it('tells of a rule that throws, and goes on', () => {
    const mesh = {
      settings: { revisionsStated: true },
      namespaceNames: ['shop'],
      in(): never {
        throw new Error('broken');
      },
    };
    const broken = { name: 'broken', files: ['a.yaml'], problems: [], unknowns: [], mesh } as never;
    const snapshot = { ...snapshotOf(files), meshes: [broken] };
    assert.throws(() => checkSnapshot(snapshot, DEFAULT_OPTIONS));
    const errors: unknown[] = [];
    const problems = checkSnapshot(snapshot, DEFAULT_OPTIONS, undefined, (error) => errors.push(error));
    assert.ok(errors.length > 0);
    assert.deepEqual(
      problems.map(({ rule }) => rule),
      ['object-rejected'],
    );
  });

  it('puts what several meshes have in common into one problem', () => {
    const shop = (name: string): [string, string] => [
      `${name}/web.yaml`,
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n',
    ];
    const rule =
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: web, namespace: shop }\nspec: { host: wbe }\n';
    const problems = checkSnapshot(
      snapshotOf(new Map([shop('dev'), shop('prod'), ['base/rule.yaml', rule]])),
      DEFAULT_OPTIONS,
    );
    assert.deepEqual(
      problems.map((problem) => problem.meshes),
      [['dev', 'prod']],
    );
    assert.equal(placeOf(snapshotOf(files).files.get('a.yaml')!.objects[0]!).uri, 'a.yaml');
  });
});
