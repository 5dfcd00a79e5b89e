// Which files define an object: an edit changes what is deployed together only if it defines what others do as well.
import { keysOf, type SourceFile } from './source-file';

/** The files that define each object. */
export class Owners {
  private readonly counts = new Map<string, number>();
  private readonly keys = new Map<string, ReadonlySet<string>>();

  /**
   * Takes what a file defines now.
   * @returns true where nothing that it has begun or ceased to define is defined elsewhere
   */
  change(uri: string, file: SourceFile | undefined): boolean {
    const before = this.keys.get(uri) ?? new Set<string>();
    const now = new Set(file ? keysOf(file) : []);
    let isFree = true;
    for (const key of before) {
      if (now.has(key)) continue;
      const left = this.counts.get(key)! - 1;
      if (left > 0) {
        this.counts.set(key, left);
        isFree = false;
      } else this.counts.delete(key);
    }
    for (const key of now) {
      if (before.has(key)) continue;
      const others = this.counts.get(key) ?? 0;
      if (others > 0) isFree = false;
      this.counts.set(key, others + 1);
    }
    if (now.size > 0) this.keys.set(uri, now);
    else this.keys.delete(uri);
    return isFree;
  }
}
