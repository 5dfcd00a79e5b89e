// Full agreement with istiod's own filters on who is let in: every probe of every case.
import assert from 'node:assert/strict';
import { Workspace } from '../../server/src/workspace/workspace';
import { ownCases } from './cases';
import { answerProbe, type Probe, type ProbeAnswer } from './probes';

interface AuthorizationCase {
  readonly id: string;
  readonly manifests: string;
  readonly probes: readonly Probe[];
  readonly answers: readonly ProbeAnswer[];
}

describe("agreement with istiod's own authorization", function () {
  this.timeout(120_000);
  it('every probe has the decision, the layer and the rules', () => {
    const wrong: string[] = [];
    let probes = 0;
    for (const each of ownCases('authorization') as unknown as readonly AuthorizationCase[]) {
      const workspace = new Workspace();
      workspace.apply({ files: new Map([['manifests.yaml', each.manifests]]) });
      const answer = answerProbe(workspace.snapshot().meshes[0]!.mtls);
      each.probes.forEach((probe, index) => {
        probes++;
        const [expected, actual] = [each.answers[index]!, answer(probe)].map(text);
        if (expected !== actual) wrong.push(`${each.id} #${index}: istiod ${expected}, here ${actual}`);
      });
    }
    console.log(`\nauthorization: ${probes - wrong.length} of ${probes} probes agree\n`);
    assert.ok(probes > 0, 'no probe was compared');
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} probes disagree`);
  });
});

function text({ decision, layer, by }: ProbeAnswer): string {
  return [decision, layer ?? '-', ...[...(by ?? [])].sort()].join(' ');
}
