// Runs other programs for the host: every one has a time limit, and a failure says what ran, for how long, and the
// last lines that it wrote.
import { type ChildProcess, spawn } from 'node:child_process';

/** A failure that the user can act on: place, cause, remedy. Printed without a stack. */
export class HostError extends Error {
  constructor(place: string, cause: string, remedy: string) {
    super(`${place}: ${cause}\n  remedy: ${remedy}`);
    this.name = 'HostError';
  }
}

export interface CommandResult {
  readonly code: number | null;
  /** Both streams, in the order of writing. */
  readonly output: string;
  readonly stdout: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Runs a program to its end and gives back its exit code and output; rejects only when it cannot start or hangs. */
export function run(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    // A command of ours must not outlive us, so it stays in the list that `endAllChildren` clears.
    const forget = remember(child);
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', collect);
    const timer = setTimeout(() => {
      endTree(child, 'SIGKILL');
      reject(
        new Error(`\`${command} ${args.join(' ')}\` did not end within ${options.timeoutMs / 1000} s\n${tail(output)}`),
      );
    }, options.timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      forget();
      reject(new Error(`\`${command}\` cannot be started: ${error.message}`));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      forget();
      resolve({ code, output, stdout });
    });
  });
}

/** As `run`, and an exit code other than 0 is an error too. */
export async function runOrFail(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`\`${command} ${args.join(' ')}\` ended with exit code ${code}\n${tail(output)}`);
  return output;
}

export function tail(text: string, lines = 15): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Rejects with `message` when `promise` has not settled in time. */
export async function within<T>(milliseconds: number, promise: Promise<T>, message: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(message())), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Children are started as leaders of their own process group (`detached`), so that one signal reaches what they start.
const children = new Set<ChildProcess>();

export function remember(child: ChildProcess): () => void {
  children.add(child);
  const forget = () => {
    children.delete(child);
  };
  child.once('exit', forget);
  return forget;
}

export function endTree(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the group has ended already, which is what we want.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Synchronous, so that it also works in an exit handler. */
export function endAllChildren(): void {
  for (const child of children) endTree(child, 'SIGKILL');
  children.clear();
}
