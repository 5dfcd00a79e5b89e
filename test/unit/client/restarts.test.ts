// A server that ends is started again, with longer and longer waits, and left off when it ends all the time.
import assert from 'node:assert/strict';
import { Restarts } from '../../../client/src/restarts';

describe('new starts of the language server', () => {
  it('come at once, then later and later, and not for ever', () => {
    const restarts = new Restarts();
    assert.deepEqual(
      [0, 1_000, 4_000, 13_000].map((now) => restarts.ended(now)),
      [0, 2_000, 8_000, undefined],
    );
    assert.equal(restarts.count, 4);
  });

  it('forget ends of long ago', () => {
    const restarts = new Restarts();
    const hour = 3_600_000;
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((hours) => restarts.ended(hours * hour)),
      [0, 0, 0, 0, 0],
    );
  });
});
