// What .gitignore files leave out: those of every folder from the top of a repository down, the nearest first.
import ignore, { type Ignore } from 'ignore';

/** The texts of .gitignore files by their folders. Paths are absolute or relative alike, with forward slashes. */
export class GitIgnore {
  private readonly files = new Map<string, Ignore>();

  /** @param folder the folder that holds the file, without a slash at its end */
  add(folder: string, text: string): void {
    const before = this.files.get(folder);
    this.files.set(folder, (before ?? ignore({ allowRelativePaths: true })).add(text));
  }

  /** True for an entry of a folder that itself is not ignored. */
  ignores(path: string, isFolder: boolean): boolean {
    if (this.files.size === 0) return false;
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const result = this.files.get(path.slice(0, end))?.test(path.slice(end + 1) + (isFolder ? '/' : ''));
      if (result?.ignored || result?.unignored) return result.ignored;
    }
    return false;
  }

  /** True for a file or folder below `top` that is ignored, or lies in a folder that is. */
  ignoresBelow(top: string, path: string, isFolder = false): boolean {
    if (this.files.size === 0 || !path.startsWith(`${top}/`)) return false;
    for (let end = path.indexOf('/', top.length + 1); end > 0; end = path.indexOf('/', end + 1))
      if (this.ignores(path.slice(0, end), true)) return true;
    return this.ignores(path, isFolder);
  }
}
