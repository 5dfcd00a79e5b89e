// `npm run test:editor`: runs a suite in a real VS Code, a downloaded one where that is possible, else our headless host.
//
//   --vsix FILE        test the packaged extension, installed in a clean VS Code, instead of the one in this folder
//   --web              run the extension's browser entry in the web worker extension host (headless host only)
//   --grep TEXT        only the tests whose name contains it
//   --headless         the headless host, also where VS Code could be downloaded
//   --extension DIR    the extension to test, when it is not this project
//   --no-build         test what `npm run build` made last time
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { bundleSuite } from './bundle';
import { chooseEditor, type Editor } from './choose';
import { HostError, runOrFail, within } from './host/process';
import { writeUserSettings } from './host/settings';
import type { SuiteResults } from './suite/protocol';

const project = path.resolve(__dirname, '../..');
const totalTimeoutMs = 20 * 60_000;
const buildTimeoutMs = 2 * 60_000;
const installTimeoutMs = 3 * 60_000;

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      vsix: { type: 'string' },
      web: { type: 'boolean', default: false },
      grep: { type: 'string', default: '' },
      headless: { type: 'boolean', default: false },
      extension: { type: 'string' },
      build: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const kind = options.vsix ? 'vsix' : options.web ? 'web' : 'editor';
  if (options.vsix && !existsSync(options.vsix)) {
    throw new HostError('--vsix', `there is no file ${options.vsix}`, '`npm run package` makes it');
  }
  const editor = await chooseEditor({ headless: options.headless || options.web });
  console.log(`editor tests (${kind}): in ${editor.description}`);

  const folders = await makeFolders(kind);
  try {
    const tested = path.resolve(options.extension ?? project);
    const extension = options.vsix ? path.join(__dirname, 'vsix-probe') : tested;
    if (options.vsix) await installExtension(editor, path.resolve(options.vsix), folders);
    else if (options.build && !options.extension) await buildExtension();
    // VS Code runs a suite that lies in an extension's folder in the same extension host as that extension, which is
    // what a web extension needs; others find Mocha from here.
    const suite = path.join(options.web ? tested : project, `out/${kind}-suite/index.js`);
    const entry = path.join(__dirname, options.vsix ? 'vsix-probe/index.ts' : 'suite/index.ts');
    await bundleSuite({ entry, outFile: suite, web: options.web, grep: options.grep });
    const fault = await runSuite(editor, folders, extension, suite);
    await report(kind, folders, fault);
  } finally {
    await rm(folders.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Folders {
  readonly root: string;
  readonly workspace: string;
  readonly userData: string;
  readonly extensions: string;
  readonly results: string;
  /** Stays: logs and pictures of the last run. */
  readonly output: string;
}

/** Everything that a run writes is outside of the checkout, except its logs. */
async function makeFolders(kind: string): Promise<Folders> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'mutual-editor-'));
  const output = path.join(project, 'out', `${kind}-output`);
  const [workspace, userData, extensions, results] = ['workspace', 'user', 'extensions', 'results.json'].map((name) =>
    path.join(root, name),
  ) as [string, string, string, string];
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  await cp(path.join(__dirname, 'workspace'), workspace, { recursive: true });
  // Not `--extensionDevelopmentKind=web`: VS Code 1.139 reads it from the page's address and then forgets it.
  const webOnly = { 'remote.extensionKind': { 'mutual.mutual-istio': ['web'] } };
  await writeUserSettings(userData, kind === 'web' ? webOnly : {});
  return { root, workspace, userData, extensions, results, output };
}

async function buildExtension(): Promise<void> {
  try {
    const output = await runOrFail('npm', ['run', '--silent', 'build'], { cwd: project, timeoutMs: buildTimeoutMs });
    if (output.trim()) console.log(output.trimEnd());
  } catch (error) {
    throw new HostError('building the extension', (error as Error).message, '`npm run build` shows it alone');
  }
}

async function installExtension(editor: Editor, vsix: string, { userData, extensions }: Folders): Promise<void> {
  const args = ['--install-extension', vsix, `--user-data-dir=${userData}`, `--extensions-dir=${extensions}`];
  const output = await runOrFail(editor.commandLine, args, { timeoutMs: installTimeoutMs });
  console.log(output.trimEnd());
}

/** Gives back why VS Code did not end well, or undefined. What the tests said is in the results. */
async function runSuite(
  editor: Editor,
  folders: Folders,
  extension: string,
  suite: string,
): Promise<Error | undefined> {
  const { workspace, userData, extensions, output } = folders;
  const tests = runTests({
    vscodeExecutablePath: editor.executable,
    extensionDevelopmentPath: extension,
    extensionTestsPath: suite,
    extensionTestsEnv: { MUTUAL_HOST_OUTPUT: output },
    launchArgs: [workspace, `--user-data-dir=${userData}`, `--extensions-dir=${extensions}`],
  });
  try {
    await within(totalTimeoutMs, tests, () => `VS Code did not end within ${totalTimeoutMs / 60_000} minutes`);
    return undefined;
  } catch (error) {
    // Still running: `runTests` ends its VS Code on this signal and offers no other way.
    if (process.listenerCount('SIGINT') > 0) process.emit('SIGINT', 'SIGINT');
    return error as Error;
  }
}

/** One line for people and, if asked for, one for the sum of all suites. A run without results is a failure. */
async function report(kind: string, { results, output }: Folders, fault: Error | undefined): Promise<void> {
  if (!existsSync(results)) {
    const cause = fault ? `the suite gave no results: ${fault.message}` : 'the suite gave no results';
    throw new HostError(`${kind} tests`, cause, `see above, and the logs in ${output}`);
  }
  const { passed, failed, skipped, failures }: SuiteResults = JSON.parse(await readFile(results, 'utf8'));
  console.log(`${kind} tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  const counts = process.env.MUTUAL_TEST_COUNTS;
  if (counts) await appendFile(counts, `${JSON.stringify({ suite: kind, passed, failed, skipped })}\n`);
  if (failed > 0)
    throw new HostError(`${kind} tests`, failures.map(({ title }) => title).join('; '), `logs: ${output}`);
  if (fault) throw new HostError(`${kind} tests`, fault.message, `see above, and the logs in ${output}`);
  if (passed === 0) throw new HostError(`${kind} tests`, 'no test ran', 'check --grep and the *.test.ts of the suite');
}

main().catch((error: NodeJS.ErrnoException) => {
  const expected = error instanceof HostError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(expected ? error.message : error.stack);
  process.exitCode = 1;
});
