// The headless VS Code as a command: takes VS Code's own arguments, runs the extension tests, ends with their exit code.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type HostArguments, parseArguments } from './arguments';
import { launchBrowser } from './browser';
import { controlVariable, startControl } from './control';
import { ensureInstalled, type Installation } from './install';
import { endAllChildren, HostError, within } from './process';
import { manageExtensions, type ServerFolders, startServer } from './server';
import { type Limits, runInWorkbench } from './workbench';

type AtEnd = (action: () => Promise<unknown>) => void;

const say = (line: string) => console.log(`[headless VS Code] ${line}`);

export async function main(argv: readonly string[]): Promise<void> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  let cleaning: Promise<void> | undefined;
  const cleanUp = () => {
    cleaning ??= runAll(cleanUps.reverse());
    return cleaning;
  };
  process.on('exit', endAllChildren);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      say(`${signal}: closing the server and the browser`);
      void cleanUp().finally(() => process.exit(130));
    });
  }
  let code = 1;
  try {
    code = await runHost(parseArguments(argv), (action) => cleanUps.push(action));
  } catch (error) {
    console.error(
      `[headless VS Code] ${error instanceof HostError ? error.message : ((error as Error).stack ?? error)}`,
    );
  }
  await cleanUp();
  process.exit(code);
}

async function runHost(args: HostArguments, atEnd: AtEnd): Promise<number> {
  if (args.ignored.length > 0) say(`has no meaning here and is left out: ${args.ignored.join(' ')}`);
  const installation = await ensureInstalled(say);
  const folders = await makeFolders(args, atEnd);
  if (args.installExtensions.length > 0 || args.listExtensions) {
    const actions = args.installExtensions.flatMap((file) => ['--install-extension', file]);
    if (args.listExtensions) actions.push('--list-extensions', '--show-versions');
    process.stdout.write(await manageExtensions(installation, folders, actions));
    if (!args.extensionTestsPath) return 0;
  }
  if (!args.extensionTestsPath) {
    throw new HostError(
      'headless VS Code',
      'no --extensionTestsPath was given',
      'name the suite to run; there is no window to work in',
    );
  }
  return runSuite(args, installation, folders, atEnd);
}

async function runSuite(
  args: HostArguments,
  installation: Installation,
  folders: ServerFolders,
  atEnd: AtEnd,
): Promise<number> {
  const outputFolder = path.resolve(process.env.MUTUAL_HOST_OUTPUT || path.join(folders.serverData, 'output'));
  await mkdir(outputFolder, { recursive: true });
  const limits = readLimits();
  let page: Page | undefined;
  const control = await startControl(() => page, path.join(outputFolder, 'screenshots'));
  atEnd(control.stop);
  // No extension market: a test run must not depend on what is out there, nor tell anyone of itself.
  const env = { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', [controlVariable]: control.address };
  const starting = [
    startServer(installation, folders, path.join(outputFolder, 'server.log'), env),
    launchBrowser(installation, say),
  ] as const;
  // When one fails, the other is still waited for: it must be known to be ended.
  starting[0].then(
    ({ stop }) => atEnd(stop),
    () => {},
  );
  starting[1].then(
    ({ browser }) => atEnd(() => browser.close()),
    () => {},
  );
  await Promise.allSettled(starting);
  const [server, { browser, description }] = await Promise.all(starting);
  say(`VS Code ${installation.vscodeVersion} on port ${server.port}, seen by ${description}`);
  page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: readNumber('MUTUAL_HOST_SCALE', 1),
  });
  try {
    const code = await runInWorkbench({ page, server, args, outputFolder, limits });
    if (code !== 0) await saveFailure(page, outputFolder);
    return code;
  } catch (error) {
    await saveFailure(page, outputFolder);
    throw error;
  }
}

/** VS Code's own folders: those of the command line, else new ones that are removed at the end. */
async function makeFolders(args: HostArguments, atEnd: AtEnd): Promise<ServerFolders> {
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'mutual-host-'));
  atEnd(() => rm(temporary, { recursive: true, force: true, maxRetries: 3 }));
  const folders = {
    serverData: path.join(temporary, 'server'),
    userData: args.userDataDir ?? path.join(temporary, 'user'),
    extensions: args.extensionsDir ?? path.join(temporary, 'extensions'),
  };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  return folders;
}

function readLimits(): Limits {
  return {
    loadMs: 60_000,
    silenceMs: readNumber('MUTUAL_HOST_SILENCE', 120) * 1000,
    totalMs: readNumber('MUTUAL_HOST_TIMEOUT', 900) * 1000,
  };
}

function readNumber(variable: string, otherwise: number): number {
  const text = process.env[variable];
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new HostError(variable, `"${text}" is not a positive number`, 'set it to one, or leave it out');
}

/** What was on the screen when it went wrong. */
async function saveFailure(page: Page, outputFolder: string): Promise<void> {
  const file = path.join(outputFolder, 'failure.png');
  try {
    await page.screenshot({ path: file, timeout: 10_000 });
    say(`what was on the screen: ${file}`);
  } catch (error) {
    say(`no picture of the failure: ${(error as Error).message.split('\n')[0]}`);
  }
}

async function runAll(actions: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const action of actions) {
    try {
      await within(15_000, action(), () => 'it did not end within 15 s');
    } catch (error) {
      say(`cleaning up: ${(error as Error).message}`);
    }
  }
}
