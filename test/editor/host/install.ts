// Where the headless VS Code comes from: npm packages of pinned versions, installed once into a cache folder outside
// of node_modules (620 MB would slow down every install of the project) and checked each time it is used.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { withLock } from './lock';
import { HostError, run, runOrFail } from './process';

/** `code-server` ships the VS Code server and the web workbench; this VS Code needs Node 24, whatever runs the tests. */
const versions = { 'code-server': '4.139.1', vscode: '1.139.1', node: '24.21.0' } as const;
const installTimeoutMs = 10 * 60_000;

export interface Installation {
  readonly folder: string;
  readonly node: string;
  readonly serverMain: string;
  readonly vscodeVersion: string;
}

interface Stamp {
  readonly versions: typeof versions;
  readonly files: number;
}

export function cacheFolder(): string {
  const { MUTUAL_HOST_CACHE, XDG_CACHE_HOME } = process.env;
  return path.resolve(
    MUTUAL_HOST_CACHE || path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'mutual-vscode-host'),
  );
}

/** The installation, made now if it is not there yet; `say` gets a line for each step that takes time. */
export async function ensureInstalled(say: (line: string) => void): Promise<Installation> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new HostError(
      'headless VS Code',
      `there is none for ${process.platform} ${process.arch}, only for Linux on x64 and arm64`,
      'set MUTUAL_VSCODE_PATH to the executable of an installed VS Code, or run where VS Code can be downloaded',
    );
  }
  const cache = cacheFolder();
  const installation = describe(path.join(cache, `code-server-${versions['code-server']}-node-${versions.node}`));
  await mkdir(cache, { recursive: true });
  return withLock(path.join(cache, 'install.lock'), installTimeoutMs, say, async () => {
    const fault = await findFault(installation);
    if (fault === undefined) return installation;
    if (existsSync(installation.folder)) say(`the installed VS Code is not usable (${fault}); installing it again`);
    await removeLeftovers(cache);
    await install(installation, cache, say);
    return installation;
  });
}

function describe(folder: string): Installation {
  return {
    folder,
    node: path.join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'),
    serverMain: path.join(folder, 'node_modules/code-server/lib/vscode/out/server-main.js'),
    vscodeVersion: versions.vscode,
  };
}

/** What is wrong with an installation, or undefined. Counting the files finds what a full disk or a cleaner took away. */
async function findFault(installation: Installation): Promise<string | undefined> {
  let stamp: Stamp;
  try {
    stamp = JSON.parse(await readFile(path.join(installation.folder, 'stamp.json'), 'utf8'));
  } catch (error) {
    return `its stamp cannot be read: ${(error as Error).message}`;
  }
  if (JSON.stringify(stamp.versions) !== JSON.stringify(versions)) return 'it has other versions than it should';
  const files = await countFiles(installation.folder);
  if (files !== stamp.files) return `it has ${files} files, ${stamp.files} were installed`;
  return findWrongVersion(installation);
}

async function findWrongVersion({ node, serverMain }: Installation): Promise<string | undefined> {
  try {
    const nodeVersion = (await runOrFail(node, ['--version'], { timeoutMs: 20_000 })).trim();
    if (nodeVersion !== `v${versions.node}`) return `its Node is ${nodeVersion}, not v${versions.node}`;
    const product = JSON.parse(await readFile(path.join(serverMain, '../../package.json'), 'utf8'));
    if (product.version !== versions.vscode) return `its VS Code is ${product.version}, not ${versions.vscode}`;
    await readFile(serverMain);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Installs into a folder of another name and renames it last: a folder of the right name is never half-finished. */
async function install(installation: Installation, cache: string, say: (line: string) => void): Promise<void> {
  const partial = path.join(cache, `partial-${process.pid}-${randomBytes(3).toString('hex')}`);
  await mkdir(partial);
  const started = Date.now();
  say(`installing VS Code ${versions.vscode} from npm packages into ${cache} (620 MB, once)`);
  try {
    const packages = [`code-server@${versions['code-server']}`, `node-linux-${process.arch}@${versions.node}`];
    await writeFile(path.join(partial, 'package.json'), JSON.stringify({ name: 'mutual-vscode-host', private: true }));
    // Without install scripts no native module is compiled; the server works without them (it only has no terminal).
    await npmInstall(partial, ['--save-exact', ...packages], say, 'code-server and Node 24');
    const vscode = path.join(partial, 'node_modules/code-server/lib/vscode');
    await npmInstall(vscode, ['--omit=dev'], say, "VS Code's own packages");
    await npmInstall(path.join(vscode, 'extensions'), ['--omit=dev'], say, 'the packages of its built-in extensions');

    const fault = await findWrongVersion(describe(partial));
    if (fault !== undefined) throw new Error(fault);
    const stamp: Stamp = { versions, files: (await countFiles(partial)) + 1 };
    await writeFile(path.join(partial, 'stamp.json'), JSON.stringify(stamp));
    await rm(installation.folder, { recursive: true, force: true });
    await rename(partial, installation.folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw new HostError(
      'installing the headless VS Code',
      (error as Error).message,
      `check that \`npm view code-server version\` answers and that ${cache} is writable and has 1 GB free; ` +
        'MUTUAL_HOST_CACHE names another folder, MUTUAL_VSCODE_PATH an installed VS Code to use instead',
    );
  }
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

export async function npmInstall(
  cwd: string,
  args: string[],
  say: (line: string) => void,
  what: string,
): Promise<void> {
  say(`npm install: ${what}`);
  const all = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args];
  const { code, output } = await run('npm', all, { cwd, env: environmentForNpm(), timeoutMs: installTimeoutMs });
  if (code !== 0) throw new Error(`\`npm ${all.join(' ')}\` ended with exit code ${code}\n${output.trimEnd()}`);
}

/** `npm run` tells its scripts about the project by variables that would make a nested npm install into the project. */
function environmentForNpm(): NodeJS.ProcessEnv {
  const leak = /^(npm_config_(local_prefix|prefix|dir)|npm_package_.*|npm_lifecycle_.*|npm_command|INIT_CWD)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !leak.test(name)));
}

/** Partial folders of runs that were killed; the lock makes sure that no other run is filling them. */
async function removeLeftovers(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith('partial-')) await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

async function countFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).length;
}
