// Reports that `mutual check` has printed, kept by what they were made of: with the same files, options and program it
// prints them again. What is damaged, or cannot be read or written, counts as not there.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Written } from './terminal';

/** In bytes: the size that the folder is brought back to, and what is too large to be kept. */
const LARGEST_CACHE = 64 * 1024 * 1024;
const LARGEST_REPORT = 16 * 1024 * 1024;

export interface KeptReport {
  readonly code: number;
  readonly written: readonly Written[];
}

/** Everything that a report depends on. */
export interface ReportSource {
  /** Texts by URI. */
  readonly files: ReadonlyMap<string, string>;
  /** What else is known to exist, by URI. */
  readonly entries: Iterable<readonly [string, string]>;
  /** Flags, configuration, what could not be read, the working folder and whatever else bears on it, as JSON. */
  readonly circumstances: unknown;
}

/**
 * Where reports are kept: `MUTUAL_CACHE`, or `mutual` in the user's cache folder.
 * @returns undefined where `MUTUAL_CACHE` is `off`
 */
export function cacheFolder(): string | undefined {
  const { MUTUAL_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (MUTUAL_CACHE === 'off') return undefined;
  if (MUTUAL_CACHE) return resolve(MUTUAL_CACHE);
  const base = XDG_CACHE_HOME || (process.platform === 'win32' && LOCALAPPDATA) || join(homedir(), '.cache');
  return resolve(base, 'mutual');
}

/**
 * The key of a report: equal for equal sources and the same build of Mutual alone.
 * @returns undefined where the program does not run from its one file, so that nothing tells builds apart
 */
export async function reportKey({ files, entries, circumstances }: ReportSource): Promise<string | undefined> {
  if (!__filename.endsWith('cli.js')) return undefined;
  const hash = createHash('sha256');
  const add = (...parts: readonly (string | Buffer)[]): void => {
    // lengths keep apart what would read the same put together
    for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  };
  add(await readFile(__filename), process.version, JSON.stringify(circumstances));
  for (const [uri, entry] of [...entries].sort(byUri)) add(uri, entry);
  add('files');
  for (const [uri, text] of [...files].sort(byUri)) add(uri, text);
  return hash.digest('hex');
}

function byUri([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** @param note is told why a report that is there, or the folder, is of no use */
export async function findReport(
  folder: string,
  key: string,
  note: (text: string) => Promise<void>,
): Promise<KeptReport | undefined> {
  const file = fileOf(folder, key);
  const text = await readFile(file, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') await note(`${file}: cannot be read (${error.code ?? error.message})`);
    return undefined;
  });
  if (text === undefined) return undefined;
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (end < 0 || text.slice(0, end) !== checksum(key, body)) {
    await note(`${file}: damaged; the report is made anew`);
    return undefined;
  }
  // what was used last is kept longest; if that cannot be noted, it goes sooner
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
  return JSON.parse(body) as KeptReport;
}

/** Keeps a report. It is put in place at once, so that nobody meets half of it. */
export async function keepReport(
  folder: string,
  key: string,
  report: KeptReport,
  note: (text: string) => Promise<void>,
): Promise<void> {
  const body = JSON.stringify(report);
  if (body.length > LARGEST_REPORT) return;
  const temporary = join(folder, `${randomUUID()}.new`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${checksum(key, body)}\n${body}`, { mode: 0o600 });
    await rename(temporary, fileOf(folder, key));
    await shrink(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    await note(`${folder}: the report cannot be kept (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
}

/** Removes what was used longest ago, and what interrupted runs have left, until the folder is small enough. */
async function shrink(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^(?:[0-9a-f]{64}\.report|[0-9a-f-]{36}\.new)$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      // another run may have removed it
      const status = await stat(path).catch(() => undefined);
      return { path, size: status?.size ?? 0, used: status?.mtimeMs ?? 0 };
    }),
  );
  let size = files.reduce((sum, each) => sum + each.size, 0);
  for (const file of files.sort((a, b) => a.used - b.used)) {
    if (size <= LARGEST_CACHE) return;
    await rm(file.path, { force: true });
    size -= file.size;
  }
}

function fileOf(folder: string, key: string): string {
  return join(folder, `${key}.report`);
}

function checksum(key: string, body: string): string {
  return createHash('sha256').update(key).update(body).digest('hex');
}
