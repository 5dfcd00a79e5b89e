// How reports fit a terminal and a workflow's log.
import assert from 'node:assert/strict';
import type { Report } from '../../../server/src/report/diagnostics';
import { diagnosticsGithub } from '../../../server/src/report/diagnostics-github';
import { PLAIN, setCode, shorten } from '../../../server/src/report/style';
import { meshTable } from '../../../server/src/report/table';
import { tableText } from '../../../server/src/report/table-text';
import { app, namespace, onlyMesh, service, snapshotOf } from './workspace';

function tableAt(width: number | undefined, manifests: string): string[] {
  const view = onlyMesh(snapshotOf(manifests));
  const options = { style: PLAIN, width, all: false, quiet: false, nameOf: () => '' };
  return tableText([meshTable(view)], options)
    .trimEnd()
    .split('\n');
}

const LONG = 'a-very-long-name-of-a-service-that-no-terminal-likes';
const MANIFESTS = namespace('shop') + app('shop', LONG) + service('shop', LONG);

describe('report formats', () => {
  it('cut the table to the width of a terminal, and never a file', () => {
    const wide = tableAt(undefined, MANIFESTS);
    assert.ok(wide[1]!.startsWith(`${LONG}.shop:80 `));
    const narrow = tableAt(80, MANIFESTS);
    for (const line of narrow) assert.ok(line.length <= 80, line);
    assert.match(narrow[1]!, /^a-very-\S*…\S*shop:80 /);
  });

  it('shorten in the middle and mark code only where there is colour', () => {
    assert.equal(shorten('abcdefghij', 5), 'ab…ij');
    assert.equal(shorten('abc', 5), 'abc');
    assert.equal(setCode('set `mode` here', PLAIN), 'set mode here');
  });

  it('escape what workflow commands take for their own', () => {
    const report: Report = {
      diagnostics: [
        {
          file: 'a,b:c.yaml',
          uri: 'file:///a,b:c.yaml',
          range: { start: { line: 1, character: 2 }, end: { line: 3, character: 0 } },
          severity: 'information',
          rule: 'some-rule',
          message: '100% of\r\nclients: all',
          meshes: [],
          related: [],
          fixes: () => [],
          fingerprint: () => '',
        },
      ],
      summary: { errors: 0, warnings: 0, information: 1, hints: 0, files: 1 },
    };
    assert.equal(
      diagnosticsGithub(report, true),
      '::notice file=a%2Cb%3Ac.yaml,line=2,endLine=4,title=mutual(some-rule)::100%25 of%0D%0Aclients: all\n',
    );
  });
});
