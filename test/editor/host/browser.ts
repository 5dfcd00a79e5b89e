// Which browser shows the workbench: a Chromium on PATH, else one from the system's package manager, else one that an
// npm package ships. A browser counts only when it really starts.
import { constants } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cacheFolder, type Installation, npmInstall } from './install';
import { withLock } from './lock';
import { HostError, run, runOrFail, tail } from './process';

type Say = (line: string) => void;

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Screenshots of an editor need a font of fixed width, which the browser's package does not bring along. */
const systemPackages = ['chromium', 'fonts-dejavu-core'];
const npmChromium = { name: '@sparticuz/chromium', version: '153.0.0' } as const;
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

interface Executable {
  readonly path: string;
  readonly env?: NodeJS.ProcessEnv;
}

export async function launchBrowser(installation: Installation, say: Say): Promise<RunningBrowser> {
  const sources: { what: string; find: () => Promise<Executable> }[] = [
    { what: 'a Chromium on PATH', find: findOnPath },
    { what: "the system's package manager", find: () => installFromSystem(say) },
    { what: `the npm package ${npmChromium.name}`, find: () => installFromNpm(installation, say) },
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
    for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
      const candidate = path.join(folder, name);
      if (!(await isExecutable(candidate))) continue;
      // Some systems have a script of this name that only tells how to install the browser.
      const { code, output } = await run(candidate, ['--version'], { timeoutMs: 20_000 });
      if (code === 0 && /chrom/i.test(output)) return { path: candidate };
      refused.push(`${candidate} --version ended with exit code ${code}: ${tail(output, 2)}`);
    }
  }
  throw new Error(refused.length > 0 ? refused.join('; ') : `none of ${names.join(', ')} is there`);
}

async function isExecutable(file: string): Promise<boolean> {
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
    say(`no Chromium on PATH; installing ${systemPackages.join(' and ')} by apt-get`);
    await apt(['update']);
    await apt(['install', '-y', '--no-install-recommends', ...systemPackages]);
    return findOnPath();
  });
}

async function installFromNpm(installation: Installation, say: Say): Promise<Executable> {
  if (process.arch !== 'x64') throw new Error(`it has no browser for ${process.arch}`);
  const folder = path.join(cacheFolder(), `npm-chromium-${npmChromium.version}`);
  const executable = path.join(folder, 'unpacked/chromium');
  const stamp = path.join(folder, 'complete');
  await withLock(path.join(cacheFolder(), 'npm-chromium.lock'), systemInstallTimeoutMs, say, async () => {
    if ((await isExecutable(executable)) && (await isReadable(stamp))) return;
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(path.join(partial, 'unpacked'), { recursive: true });
    await writeFile(path.join(partial, 'package.json'), JSON.stringify({ name: 'mutual-chromium', private: true }));
    await npmInstall(partial, [`${npmChromium.name}@${npmChromium.version}`], say, npmChromium.name);
    // The package unpacks itself into TMPDIR. It brings the system libraries of a bare machine along, but unpacks them
    // only where it believes to be in a function service, hence the variable. It needs a Node newer than ours may be.
    await runOrFail(installation.node, ['--input-type=module', '-e', unpackProgram], {
      cwd: partial,
      timeoutMs: 120_000,
      env: { ...process.env, TMPDIR: path.join(partial, 'unpacked'), AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' },
    });
    await writeFile(path.join(partial, 'complete'), '');
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  });
  const libraries = [path.join(folder, 'unpacked/al2023/lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    path: executable,
    env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: path.join(folder, 'unpacked/fonts') },
  };
}

const unpackProgram = `import chromium from '${npmChromium.name}'; await chromium.executablePath();`;

async function isReadable(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
