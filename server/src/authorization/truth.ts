// Yes, no, or open: what a rule says about a request of which only some parts are known.

/** `unknown` where what is known leaves it open. */
export type Truth = boolean | 'unknown';

/** Stands for a part of a request that is not known; it may also be absent. */
export const UNKNOWN: unique symbol = Symbol('unknown');
export type Maybe<T> = T | typeof UNKNOWN;

export function not(truth: Truth): Truth {
  return truth === 'unknown' ? truth : !truth;
}

/** True when all are; an empty list is true. */
export function all(truths: readonly Truth[]): Truth {
  return truths.includes(false) ? false : truths.includes('unknown') ? 'unknown' : true;
}

/** True when one is; an empty list is false. */
export function some(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes('unknown') ? 'unknown' : false;
}
