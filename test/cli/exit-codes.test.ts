// The exit codes of every command, as `docs/cli.md` and `--help` state them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCli, CONFLICT, makeFolder, mutual, ROOT } from './run';

/** Command lines that answer on these manifests, by command. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  check: ['check', '--fail-on', 'never'],
  table: ['table'],
  'tls-check': ['tls-check', 'shop/web'],
  explain: ['explain', 'shop/web', 'payments.finance:80'],
  fix: ['fix', '--dry-run'],
};

describe('exit codes', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    buildCli();
    folder = makeFolder({
      ...CONFLICT,
      // what makes every command fail inside: a mistake of ours, as far as it can tell
      'break.cjs': 'Array.prototype.flatMap = () => { throw new Error("broken on purpose"); };',
    });
  });
  after(() => folder.remove());

  const code = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number | null> =>
    (await mutual(args, { cwd: folder.path, env })).code;

  it('are the same in the documentation and in the help of every command', async () => {
    const page = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8').split('## Exit codes')[1]!;
    const documented = [...page.matchAll(/^\| (\d)\s/gm)].map(([, number]) => number!);
    assert.deepEqual(documented, ['0', '1', '2', '3']);
    const help = (await mutual(['--help'], { cwd: folder.path })).stdout.split('Commands:')[1]!.split('Examples:')[0]!;
    const commands = [...help.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name!).filter((name) => name !== 'help');
    for (const command of Object.keys(ANSWERS)) assert.ok(commands.includes(command), command);
    for (const command of commands) {
      const { stdout } = await mutual([command, '--help'], { cwd: folder.path });
      const listed = [...(stdout.split('Exit codes:')[1] ?? '').matchAll(/^ {2}(\d) {2}/gm)].map(
        ([, number]) => number!,
      );
      // a command that finds nothing by nature leaves codes out, and none has others
      assert.ok(
        ['0', '2'].every((number) => listed.includes(number)),
        `${command}: ${listed}`,
      );
      assert.ok(
        listed.every((number) => documented.includes(number)),
        `${command}: ${listed}`,
      );
    }
  });

  it('0 for an answer, and for help and version', async () => {
    for (const args of [...Object.values(ANSWERS), ['--help'], ['help', 'check'], ['--version'], ['check', '-h']])
      assert.equal(await code(args), 0, args.join(' '));
  });

  it('1 for problems from --fail-on on, in every format of check', async () => {
    for (const format of ['text', 'json', 'github', 'sarif', 'junit', 'gitlab'])
      assert.equal(await code(['check', '-f', format]), 1, format);
  });

  it('2 for wrong usage and for input that cannot be read', async () => {
    assert.equal(await code([]), 2);
    assert.equal(await code(['no-such-command']), 2);
    for (const args of Object.values(ANSWERS)) {
      assert.equal(await code([...args, '--no-such-flag']), 2, args.join(' '));
      assert.equal(
        await code([...args, ...(args[0] === 'tls-check' ? ['payments.finance'] : []), 'nowhere']),
        2,
        args.join(' '),
      );
    }
    assert.equal(await code(['explain', 'shop/nobody', 'payments.finance:80']), 2);
    assert.equal(await code(['table', '-n', 'nowhere']), 2);
    assert.equal(await code(['check', '--baseline', 'none.json']), 2);
  });

  it('3 for an error of Mutual, which says how to report it', async () => {
    for (const args of Object.values(ANSWERS)) {
      const { code, stderr } = await mutual(args, { cwd: folder.path, env: { NODE_OPTIONS: '--require=./break.cjs' } });
      assert.equal(code, 3, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /internal error.*broken on purpose/);
      assert.match(stderr, /This is a mistake of Mutual, not yours\. Report it/);
    }
  });
});
