// Which pieces there are to check, kept up to date: those that are still there keep what was found in them.
import { type Watcher, watch } from '../incremental/cells';
import type { Check, Unit } from './units';

/** What happens with pieces that come and go. */
interface Handlers {
  begin(check: Check): Unit;
  end(unit: Unit): void;
}

export class Pieces {
  private units = new Map<string, Unit>();
  private readonly layout: Watcher;
  private isDoubtful = true;
  private isNew = true;

  /** @param list every piece that there is now */
  constructor(
    private readonly list: () => Iterable<Check>,
    private readonly handlers: Handlers,
  ) {
    this.layout = watch(() => {
      this.isDoubtful = true;
    });
  }

  /** Finds out which pieces there are now, if that may have changed. */
  update(): void {
    if (!this.isDoubtful) return;
    this.isDoubtful = false;
    if (!this.isNew && !this.layout.isStale()) return;
    this.isNew = false;
    const before = this.units;
    this.units = new Map();
    for (const check of this.layout.read(() => [...this.list()])) {
      const known = before.get(check.key);
      // a mesh that has been put together anew is another one
      const isSame = known && known.check.view?.mesh === check.view?.mesh;
      this.units.set(check.key, isSame ? known : this.handlers.begin(check));
      if (isSame) before.delete(check.key);
    }
    for (const unit of before.values()) this.handlers.end(unit);
  }

  dispose(): void {
    this.layout.dispose();
    for (const unit of this.units.values()) unit.dispose();
    this.units.clear();
  }
}
