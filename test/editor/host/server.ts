// Starts the VS Code server on a free port of this machine and waits until it listens.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { Installation } from './install';
import { endTree, HostError, remember, run, tail, within } from './process';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 5_000;

export interface ServerFolders {
  readonly serverData: string;
  readonly userData: string;
  readonly extensions: string;
}

export interface Server {
  readonly port: number;
  /** Whoever knows it may use the server: other users of the machine must not run code through it. */
  readonly token: string;
  /** Resolves with a description when the server ends although nobody asked it to. */
  readonly unexpectedEnd: Promise<string>;
  stop(): Promise<void>;
}

function folderArguments(folders: ServerFolders): string[] {
  return [
    '--accept-server-license-terms',
    ...['--server-data-dir', folders.serverData],
    ...['--user-data-dir', folders.userData],
    ...['--extensions-dir', folders.extensions],
    '--telemetry-level=off',
  ];
}

export async function startServer(
  { node, serverMain }: Installation,
  folders: ServerFolders,
  logFile: string,
  env: NodeJS.ProcessEnv,
): Promise<Server> {
  const token = randomBytes(16).toString('hex');
  const args = [
    serverMain,
    ...['--host', '127.0.0.1', '--port', '0'],
    ...['--connection-token', token],
    ...folderArguments(folders),
    // Without this one a released build ignores the parameters of a test run.
    '--enable-smoke-test-driver',
    '--disable-workspace-trust',
    // If we are killed without a chance to clean up, the server ends by itself some minutes later.
    '--enable-remote-auto-shutdown',
  ];
  const child = spawn(node, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  remember(child);
  let stopping = false;
  const log = createWriteStream(logFile);
  let output = '';
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const listening = new Promise<number>((resolve) => {
    const read = (chunk: Buffer) => {
      log.write(chunk);
      output += chunk.toString();
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port) resolve(Number(port));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const fail = (cause: string) =>
    new HostError(
      'the VS Code server',
      `${cause}\n${tail(output)}`,
      `the whole output is in ${logFile}; if files of it are missing, delete ${path.dirname(path.dirname(node))} and run again`,
    );
  try {
    const notInTime = () => `it did not listen within ${startTimeoutMs / 1000} s`;
    const port = await within(startTimeoutMs, Promise.race([listening, ended.then(rejectWith)]), notInTime);
    const unexpectedEnd = ended.then((cause) => (stopping ? new Promise<string>(() => {}) : cause));
    return { port, token, unexpectedEnd, stop };
  } catch (error) {
    await stop();
    throw fail((error as Error).message);
  }

  async function stop(): Promise<void> {
    stopping = true;
    await stopChild(child, ended);
    log.end();
  }
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  endTree(child, 'SIGTERM');
  await within(stopTimeoutMs, ended, () => 'not ended').catch(() => {});
  // Also when it has ended: an extension host that it started may be left in its process group.
  endTree(child, 'SIGKILL');
}

function rejectWith(cause: string): never {
  throw new Error(cause);
}

/** Installs or lists extensions, as `code --install-extension file.vsix` does. Gives back what was printed. */
export async function manageExtensions(
  installation: Installation,
  folders: ServerFolders,
  args: string[],
): Promise<string> {
  const { code, output, stdout } = await run(
    installation.node,
    [installation.serverMain, ...folderArguments(folders), ...args],
    {
      timeoutMs: 120_000,
    },
  );
  // The server says "Failed Installing Extensions" and ends with 0 in some of its versions.
  if (code !== 0 || /^(Failed Installing|Error while installing)/m.test(output)) {
    throw new HostError(
      'the VS Code server',
      `\`${args.join(' ')}\` failed\n${tail(output)}`,
      'look at the file named there',
    );
  }
  // The other stream is full of complaints about native modules.
  return stdout;
}
