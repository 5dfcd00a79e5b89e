// The entry that @vscode/test-electron runs inside VS Code: gives every *.test.ts of this folder to Mocha.
import { format } from 'node:util';
import { files } from 'virtual:suite-files';
import { print, writeResults } from './output';
import { mapStack } from './stack';

/** An editor that starts a language server is slow the first time. */
const testTimeoutMs = 20_000;

export async function run(): Promise<void> {
  // Imported late: Mocha is an ES module, and this bundle is what VS Code loads, CommonJS.
  const { default: Mocha } = await import('mocha');
  Mocha.reporters.Base.consoleLog = (...values: unknown[]) => print(format(...values));
  const mocha = new Mocha({ ui: 'bdd', timeout: testTimeoutMs, color: false, reporter: 'spec' });
  if (testPattern) mocha.grep(testPattern);
  // What Mocha does for its own files: the event defines `describe` and `it` before a file is run.
  for (const { name, load } of files) {
    mocha.suite.emit('pre-require', globalThis, name, mocha);
    load();
  }
  const failures: { title: string; message: string }[] = [];
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats));
    runner.on('fail', (test, error) => {
      mapStack(error);
      failures.push({ title: test.fullTitle(), message: error.message });
    });
  });
  // Counted by the failures seen, since a failing hook is no test and yet a failure.
  await writeResults({ passed: stats?.passes ?? 0, failed: failures.length, skipped: stats?.pending ?? 0, failures });
  if (failures.length > 0) throw new Error(`${failures.length} failed`);
}
