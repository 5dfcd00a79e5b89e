// The files of a workspace, each of which can be watched by itself.
import { Cells, cell } from '../incremental/cells';
import type { SourceFile } from './source-file';
import type { Files } from './workspace';

export class LiveFiles implements Files {
  private readonly files = new Map<string, SourceFile>();
  private readonly each = new Cells<string, SourceFile>();
  /** Changes with any file, and with the list of files alone. */
  private readonly changes = cell(0);
  private readonly additions = cell(0);
  private sorted: ReadonlyMap<string, SourceFile> | undefined;

  /** What is known of a file, without noting that somebody asked. */
  peek(uri: string): SourceFile | undefined {
    return this.files.get(uri);
  }

  /** Takes a file, or that it is gone. */
  set(uri: string, file: SourceFile | undefined): void {
    if (file && this.files.has(uri) && this.sorted) (this.sorted as Map<string, SourceFile>).set(uri, file);
    else this.sorted = undefined;
    if (this.files.has(uri) !== (file !== undefined)) this.additions.set(this.additions.get() + 1);
    if (file) this.files.set(uri, file);
    else this.files.delete(uri);
    this.each.set(uri, file);
    this.changes.set(this.changes.get() + 1);
  }

  /** Everything, in URI order. */
  all(): ReadonlyMap<string, SourceFile> {
    this.changes.get();
    return this.ordered();
  }

  private ordered(): ReadonlyMap<string, SourceFile> {
    this.sorted ??= new Map([...this.files].sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.sorted;
  }

  get(uri: string): SourceFile | undefined {
    return this.each.get(uri);
  }

  has(uri: string): boolean {
    return this.get(uri) !== undefined;
  }

  keys(): ReturnType<Files['keys']> {
    this.additions.get();
    return this.ordered().keys();
  }

  values(): ReturnType<Files['values']> {
    return this.all().values();
  }

  get size(): number {
    this.additions.get();
    return this.files.size;
  }

  [Symbol.iterator](): Iterator<[string, SourceFile]> {
    return this.all()[Symbol.iterator]();
  }
}
