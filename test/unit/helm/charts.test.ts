// Charts of a workspace: read as they stand, and as Helm has rendered them.
import assert from 'node:assert/strict';
import { readRendered } from '../../../server/src/helm/rendered';
import { fieldPlace } from '../../../server/src/manifest/object';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../../server/src/rules/rule';
import { type ChartRenderings, readCharts } from '../../../server/src/workspace/charts';
import type { ExplicitMesh } from '../../../server/src/workspace/explicit-meshes';
import { Workspace } from '../../../server/src/workspace/workspace';

const CHART = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  ports:\n  - port: 80\n`;

function charts(files: Record<string, string>, renderings?: ChartRenderings) {
  const workspace = new Workspace();
  workspace.apply({ files: new Map(Object.entries(files).map(([name, text]) => [`file:///repo/${name}`, text])) });
  return readCharts(workspace.snapshot().files, renderings);
}
const names = (objects: readonly { kind: string; metadata: { name: string } }[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

describe('charts of a workspace', () => {
  it('are read as far as they are literal, the rest is known to be missing', () => {
    const [chart, ...others] = charts({
      'web/Chart.yaml': CHART,
      'web/templates/a.yaml': service('a'),
      'web/templates/b.yaml': service('{{ .Values.b }}'),
      'web/templates/_lib.yaml': service('lib'),
      'web/values.yaml': service('values'),
      'plain.yaml': service('plain'),
    });
    assert.deepEqual(others, []);
    assert.deepEqual(names(chart!.objects), ['Service a']);
    assert.deepEqual(
      chart!.unknowns.map(({ reference, origin }) => `${reference} ${origin.uri}`),
      ['Service file:///repo/web/templates/b.yaml'],
    );
    assert.deepEqual(
      chart!.files,
      ['Chart.yaml', 'templates/_lib.yaml', 'templates/a.yaml', 'templates/b.yaml'].map(
        (name) => `file:///repo/web/${name}`,
      ),
    );
  });

  it('a chart below another one belongs to it, and is there on a condition', () => {
    const found = charts({
      'web/Chart.yaml': CHART,
      'web/charts/db/Chart.yaml': CHART,
      'web/charts/db/templates/db.yaml': service('db'),
    });
    assert.equal(found.length, 1);
    assert.deepEqual([names(found[0]!.objects), found[0]!.unknowns.length], [[], 1]);
  });

  it('what is wrong in a template is told in a mesh that a configuration names as well', () => {
    const text = `# {{ .Chart.Name }}\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: a\n  namespace: shop\nspec:\n  selector:\n    matchLabels:\n      app: none\n`;
    const pod = `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n        - name: a\n          image: a\n`;
    const rulesIn = (meshes: readonly ExplicitMesh[]): readonly string[] => {
      const workspace = new Workspace();
      const files = { 'a/Chart.yaml': CHART, 'a/templates/a.yaml': text, 'a/templates/b.yaml': pod };
      workspace.apply({
        files: new Map(Object.entries(files).map(([name, each]) => [`file:///repo/${name}`, each])),
        meshes,
      });
      return checkSnapshot(workspace.snapshot(), DEFAULT_OPTIONS).map(({ rule }) => rule);
    };
    const alone = rulesIn([]);
    assert.ok(alone.includes('authorization-policy-selects-nothing'), alone.join());
    assert.deepEqual(rulesIn([{ name: 'prod', folder: 'file:///repo', files: ['**'], assume: {} }]), alone);
  });

  it('at the top of everything it has the name of its folder', () => {
    const workspace = new Workspace();
    const files = { 'Chart.yaml': CHART, 'templates/a.yaml': service('a'), 'more/b.yaml': service('b') };
    workspace.apply({ files: new Map(Object.entries(files).map(([name, each]) => [`file:///repo/${name}`, each])) });
    assert.deepEqual(
      workspace.snapshot().meshes.map(({ name }) => name),
      ['repo', 'more'],
    );
  });

  it('a library and tests make no objects', () => {
    const hook = '  annotations:\n    helm.sh/hook: test\n';
    const files = { 'a/Chart.yaml': `${CHART}type: library\n`, 'a/templates/a.yaml': service('a') };
    assert.deepEqual(names(charts(files)[0]!.objects), []);
    const tests = { 'a/Chart.yaml': CHART, 'a/templates/a.yaml': service('a').replace('spec:', `${hook}spec:`) };
    assert.deepEqual(names(charts(tests)[0]!.objects), []);
  });

  describe('rendered', () => {
    const template = `${service('{{ .Values.name }}')}  - port: 90\n{{- if .Values.more }}\n---\n${service('fixed')}{{- end }}\n`;
    const output = (name: string): string =>
      `---\n# Source: shop/templates/a.yaml\n${service(name)}  - port: 90\n---\n# Source: shop/templates/a.yaml\n${service('fixed')}`;
    const rendered = (text: string, printed: string) => {
      const renderings = new Map([['file:///repo/web', readRendered(printed)!]]);
      return charts({ 'web/Chart.yaml': CHART, 'web/templates/a.yaml': text }, renderings)[0]!;
    };
    const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

    it('all objects count, with the place of each field in the template', () => {
      const chart = rendered(template, output('web'));
      assert.deepEqual(
        [names(chart.objects), chart.unknowns, chart.isRendered],
        [['Service web', 'Service fixed'], [], true],
      );
      const [web, fixed] = chart.objects;
      const at = (object: typeof web, path: (string | number)[]) => {
        const { uri, range } = fieldPlace(object!, path);
        return [uri, lineOf(template, range.start), template.slice(range.start, range.end).split('\n')[0]];
      };
      assert.deepEqual(at(web, ['spec', 'ports', 1, 'port']), ['file:///repo/web/templates/a.yaml', 8, '90']);
      assert.deepEqual(at(web, ['metadata', 'name']).slice(0, 2), ['file:///repo/web/templates/a.yaml', 4]);
      assert.deepEqual(at(fixed, ['metadata', 'name']), ['file:///repo/web/templates/a.yaml', 14, 'fixed']);
    });

    it('what only rendering gives is never where an edit could go', () => {
      const [web, fixed] = rendered(template, output('web')).objects;
      assert.equal(web!.source.rendered!.origin(['metadata', 'name']).rest, 1);
      assert.equal(web!.source.rendered!.origin(['kind']).rest, 0);
      assert.equal(fixed!.source.rendered!.origin(['metadata', 'name']).rest, 0);
    });

    it('an object that more than one document may have printed stands at the first line', () => {
      const both = `{{- if .Values.x }}\n${service('{{ .x }}')}{{- else }}\n---\n${service('{{ .y }}')}{{- end }}\n`;
      const [web] = rendered(both, `---\n# Source: shop/templates/a.yaml\n${service('web')}`).objects;
      const { uri, rest } = web!.source.rendered!.origin(['spec', 'ports']);
      assert.equal(uri, 'file:///repo/web/templates/a.yaml');
      assert.ok(rest > 0);
    });

    it('an object of a template that is not in the workspace has its place by name', () => {
      const [db] = rendered(template, `---\n# Source: shop/charts/db x/templates/db.yaml\n${service('db')}`).objects;
      assert.deepEqual(fieldPlace(db!, ['spec']), {
        uri: 'file:///repo/web/charts/db%20x/templates/db.yaml',
        range: { start: 0, end: 0 },
      });
    });
  });
});
