// Which VS Code runs the tests: a named one, a downloaded one, or the headless host, and why.
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadAndUnzipVSCode, resolveCliPathFromVSCodeExecutablePath } from '@vscode/test-electron';
import { fetchStableVersions } from '@vscode/test-electron/out/download';
import { HostError, within } from './host/process';

export interface Editor {
  readonly executable: string;
  /** The program that installs extensions; for a desktop VS Code it is another one. */
  readonly commandLine: string;
  readonly description: string;
}

const host = path.join(__dirname, 'host/code.mjs');
const networkTimeoutMs = 5_000;
const downloadTimeoutMs = 10 * 60_000;

export async function chooseEditor(options: { headless: boolean }): Promise<Editor> {
  const named = process.env.MUTUAL_VSCODE_PATH;
  if (named) {
    if (!existsSync(named))
      throw new HostError('MUTUAL_VSCODE_PATH', `there is no file ${named}`, 'name the executable of VS Code');
    return { ...desktop(named), description: `${named} (MUTUAL_VSCODE_PATH)` };
  }
  if (options.headless) return headless('asked for');
  const obstacle = findObstacle() ?? (await findNetworkObstacle());
  if (obstacle) return headless(obstacle);
  const version = process.env.MUTUAL_VSCODE_VERSION || 'stable';
  try {
    const late = () => `it did not end within ${downloadTimeoutMs / 60_000} minutes`;
    const executable = await within(downloadTimeoutMs, downloadAndUnzipVSCode(version), late);
    return {
      ...desktop(executable),
      executable: await withDisplay(executable),
      description: `a downloaded VS Code (${version})`,
    };
  } catch (error) {
    return headless(`the download of VS Code ${version} failed: ${(error as Error).message}`);
  }
}

function headless(reason: string): Editor {
  return { executable: host, commandLine: host, description: `the headless host (${reason})` };
}

function desktop(executable: string): Omit<Editor, 'description'> {
  const isHost = path.resolve(executable) === host;
  return { executable, commandLine: isHost ? host : resolveCliPathFromVSCodeExecutablePath(executable) };
}

function findObstacle(): string | undefined {
  if (process.platform !== 'linux' || hasDisplay() || findXvfb()) return undefined;
  return 'there is no display and no xvfb-run';
}

async function findNetworkObstacle(): Promise<string | undefined> {
  try {
    const late = () => `no answer within ${networkTimeoutMs / 1000} s`;
    await within(networkTimeoutMs, fetchStableVersions(true, networkTimeoutMs), late);
    return undefined;
  } catch (error) {
    return `VS Code's update service is out of reach: ${(error as Error).message}`;
  }
}

function hasDisplay(): boolean {
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function findXvfb(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, 'xvfb-run')).find((file) => existsSync(file));
}

/** Where there is no display, a script that starts VS Code in a virtual one. */
async function withDisplay(executable: string): Promise<string> {
  const xvfb = findXvfb();
  if (process.platform !== 'linux' || hasDisplay() || !xvfb) return executable;
  const script = path.resolve(__dirname, '../../out/code-in-xvfb');
  await mkdir(path.dirname(script), { recursive: true });
  await writeFile(script, `#!/bin/sh\nexec "${xvfb}" -a "${executable}" "$@"\n`);
  await chmod(script, 0o755);
  return script;
}
