// Opens the workbench in the browser and waits for the extension tests to end there; what the tests print is passed on.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { suiteMark } from '../suite/protocol';
import type { HostArguments } from './arguments';
import { delay, HostError } from './process';
import type { Server } from './server';

export interface Limits {
  /** Until the workbench is on the screen. */
  readonly loadMs: number;
  /** Without any output of the suite: it hangs. */
  readonly silenceMs: number;
  readonly totalMs: number;
}

export interface WorkbenchOptions {
  readonly page: Page;
  readonly server: Server;
  readonly args: HostArguments;
  readonly outputFolder: string;
  readonly limits: Limits;
}

/** Gives back the exit code of the suite; rejects when it hangs, or the server or the page is lost. */
export async function runInWorkbench(options: WorkbenchOptions): Promise<number> {
  const { page, server, limits, outputFolder } = options;
  let lastSign = Date.now();
  let loaded = false;
  let finished = false;
  const failure = (place: string, cause: string) =>
    new HostError(place, cause, `see failure.png, the logs and the console of the workbench in ${outputFolder}`);
  const consoleLog = createWriteStream(path.join(outputFolder, 'workbench-console.log'));
  page.on('console', (message) => {
    if (!finished) consoleLog.write(`[${message.type()}] ${message.text()}\n`);
  });
  page.on('pageerror', (error) => {
    if (!finished) consoleLog.write(`[uncaught] ${error.stack ?? error.message}\n`);
  });
  // The workbench calls these two when they exist: @vscode/test-web is built on the same pair.
  await page.exposeFunction('codeAutomationLog', (level: string, values: unknown[]) => {
    const text = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
    if (!finished) consoleLog.write(`[log ${level}] ${text}\n`);
    if (passOn(level, text)) lastSign = Date.now();
  });
  const exited = new Promise<number>((resolve, reject) => {
    const onExit = async (code: number, logs: readonly LogFile[] = []) => {
      await saveLogs(path.join(outputFolder, 'logs'), logs);
      resolve(code);
    };
    page
      .exposeFunction('codeAutomationExit', (code: number, logs?: LogFile[]) => onExit(code, logs).catch(reject))
      .catch(reject);
  });
  const lost = new Promise<never>((_resolve, reject) => {
    page.once('crash', () => reject(failure('the workbench page', 'it crashed')));
    page.once('close', () => reject(failure('the workbench page', 'the browser closed it')));
    void server.unexpectedEnd.then((cause) => reject(failure('the VS Code server', cause)));
  });

  const outcome = Promise.race([exited, lost, watchTime()]);
  try {
    await Promise.race([load(), outcome]);
    loaded = true;
    lastSign = Date.now();
    return await outcome;
  } finally {
    finished = true;
    consoleLog.end();
  }

  async function load(): Promise<void> {
    try {
      await page.goto(workbenchAddress(options), { timeout: limits.loadMs });
      await page.waitForSelector('.monaco-workbench', { timeout: limits.loadMs });
    } catch (error) {
      const { message } = error as Error;
      if (!finished) consoleLog.write(`${message}\n`);
      throw failure('the workbench page', `it does not load: ${message.split('\n')[0]}`);
    }
  }

  async function watchTime(): Promise<never> {
    const started = Date.now();
    for (;;) {
      await delay(500);
      if (finished) return new Promise(() => {});
      if (loaded && Date.now() - lastSign > limits.silenceMs) {
        throw failure('the extension tests', `they printed nothing for ${limits.silenceMs / 1000} s and did not end`);
      }
      if (Date.now() - started > limits.totalMs) {
        throw failure('the extension tests', `they did not end within ${limits.totalMs / 1000} s`);
      }
    }
  }
}

function workbenchAddress({ server, args }: WorkbenchOptions): string {
  const authority = `127.0.0.1:${server.port}`;
  const remote = (file: string) => `vscode-remote://${authority}${encodeURI(file)}`;
  const payload: [string, string][] = args.extensionDevelopmentPaths.map((folder) => [
    'extensionDevelopmentPath',
    remote(folder),
  ]);
  if (args.extensionTestsPath) payload.push(['extensionTestsPath', remote(args.extensionTestsPath)]);
  if (args.disableExtensions) payload.push(['disableExtensions', 'true']);
  const query = new URLSearchParams({ tkn: server.token });
  if (args.workspace?.endsWith('.code-workspace')) query.set('workspace', args.workspace);
  else if (args.workspace) query.set('folder', args.workspace);
  else query.set('ew', 'true');
  query.set('payload', JSON.stringify(payload));
  return `http://${authority}/?${query}`;
}

interface LogFile {
  readonly relativePath: string;
  readonly contents: string;
}

async function saveLogs(folder: string, logs: readonly LogFile[]): Promise<void> {
  for (const { relativePath, contents } of logs) {
    if (contents === '') continue;
    const file = path.join(folder, path.normalize(`/${relativePath}`));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, contents);
  }
}

/** Errors that VS Code itself reports here whatever is tested: native modules that are not built, services of the web. */
const ownErrors =
  /Could not locate the bindings file|native-watchdog|\[Service Worker\]|authentication provider|AgentHost|^Canceled/;
const ownStackLines = /^\s*at .*(https?:\/\/|node:internal|extensionHostProcess)/;
const shownLines = 8;

/** Prints what the suite says, and errors that others log; true when it was the suite. */
function passOn(level: string, text: string): boolean {
  if (text.startsWith(suiteMark)) {
    console.log(text.slice(suiteMark.length));
    return true;
  }
  if (level === 'error' && !ownErrors.test(text)) {
    const lines = text.split('\n').filter((line) => !ownStackLines.test(line));
    console.log(`[VS Code error] ${lines.slice(0, shownLines).join('\n    ')}`);
  }
  return false;
}
