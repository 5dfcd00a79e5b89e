// Rendering with the `helm` program, of which a script of our own takes the place.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FileAccess } from '../../../server/src/lsp/file-access';
import { Folders } from '../../../server/src/lsp/folders';
import { readEditorSettings } from '../../../server/src/lsp/settings';
import { HelmRenderer, type HelmResult } from '../../../server/src/workspace/helm-binary';

describe('consent to run Helm', () => {
  const access = { findConfiguration: async () => undefined } as unknown as FileAccess;
  const helmIn = async (helm: object, trusted: boolean) => {
    const folders = new Folders(access);
    const mutual = readEditorSettings({ helm });
    await folders.load(['file:///a'], new Map([['file:///a', { mutual, filesExclude: [] }]]), trusted);
    return folders.helm().get('file:///a');
  };

  it('is a setting that is on, in a workspace that is trusted', async () => {
    const values = { 'charts/*': ['a.yaml'], b: 3 };
    assert.deepEqual(await helmIn({ enabled: true, values }, true), {
      program: 'helm',
      values: [{ charts: 'charts/*', files: ['a.yaml'] }],
    });
    assert.equal(await helmIn({ enabled: true }, false), undefined);
    for (const enabled of [undefined, false, 'true', 1, null]) assert.equal(await helmIn({ enabled }, true), undefined);
  });
});

describe('rendering with Helm', () => {
  let folder: string;
  let chart: string;
  let calls: string;
  const renderer = (): HelmRenderer => new HelmRenderer();

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mutual helm '));
    chart = path.join(folder, 'My Shop');
    calls = path.join(folder, 'calls');
    mkdirSync(path.join(chart, 'templates'), { recursive: true });
    writeFileSync(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.0.0\n');
    writeFileSync(path.join(chart, 'templates/web.yaml'), 'kind: Service\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that writes its arguments down, one a line, and then runs `script`. */
  function helm(script: string): string {
    const program = path.join(folder, 'helm');
    writeFileSync(program, `#!/bin/sh\nfor each in "$@"; do echo "$each" >> '${calls}'; done\n${script}\n`);
    chmodSync(program, 0o755);
    return program;
  }
  const printed =
    "printf '%s\\n' '---' '# Source: shop/templates/web.yaml' 'apiVersion: v1' 'kind: Service' 'metadata: {name: web}'";
  const problemOf = ({ problem }: HelmResult): string[] => [problem!.code, problem!.cause, problem!.remedy];

  it('calls helm template for the folder, with the values in order, and reads what it prints', async () => {
    const values = ['a.yaml', 'b c.yaml'].map((name) => path.join(folder, name));
    for (const file of values) writeFileSync(file, 'x: 1\n');
    const { output } = await renderer().render(chart, { program: helm(printed), values });
    assert.deepEqual(output, {
      documents: [
        { template: 'templates/web.yaml', value: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } } },
      ],
      broken: [],
    });
    assert.deepEqual(readFileSync(calls, 'utf8').trim().split('\n'), [
      'template',
      'my-shop',
      chart,
      '--skip-tests',
      '--values',
      values[0],
      '--values',
      values[1],
    ]);
  });

  it('takes names for what they are: nothing of them is run', async () => {
    const odd = path.join(folder, '-x $(touch hacked) `id`; y');
    mkdirSync(odd);
    const { output } = await renderer().render(odd, { program: helm(printed), values: [] });
    assert.ok(output);
    assert.ok(!existsSync(path.join(folder, 'hacked')));
    assert.ok(readFileSync(calls, 'utf8').includes(`${odd}\n`));
  });

  it('runs again only when the chart or the values change', async () => {
    const own = renderer();
    const values = [path.join(folder, 'values.yaml')];
    writeFileSync(values[0]!, 'x: 1\n');
    const options = { program: helm(printed), values };
    const count = (): number => readFileSync(calls, 'utf8').split('template\n').length - 1;
    await own.render(chart, options);
    await own.render(chart, options);
    assert.equal(count(), 1);
    writeFileSync(path.join(chart, 'templates/_helpers.tpl'), 'x');
    await own.render(chart, options);
    assert.equal(count(), 2);
    writeFileSync(values[0]!, 'x: 2\n');
    await own.render(chart, options);
    assert.equal(count(), 3);
  });

  it('says what Helm says of a chart', async () => {
    const refuses = helm("echo 'Error: execution error at (shop/templates/web.yaml:1:3): name is needed' >&2; exit 1");
    assert.deepEqual(problemOf(await renderer().render(chart, { program: refuses, values: [] })), [
      'chart',
      'Helm refuses it: execution error at (shop/templates/web.yaml:1:3): name is needed',
      'Mend the chart, or give values with mutual.helm.values or --helm-values.',
    ]);
  });

  it('says how to fetch dependencies that are missing', async () => {
    const message =
      'Error: An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: backend';
    const program = helm(`cat >&2 <<'END'\n${message}\nEND\nexit 1`);
    assert.deepEqual(problemOf(await renderer().render(chart, { program, values: [] })), [
      'chart',
      'its dependencies (backend) are not in charts/',
      `Fetch them: helm dependency build ${chart}`,
    ]);
  });

  it('does not wait longer than it may, and tries again', async () => {
    const own = renderer();
    const slow = helm('exec sleep 20');
    const start = Date.now();
    const result = await own.render(chart, { program: slow, values: [], timeout: 300 });
    assert.deepEqual(problemOf(result).slice(0, 2), ['timeout', 'rendering takes more than 0.3 seconds']);
    assert.ok(Date.now() - start < 10_000);
    assert.ok((await own.render(chart, { program: helm(printed), values: [] })).output);
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const result = renderer().render(chart, { program: helm('exec sleep 20'), values: [], signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    assert.equal((await result).problem?.code, 'cancelled');
  });

  const failures: Record<string, readonly [string, string]> = {
    'a crash': ['kill -SEGV $$', 'chart'],
    'something else than manifests': ['echo hello', 'output'],
    bytes: ['head -c 100000 /dev/urandom', 'output'],
    'more than can be held': ['yes "# Source: a/b" | head -c 40000000', 'output'],
    'broken YAML': ["printf '%s\\n' '---' '# Source: shop/templates/web.yaml' 'a: [1'", 'chart'],
  };
  for (const [name, [script, code]] of Object.entries(failures)) {
    it(`survives ${name}`, async () => {
      const { problem } = await renderer().render(chart, { program: helm(script), values: [] });
      assert.equal(problem?.code, code);
    });
  }

  it('names a program, values or a chart that are not there', async () => {
    const none = path.join(folder, 'no-helm');
    assert.deepEqual(problemOf(await renderer().render(chart, { program: none, values: [] })), [
      'program',
      `${none} is not found`,
      'Install Helm. Name the Helm program with mutual.helm.path or --helm-path.',
    ]);
    const values = [path.join(folder, 'none.yaml')];
    const missing = await renderer().render(chart, { program: helm(printed), values });
    assert.deepEqual([missing.problem!.code, missing.problem!.path], ['values', values[0]]);
    const gone = await renderer().render(path.join(folder, 'gone'), { program: helm(printed), values: [] });
    assert.equal(gone.problem?.code, 'chart');
  });
});
