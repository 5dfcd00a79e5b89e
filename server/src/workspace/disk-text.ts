// Single files of the disk: what they are, and their texts with what keeps them from being read.
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type DiskProblem, LARGEST_FILE, noText, tooLarge, unreadable } from './candidates';

export interface FoundFile {
  /** As the user would write it. */
  readonly path: string;
  /** Named by the user, not found in a folder. */
  readonly named: boolean;
}

/** What a path is, or the code of the error that tells. */
export async function statOf(path: string): Promise<Stats | 'missing' | string> {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : code;
  }
}

/** The code of an error of the file system. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** The text of a file; undefined, with a problem, for what is none. */
export async function readText({ path, named }: FoundFile, problems: DiskProblem[]): Promise<string | undefined> {
  const skip = (code: DiskProblem['code'], why: Pick<DiskProblem, 'cause' | 'remedy'>): undefined => {
    problems.push({ code: named ? 'unreadable' : code, path, ...why });
    return undefined;
  };
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > LARGEST_FILE) return skip('skipped', tooLarge(size));
      const bytes = await handle.readFile();
      const why = noText(basename(path), bytes);
      return why ? skip('skipped', why) : bytes.toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    return skip('unreadable', unreadable(codeOf(error)));
  }
}
