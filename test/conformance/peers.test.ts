// Agreement with other checkers on their own cases: none is left unexplained, and none that agreed stops agreeing.
import assert from 'node:assert/strict';
import { readPeerCases } from '../peers/cases';
import { compare } from '../peers/compare';
import { shared } from '../support/shared';

/** How many cases agree. */
const AGREED = { istioctl: 2, kiali: 148, validation: 417 } as const;

describe('agreement with other checkers', () => {
  for (const [peer, agreed] of Object.entries(AGREED)) {
    it(peer, function () {
      const folder = shared(`peers/${peer}`);
      if (!folder) this.skip();
      const comparisons = readPeerCases(folder).map(compare);
      const open = comparisons.filter(({ verdict }) => verdict === 'open');
      assert.deepEqual(
        open.map(({ peerCase, differences }) => `${peerCase.name}: ${differences.join('; ')}`),
        [],
      );
      const found = comparisons.filter(({ verdict }) => verdict === 'agreed').length;
      assert.ok(found >= agreed, `${found} cases agree, and ${agreed} did`);
    }).timeout(120_000);
  }
});
