// One run at a time does a thing: a lock file that names its holder, so that a lock left by a killed run is seen as such.
import { open, readFile, rm, stat } from 'node:fs/promises';
import { delay, HostError } from './process';

const pollMs = 500;

export async function withLock<T>(
  file: string,
  timeoutMs: number,
  say: (line: string) => void,
  action: () => Promise<T>,
): Promise<T> {
  await acquire(file, timeoutMs, say);
  try {
    return await action();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, timeoutMs: number, say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let told = false;
  for (;;) {
    if (await tryCreate(file)) return;
    const holder = await readHolder(file);
    if (holder === 'gone') continue;
    if (holder !== 'starting' && !isAlive(holder)) {
      say(`taking over the lock of process ${holder}, which has ended`);
      await rm(file, { force: true });
      continue;
    }
    if (Date.now() > deadline) {
      throw new HostError(
        file,
        `process ${holder} has held this lock for ${timeoutMs / 1000} s`,
        'end that process, or delete the file',
      );
    }
    if (!told) say(`waiting for process ${holder}, which holds ${file}`);
    told = true;
    await delay(pollMs);
  }
}

async function tryCreate(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The process in the lock; 'starting' while it has not written its number yet (for a moment only). */
async function readHolder(file: string): Promise<number | 'gone' | 'starting'> {
  try {
    const pid = Number(await readFile(file, 'utf8'));
    if (Number.isInteger(pid) && pid > 0) return pid;
    const age = Date.now() - (await stat(file)).mtimeMs;
    if (age < 5_000) return 'starting';
    await rm(file, { force: true });
    return 'gone';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
