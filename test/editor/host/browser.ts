// Which browser shows the workbench: a Chromium on PATH, else one from the system's package manager, else one that an
// npm package ships. A browser counts only when it really starts.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cacheFolder, type Installation } from './install';
import { withLock } from './lock';
import { ensureNpmBrowser, npmBrowserName } from './npm-browser';
import { HostError, run, runOrFail, tail } from './process';

export type Say = (line: string) => void;

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Screenshots of an editor need a font of fixed width, which the browser's package does not bring along. */
const systemPackages = ['chromium', 'fonts-dejavu-core'];
/** Enough to work as root and offline, and to start nothing that talks to the outside. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const startTimeoutMs = 60_000;
const systemInstallTimeoutMs = 5 * 60_000;

export interface RunningBrowser {
  readonly browser: Browser;
  readonly description: string;
}

export interface Executable {
  readonly path: string;
  readonly env?: NodeJS.ProcessEnv;
}

export async function launchBrowser(installation: Installation, say: Say): Promise<RunningBrowser> {
  const sources: { what: string; find: () => Promise<Executable> }[] = [
    { what: 'a Chromium on PATH', find: findOnPath },
    { what: "the system's package manager", find: () => installFromSystem(say) },
    { what: `the npm package ${npmBrowserName}`, find: () => ensureNpmBrowser(installation, say) },
  ];
  const failures: string[] = [];
  for (const { what, find } of sources) {
    try {
      const executable = await find();
      const browser = await chromium.launch({
        executablePath: executable.path,
        headless: true,
        args: flags,
        timeout: startTimeoutMs,
        env: { ...process.env, ...executable.env } as Record<string, string>,
        // The host ends the browser itself, in its own order.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      return { browser, description: `Chromium ${browser.version()} (${executable.path})` };
    } catch (error) {
      const reason = `${what}: ${tail((error as Error).message, 6)}`;
      failures.push(reason);
      if (find !== findOnPath) say(`no browser from ${reason}`);
    }
  }
  throw new HostError(
    'headless VS Code',
    `no browser can be had\n  - ${failures.map((failure) => failure.replaceAll('\n', '\n    ')).join('\n  - ')}`,
    'put `chromium` on PATH, or let the tests install it (root or `sudo -n`, with apt-get), or make the npm registry reachable',
  );
}

async function findOnPath(): Promise<Executable> {
  const refused: string[] = [];
  for (const name of names) {
    const candidate = await findProgram(name);
    if (!candidate) continue;
    // Some systems have a script of this name that only tells how to install the browser.
    const { code, output } = await run(candidate, ['--version'], { timeoutMs: 20_000 });
    if (code === 0 && /chrom/i.test(output)) return { path: candidate };
    refused.push(`${candidate} --version ended with exit code ${code}: ${tail(output, 2)}`);
  }
  throw new Error(refused.length > 0 ? refused.join('; ') : `none of ${names.join(', ')} is there`);
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
    const candidate = path.join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function installFromSystem(say: Say): Promise<Executable> {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = async (args: string[]) => {
    const [command = '', ...rest] = [...sudo, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120', ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await runOrFail(command, rest, { timeoutMs: systemInstallTimeoutMs, env });
  };
  return withLock(path.join(cacheFolder(), 'apt.lock'), systemInstallTimeoutMs, say, async () => {
    // A run that held the lock before us has perhaps installed it.
    const already = await findOnPath().catch(() => undefined);
    if (already) return already;
    if (!(await findProgram('apt-get'))) throw new Error('there is no apt-get');
    say(`no Chromium on PATH; installing ${systemPackages.join(' and ')} by apt-get`);
    await apt(['update']);
    await apt(['install', '-y', '--no-install-recommends', ...systemPackages]);
    return findOnPath();
  });
}
