// When is a server that has ended started again? At once, then after longer and longer waits, and not at all when it
// ends all the time.

/** Ends that lie further back do not count. */
const MEMORY_MS = 3 * 60_000;
/** Before the first, second, … new start within that time. */
const WAITS_MS = [0, 2_000, 8_000];

/** Counts ends of a server. */
export class Restarts {
  private ends: readonly number[] = [];

  /**
   * Told that the server has ended.
   * @param now milliseconds, of any clock
   * @returns how long to wait before it is started again, in milliseconds; undefined if it had better stay off
   */
  ended(now: number): number | undefined {
    this.ends = [...this.ends.filter((time) => now - time < MEMORY_MS), now];
    return WAITS_MS[this.ends.length - 1];
  }

  /** How often it has ended of late. */
  get count(): number {
    return this.ends.length;
  }
}
