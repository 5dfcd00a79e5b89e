// The flags and the help of `mutual diff`.
import { type Command, Option } from 'commander';
import { common, EXIT_CODES, inputOptions, ruleOptions } from './common-options';

/** Adds the command. */
export function addDiff(program: Command, done: (code: number) => void): void {
  const command = program
    .command('diff')
    .summary('show which connections a change alters')
    .description(
      'Who fares otherwise between two states of a git repository: what was refused, what lost mTLS, what was mended, what\nservers accept, which problems come and go. Each change names the objects that decided.',
    )
    .argument('<BASE>', 'a revision; A..B and A...B mean what they mean to git')
    .argument('[HEAD]', 'another revision (default: the working tree, with what is not committed)')
    .argument('[PATH...]', 'folders or files, behind -- where they could be revisions (default: the working folder)')
    .addOption(
      new Option('-f, --format <FORMAT>', 'how to print').choices(['text', 'json', 'markdown']).default('text'),
    )
    .addOption(
      new Option('--fail-on <CHANGE>', 'exit with 1 if something gets worse, or if anything changes')
        .choices(['worse', 'any', 'never'])
        .default('never'),
    )
    .option('-a, --all', 'every name and line; information and hints as well');
  common(command)
    .addHelpText(
      'after',
      `
Examples:
  mutual diff HEAD                      what is not committed yet
  mutual diff main... deploy/           what this branch changes below deploy/
  mutual diff v1.2 v1.3 -f json | jq '.connections[] | select(.direction == "worse")'
  mutual diff origin/main... -f markdown > comment.md
${EXIT_CODES}`,
    )
    .action(async (base: string, head: string | undefined, paths: string[], options) => {
      const { rawArgs } = program as Command & { readonly rawArgs: readonly string[] };
      const dashes = rawArgs.indexOf('--');
      const separate = dashes < 0 ? 0 : rawArgs.length - dashes - 1;
      const { diff } = await import('./diff');
      const args = [base, ...(head === undefined ? [] : [head]), ...paths];
      done(await diff(args, separate, options, inputOptions(options), ruleOptions(options)));
    });
}
