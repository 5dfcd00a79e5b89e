// What is remembered is right after any changes, and no more is computed than a change can reach.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cell, derive, gate, memo, reading, settle, untracked, watch } from '../../../server/src/incremental/cells';

describe('remembered functions', () => {
  it('say what they would say if nothing were remembered, after any changes', () => {
    const node = fc.record({
      from: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      skip: fc.boolean(),
      isGate: fc.boolean(),
    });
    const step = fc.record({ set: fc.nat(), value: fc.nat(3), ask: fc.nat(), isLarge: fc.boolean() });
    fc.assert(
      fc.property(fc.array(node, { maxLength: 12 }), fc.array(step, { maxLength: 40 }), (nodes, steps) => {
        const inputs = [cell(0), cell(0), cell(0)];
        const all: (() => number)[] = inputs.map((each) => () => each.get());
        const plain: (() => number)[] = inputs.map((each) => () => untracked(() => each.get()));
        for (const { from, skip, isGate } of nodes) {
          const size = all.length;
          // some look at their second source only now and then
          const sum =
            (sources: readonly (() => number)[]): (() => number) =>
            () => {
              const first = sources[from[0]! % size]!();
              return skip && first % 2 === 0
                ? first
                : from.reduce((total, each) => total + sources[each % size]!(), 0) % 5;
            };
          plain.push(sum(plain.slice(0, size)));
          all.push((isGate ? gate : derive)(sum(all.slice(0, size))));
        }
        for (const { set, value, ask, isLarge } of steps) {
          inputs[set % 3]!.set(value);
          // a large change leaves no time
          settle(isLarge ? -1 : undefined);
          assert.equal(
            reading(() => all[ask % all.length]!()),
            plain[ask % all.length]!(),
          );
          assert.equal(all[(ask + 1) % all.length]!(), plain[(ask + 1) % all.length]!());
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are not run again where nothing that they read has changed, nor where a result came out as before', () => {
    const shop = cell(1);
    const pay = cell(1);
    let runs = 0;
    const parity = memo((name: string) => (name === 'shop' ? shop : pay).get() % 2);
    const words = memo((name: string) => {
      runs++;
      return `${name} is ${parity(name) === 0 ? 'even' : 'odd'}`;
    });
    const watcher = watch(() => undefined);
    const ask = (): string[] => watcher.read(() => [words('shop'), words('pay')]);
    assert.deepEqual(ask(), ['shop is odd', 'pay is odd']);
    assert.equal(runs, 2);
    pay.set(3);
    assert.equal(watcher.isStale(), false);
    shop.set(2);
    assert.equal(watcher.isStale(), true);
    assert.deepEqual(ask(), ['shop is even', 'pay is odd']);
    assert.equal(runs, 3);
  });

  it('are not even doubted behind a gate whose result came out as before', () => {
    const sizes = [cell(1), cell(2)];
    const total = gate(() => sizes.reduce((sum, each) => sum + each.get(), 0));
    let told = 0;
    const watcher = watch(() => told++);
    assert.equal(watcher.read(total), 3);
    sizes[0]!.set(2);
    sizes[1]!.set(1);
    settle();
    assert.equal(told, 0);
    sizes[1]!.set(5);
    settle();
    assert.equal(told, 1);
    assert.equal(watcher.read(total), 7);
  });

  it('tell of a change once, and only those that read what has changed', () => {
    const told: string[] = [];
    const cells = { a: cell(0), b: cell(0) };
    const watchers = (['a', 'b'] as const).map((name) => {
      const watcher = watch(() => told.push(name));
      watcher.read(() => cells[name].get());
      return watcher;
    });
    cells.a.set(1);
    cells.a.set(2);
    assert.deepEqual(told, ['a']);
    for (const watcher of watchers) watcher.dispose();
    cells.b.set(1);
    assert.deepEqual(told, ['a']);
  });

  it('throw again what they threw, until something has changed', () => {
    const input = cell(0);
    let runs = 0;
    const inverse = derive(() => {
      runs++;
      if (input.get() === 0) throw new Error('no inverse of 0');
      return 1 / input.get();
    });
    const outer = derive(() => inverse() + 1);
    assert.throws(outer, /no inverse/);
    assert.throws(outer, /no inverse/);
    assert.equal(runs, 1);
    input.set(2);
    assert.equal(outer(), 1.5);
  });

  it('that ask for their own result say so', () => {
    const loop: () => number = derive(() => loop() + 1);
    assert.throws(loop, /its own result/);
  });

  it('forget what nobody depends on any more', () => {
    const input = cell(1);
    let runs = 0;
    const double = memo((factor: number) => {
      runs++;
      return input.get() * factor;
    });
    assert.equal(
      reading(() => double(2)),
      2,
    );
    assert.equal(
      reading(() => double(2)),
      2,
    );
    assert.equal(runs, 2);
    const watcher = watch(() => undefined);
    watcher.read(() => double(2));
    assert.equal(
      reading(() => double(2)),
      2,
    );
    assert.equal(runs, 3);
    watcher.dispose();
  });
});
