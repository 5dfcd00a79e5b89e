// What `check` reports on real repositories is what docs/corpora.md says, and what istioctl finds there is ours too or has
// a reason on that page.
import assert from 'node:assert/strict';
import path from 'node:path';
import { ALL_RULES } from '../../server/src/rules';
import { shared } from '../support/shared';
import { type Found, Repository, readText } from './repositories';

interface Message {
  readonly code: string;
  /** `Kind namespace/name` */
  readonly origin: string;
  /** `folder/path:line` */
  readonly reference: string;
}

const PAGE = readText(path.join(__dirname, '../../docs/corpora.md'));

/** The cells of the table that begins with these headers. */
function rowsOf(...headers: readonly string[]): string[][] {
  const [, after = ''] = PAGE.split(`| ${headers.join(' | ')} |\n`);
  const rows = after.split('\n\n')[0]!.trim().split('\n').slice(1);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const folderOf = (repository: string): string => repository.replace('/', '-');

describe('real repositories', function () {
  this.timeout(120_000);
  const corpora = shared('corpora');
  if (!corpora) return;
  const folders = Object.keys(JSON.parse(readText(path.join(corpora, 'inventory.json')))).sort();
  const counts = rowsOf('repository', 'rule', 'severity', 'count');
  const reasons = rowsOf('code', 'kind', 'reason');
  const used = new Set<string>();

  it('the page names every one', () => {
    for (const folder of folders) {
      const names = [...PAGE.matchAll(/[\w-]+\/[\w-]+/g)].map(([name]) => folderOf(name));
      assert.ok(names.includes(folder), folder);
    }
  });

  for (const folder of folders) {
    it(folder, async () => {
      const problems = (await Repository.read(path.join(corpora, folder))).problems();
      assert.deepEqual(
        countsOf(problems),
        counts
          .filter(([name]) => folderOf(name!) === folder)
          .map((row) => row.slice(1).join(' '))
          .sort(),
      );
      const { messages = [] } = JSON.parse(readText(path.join(corpora, 'analyze', `${folder}.json`)));
      for (const message of messages as Message[]) {
        const kind = message.origin.split(' ')[0]!;
        if (hasCounterpart(message, folder, problems)) continue;
        const reason = reasons.find((row) => row[0] === message.code && row[1] === kind);
        assert.ok(reason, `${message.code} ${message.origin} has neither a counterpart nor a reason`);
        used.add(reason.join());
      }
    });
  }

  after(() => {
    if (used.size > 0)
      assert.deepEqual(
        reasons.filter((row) => !used.has(row.join())),
        [],
        'reasons for nothing',
      );
  });
});

function countsOf(problems: readonly Found[]): string[] {
  const keys = problems
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .map(({ rule, severity }) => `${rule} ${severity}`);
  return [...new Set(keys)].map((key) => `${key} ${keys.filter((each) => each === key).length}`).sort();
}

function hasCounterpart({ code, reference }: Message, folder: string, problems: readonly Found[]): boolean {
  const file = reference.slice(folder.length + 1).replace(/:\d+$/, '');
  const rules = ALL_RULES.filter(({ peers }) => peers?.includes(code)).map(({ id }) => id);
  // the line is that of the object or of what is wrong in it
  return problems.some((problem) => problem.file === file && rules.includes(problem.rule));
}
