// The GitHub Action and the pre-commit hook: their definitions, and the action's scripts run in bash as a runner does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { buildCli, CONFLICT, makeFolder, ROOT } from './run';

interface Step {
  readonly name: string;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}
interface Action {
  readonly inputs: Readonly<Record<string, { description: string; default: string }>>;
  readonly outputs: Readonly<Record<string, { description: string; value: string }>>;
  readonly runs: { using: string; steps: readonly Step[] };
}

const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Runs the steps one after the other until one fails. */
function runAction(cwd: string, inputs: Readonly<Record<string, string>>): Ran {
  const files = makeFolder({ output: '', summary: '' });
  const values: Record<string, string> = { 'github.action_path': ROOT };
  for (const [name, { default: value }] of Object.entries(action.inputs))
    values[`inputs.${name}`] = inputs[name] ?? value;
  let stdout = '';
  let stderr = '';
  let code: number | null = 0;
  for (const step of action.runs.steps) {
    const env = Object.fromEntries(
      Object.entries(step.env).map(([name, text]) => {
        const value = values[/^\$\{\{ ([\w.-]+) \}\}$/.exec(text)?.[1] ?? ''];
        assert.ok(value !== undefined, `${name} has ${text}, which nothing states`);
        return [name, value];
      }),
    );
    const script = join(files.path, 'step.sh');
    writeFileSync(script, step.run);
    const GITHUB = { GITHUB_OUTPUT: join(files.path, 'output'), GITHUB_STEP_SUMMARY: join(files.path, 'summary') };
    // as runners start `shell: bash`
    const ran = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...GITHUB, ...env },
      encoding: 'utf8',
    });
    stdout += ran.stdout;
    stderr += ran.stderr;
    code = ran.status;
    if (code !== 0) break;
  }
  const result = {
    code,
    stdout,
    stderr,
    outputs: outputsOf(readFileSync(join(files.path, 'output'), 'utf8')),
    summary: readFileSync(join(files.path, 'summary'), 'utf8'),
  };
  files.remove();
  return result;
}

/** `name=value` and `name<<END … END`, as runners read them. */
function outputsOf(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name, end, long, short] of text.matchAll(/^([\w-]+)(?:<<(\S+)\n([\s\S]*?)\n\2|=(.*))$/gm))
    outputs[name!] = end ? long! : short!;
  return outputs;
}

describe('the GitHub Action', function () {
  this.timeout(60_000);
  let folder: ReturnType<typeof makeFolder>;
  before(() => buildCli());
  beforeEach(() => {
    folder = makeFolder(Object.fromEntries(Object.entries(CONFLICT).map(([name, text]) => [`deploy/${name}`, text])));
  });
  afterEach(() => folder.remove());

  it('reads no input as code', () => {
    assert.equal(action.runs.using, 'composite');
    const passed = new Set<string>();
    for (const { run, env, shell } of action.runs.steps) {
      assert.equal(shell, 'bash');
      assert.doesNotMatch(run, /\$\{\{/);
      assert.doesNotMatch(run, /\beval\b|\bsource\b/);
      for (const value of Object.values(env)) {
        const [, name] = /^\$\{\{ (?:inputs\.([\w-]+)|github\.action_path) \}\}$/.exec(value) ?? [];
        if (name) passed.add(name);
      }
    }
    assert.deepEqual([...passed].sort(), Object.keys(action.inputs).sort());
    for (const [name, { description, default: value }] of Object.entries(action.inputs)) {
      assert.ok(description.length > 10, name);
      assert.equal(typeof value, 'string', name);
    }
  });

  it('annotates, fails with the exit code, and writes SARIF, JUnit and a summary', () => {
    const ran = runAction(folder.path, {
      paths: 'deploy',
      'sarif-file': 'out/my results.sarif',
      'junit-file': 'out/mutual.xml',
    });
    assert.equal(ran.code, 1, ran.stderr);
    assert.match(ran.stdout, /^::error file=deploy\/rules\.yaml,line=10,/m);
    assert.deepEqual(ran.outputs, { 'sarif-file': 'out/my results.sarif', 'exit-code': '1' });
    const log = JSON.parse(readFileSync(join(folder.path, 'out/my results.sarif'), 'utf8'));
    assert.equal(log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri, 'deploy/rules.yaml');
    assert.match(readFileSync(join(folder.path, 'out/mutual.xml'), 'utf8'), /<failure type="plaintext-refused"/);
    assert.match(ran.summary, /^## Mutual\n\n {4}deploy\/rules\.yaml:10:13: error /);
  });

  it('passes where fail-on says so, and takes several paths, a baseline and a version of Istio', () => {
    assert.equal(runAction(folder.path, { 'fail-on': 'never' }).outputs['exit-code'], '0');
    const paths = '\n  deploy/namespaces.yaml \n\tdeploy/mtls.yaml\r\n';
    assert.equal(runAction(folder.path, { paths, 'istio-version': '1.28' }).code, 0);
    const made = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), 'check', '--write-baseline', 'known.json'], {
      cwd: folder.path,
    });
    assert.equal(made.status, 0);
    const ran = runAction(folder.path, { baseline: 'known.json' });
    assert.equal(ran.code, 0);
    assert.match(ran.stdout, /set aside by known\.json/);
    assert.equal(runAction(join(folder.path, 'deploy'), { 'working-directory': '..', paths: 'deploy' }).code, 1);
  });

  it('says what is wrong with its inputs', () => {
    const other = runAction(folder.path, { version: '99.0.0' });
    assert.equal(other.code, 2);
    assert.match(other.stdout, /^::error title=Mutual::This is Mutual \d/m);
    const missing = runAction(folder.path, { paths: 'nowhere', 'sarif-file': 'x.sarif' });
    assert.equal(missing.code, 2);
    assert.match(missing.stdout, /mutual: nowhere: no such file or folder/);
    assert.equal(missing.outputs['sarif-file'], undefined);
    assert.equal(existsSync(join(folder.path, 'x.sarif')), false);
    assert.equal(runAction(folder.path, { 'fail-on': 'sometimes' }).code, 2);
  });

  it('runs nothing that an input says', () => {
    const evil = ['$(touch pwned)', '`touch pwned`', '" ; touch pwned ; "', '--write-baseline=pwned'];
    const before = readdirSync(folder.path);
    for (const text of evil) {
      const inputs: Record<string, string>[] = [
        { paths: text, baseline: text, 'fail-on': 'never' },
        { 'fail-on': text, 'istio-version': text },
        { version: text },
        { 'working-directory': text },
      ];
      for (const each of inputs) assert.notEqual(runAction(folder.path, each).code, 0, JSON.stringify(each));
    }
    assert.deepEqual(readdirSync(folder.path), before);
  }).timeout(180_000);

  it('keeps file names from commanding the runner', () => {
    const name = 'a\n::set-env name=X::y\n.yaml';
    mkdirSync(join(folder.path, 'odd'));
    writeFileSync(join(folder.path, 'odd', name), Buffer.from('kind: Service\napiVersion: v1\n\0'));
    writeFileSync(join(folder.path, 'odd', 'a.yaml'), CONFLICT['namespaces.yaml']);
    const { stdout } = runAction(folder.path, { paths: 'odd' });
    const token = /^::stop-commands::(\S+)$/m.exec(stdout)?.[1];
    assert.ok(token, stdout);
    const [before = '', between = ''] = stdout.split(`::stop-commands::${token}\n`);
    const [inside = '', after = ''] = between.split(`\n::${token}::\n`);
    assert.match(inside, /set-env/);
    assert.doesNotMatch(before + after, /set-env/);
  });
});

describe('the pre-commit hook', () => {
  it('runs a command that the package has, on all manifests at once', () => {
    const hooks = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as Record<string, unknown>[];
    const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.deepEqual(
      hooks.map(({ id }) => id),
      ['mutual-check'],
    );
    for (const hook of hooks) {
      assert.ok(Object.keys(bin).includes(String(hook.entry).split(' ')[0]!));
      assert.equal(hook.language, 'node');
      assert.equal(hook.pass_filenames, false);
    }
    // what builds the command when pre-commit installs the package from the repository
    assert.equal(scripts.prepare, 'node scripts/prepare.mjs');
  });
});
