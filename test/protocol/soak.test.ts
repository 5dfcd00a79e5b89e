// The short form of `npm run soak`: memory does not grow with what is edited.
import assert from 'node:assert/strict';
import { soak } from './soak';

describe('hours of editing', function () {
  this.timeout(180_000);

  it('leave no memory behind', async () => {
    const { heap, growth, answers } = await soak(1500, 7);
    assert.ok(answers > 1000, `${answers} answers`);
    // a text, its documents and a mesh kept for each edit would be some 100 MiB for a thousand
    assert.ok(growth < 2, `${growth.toFixed(2)} MiB for each thousand edits: ${heap.join(' ')}`);
  });
});
