// Single files of the disk: what they are, and their texts with what keeps them from being read.
import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
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

/**
 * The text of a file; undefined, with a problem, for what is none. It is read at once: a manifest takes a fraction of a
 * millisecond, and going through promises several times that.
 */
export function readText({ path, named }: FoundFile, problems: DiskProblem[]): string | undefined {
  const skip = (code: DiskProblem['code'], why: Pick<DiskProblem, 'cause' | 'remedy'>): undefined => {
    problems.push({ code: named ? 'unreadable' : code, path, ...why });
    return undefined;
  };
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    const { size } = fstatSync(handle);
    if (size > LARGEST_FILE) return skip('skipped', tooLarge(size));
    const bytes = readFileSync(handle);
    const why = noText(basename(path), bytes);
    return why ? skip('skipped', why) : bytes.toString('utf8');
  } catch (error) {
    return skip('unreadable', unreadable(codeOf(error)));
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
