// What holds for every mesh, whatever is in it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Checker, checkSnapshot } from '../../server/src/rules';
import { DEFAULT_OPTIONS, type Problem } from '../../server/src/rules/rule';
import { type MeshView, type Snapshot, Workspace } from '../../server/src/workspace/workspace';
import { factsOf, groupedOtherwise, viewOf } from './answers';
import { type Manifest, NAMESPACES } from './kinds';
import { island, mesh, textOf } from './meshes';
import { runs } from './runs';

describe('properties of answers', function () {
  this.timeout(600_000);

  it('do not depend on the order of documents and files', () => {
    const shuffled = mesh.chain((objects) =>
      fc.tuple(
        fc.constant(objects),
        fc.shuffledSubarray(objects, { minLength: objects.length }),
        fc.array(fc.nat(3), { minLength: objects.length, maxLength: objects.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([objects, other, places]) => {
        const files: Manifest[][] = [[], [], [], []];
        for (const [index, each] of other.entries()) files[places[index]!]!.push(each);
        const again = viewOf(files.filter((list) => list.length > 0));
        assert.deepEqual(factsOf(again), factsOf(viewOf([objects])));
      }),
      runs(100),
    );
  });

  it('do not change with objects that have nothing to do with them', () => {
    fc.assert(
      fc.property(mesh, island, fc.boolean(), (objects, others, before) => {
        const together = viewOf(before ? [[...others, ...objects]] : [[...objects, ...others]]);
        const mine = factsOf(together, ({ namespace }) => namespace !== 'island');
        assert.deepEqual(
          mine.filter((fact) => !fact.includes('island')),
          factsOf(viewOf([objects])),
        );
      }),
      runs(100),
    );
  });

  it('follow a namespace that is renamed, and change in nothing else', () => {
    // the order of the alphabet stays, since it decides between objects of one age
    const renamed = { alfa: 'alfax', bravo: 'bravoy', charlie: 'charliez' } as const;
    fc.assert(
      fc.property(mesh, fc.constantFrom(...NAMESPACES), (objects, name) => {
        const rename = (text: string): string => text.replaceAll(name, renamed[name]);
        const other = objects.map((each) => JSON.parse(rename(JSON.stringify(each))) as Manifest);
        assert.deepEqual(
          factsOf(viewOf([other])),
          factsOf(viewOf([objects]))
            .map(rename)
            .sort(),
        );
      }),
      runs(100),
    );
  });
});

describe('properties of connections', function () {
  this.timeout(600_000);

  it('that are put together are those of each client by itself', () => {
    fc.assert(
      fc.property(mesh, (objects) => assert.deepEqual(groupedOtherwise(viewOf([objects])!), [])),
      runs(300),
    );
  });
});

describe('properties of the workspace', function () {
  this.timeout(600_000);

  const FILES = ['a/one.yaml', 'a/two.yaml', 'b/one.yaml', 'three.yaml'] as const;
  interface Edit {
    readonly uri: (typeof FILES)[number];
    /** Undefined: the file is deleted. */
    readonly objects: readonly Manifest[] | undefined;
  }
  const edits = mesh.chain((objects) => {
    const some = fc.subarray(objects);
    const edit: fc.Arbitrary<Edit> = fc.record({
      uri: fc.constantFrom(...FILES),
      objects: fc.option(some, { nil: undefined, freq: 5 }),
    });
    return fc.array(edit, { minLength: 2, maxLength: 6 });
  });

  it('answers after edits as it answers when it starts with the last texts', () => {
    fc.assert(
      fc.property(edits, (list) => {
        const workspace = new Workspace();
        const checker = new Checker(workspace.snapshot(), DEFAULT_OPTIONS);
        const texts = new Map<string, string>();
        for (const { uri, objects } of list) {
          const text = objects && textOf(objects);
          if (text === undefined) texts.delete(uri);
          else texts.set(uri, text);
          workspace.apply({ files: new Map([[uri, text]]) });
          const fresh = new Workspace();
          fresh.apply({ files: new Map([...texts].reverse()) });
          assert.deepEqual(stateOf(workspace.snapshot()), stateOf(fresh.snapshot()));
          assert.deepEqual(problemsOf(checker, workspace), plain(checkSnapshot(fresh.snapshot(), DEFAULT_OPTIONS)));
        }
      }),
      runs(35),
    );
  });

  const plain = (problems: readonly Problem[]): unknown => problems.map(({ fixes: _, ...problem }) => problem);

  /** What a checker that lives as long as the workspace says after a change. */
  function problemsOf(checker: Checker, workspace: Workspace): unknown {
    workspace.snapshot();
    checker.update();
    return plain([...new Set(checker.files())].sort().flatMap((uri) => checker.problemsOf(uri)));
  }

  /** Every mesh with its answers, and every problem. */
  function stateOf(snapshot: Snapshot): unknown {
    const meshes = snapshot.meshes.map((view: MeshView) => ({
      name: view.name,
      files: view.files,
      facts: factsOf(view),
    }));
    return { meshes, problems: checkSnapshot(snapshot, DEFAULT_OPTIONS).map(({ fixes: _, ...problem }) => problem) };
  }
});
