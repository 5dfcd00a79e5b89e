// The commands, their flags and their help.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Severity } from '../rules/rule';
import { CHECK_FORMATS, check, explain, table, tlsCheck } from './commands';
import { addConfiguration, common, EXIT_CODES, inputOptions, PATHS, ruleOptions } from './common-options';
import { addDiff } from './diff-command';
import { EXIT } from './errors';
import { fix } from './fix';
import { addInit } from './init';
import { addMeshes } from './meshes';

/**
 * Runs one command line.
 * @param args without node and the script
 * @returns the exit code
 * @throws UserError for what the user can mend
 */
export async function runProgram(args: readonly string[], version: string): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram(version, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // commander has told what is wrong already
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  return code;
}

function makeProgram(version: string, done: (code: number) => void): Command {
  const program = new Command('mutual')
    .description(
      'Who may talk to whom in an Istio mesh, and is it mutual TLS, plaintext or broken?\nComputed from manifests, as istiod would.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .showHelpAfterError(false)
    .addHelpText(
      'after',
      `
Examples:
  mutual check deploy/                          problems, as a compiler tells them
  mutual table deploy/                          the state of every service port
  mutual explain shop/web payments.finance:443  why a connection is what it is
  kustomize build overlays/prod | mutual check -
${EXIT_CODES}`,
    );
  addCheck(program, done, version);
  addTable(program, done);
  addTlsCheck(program, done);
  addExplain(program, done);
  addDiff(program, done);
  addMeshes(program, done);
  addFix(program, done);
  addInit(program, done);
  program.hook('preAction', (_, command) => addConfiguration(command));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: (text, output) => output(errorText(text, command)) });
  }
  return program;
}

/** Commander's errors in our own words: `mutual: unknown option --fromat. Did you mean --format?` */
function errorText(text: string, command: Command): string {
  const [first = '', second = ''] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const hint = /\(Did you mean (.*)\?\)/.exec(second)?.[1];
  const name = command.parent ? `mutual ${command.name()}` : 'mutual';
  const remedy = hint ? `Did you mean ${hint}?` : `See ${name} --help.`;
  const sentence = first.replace(/'([^']*)'/g, '$1').replace(/\.$/, '');
  return `mutual: ${sentence}. ${remedy}\n`;
}

function addCheck(program: Command, done: (code: number) => void, version: string): void {
  const command = program
    .command('check')
    .summary('report problems')
    .description(
      'Report conflicts between what clients send and what servers accept, policies without effect, and more.',
    )
    .argument('[PATH...]', PATHS)
    .addOption(new Option('-f, --format <FORMAT>', 'how to print').choices(CHECK_FORMATS).default('text'))
    .addOption(
      new Option('--fail-on <SEVERITY>', 'exit with 1 from this severity on')
        .choices(['error', 'warning', 'never'])
        .default('error'),
    )
    .addOption(
      new Option(
        '--require-destination-rule <WHEN>',
        'report services without a DestinationRule; auto: an error only where auto mTLS is off',
      ).choices(['auto', 'always', 'never']),
    )
    .option(
      '--severity <RULE=SEVERITY>',
      'give a rule another severity: error, warning, information, hint or off; repeatable',
      severity,
    )
    .option('-a, --all', 'show information and hints as well; in SARIF also what has been accepted')
    .option(
      '--changed [BASE]',
      'only the problems that a change makes: since BASE, by default the merge base with the upstream or default branch',
    )
    .option('--baseline <FILE>', 'set aside the problems that FILE knows')
    .option('--write-baseline <FILE>', 'write the problems that there are to FILE, and report none')
    .option('--table', 'print the mTLS table below the findings (text only)')
    .option('--no-cache', 'make the report anew, even if nothing has changed since the same run')
    .option('--verbose', 'say where the report comes from');
  common(command)
    .addHelpText(
      'after',
      `
Examples:
  mutual check                          the working folder
  mutual check --table examples/shop    what is wrong, and what is sent and accepted
  mutual check -f github --fail-on warning deploy/
  mutual check --changed=origin/main    what this branch makes worse, in whichever file
  mutual check -f sarif deploy/ > mutual.sarif
  mutual check -f json . | jq '.diagnostics[].message'
  helm template charts/shop | mutual check -
${EXIT_CODES}`,
    )
    .action(async (paths: string[], options) => done(await check(paths, options, version)));
}

const tableFormat = (): Option =>
  new Option('-f, --format <FORMAT>', 'how to print').choices(['text', 'json']).default('text');

function addTable(program: Command, done: (code: number) => void): void {
  const command = program
    .command('table')
    .summary('show the state of every service port')
    .description(
      'A row for each service port: what servers accept, what clients send, what comes of it and which objects decided.\nClients that fare differently have a row each.',
    )
    .argument('[PATH...]', PATHS)
    .option('-n, --namespace <NS>', 'only services of this namespace')
    .addOption(tableFormat())
    .option('-a, --all', 'rows that are set aside as well');
  common(command)
    .addHelpText(
      'after',
      `
Columns:
  STATUS            OK, CONFLICT (refused), UNKNOWN (the manifests lack a fact), BLOCKED, NO ENDPOINTS
  SERVER            STRICT, PERMISSIVE, DISABLE, no sidecar, gateway, external, ...; "?": if there is a sidecar
  CLIENT            mTLS, plaintext, TLS, as sent (by the application), ...
  AUTHN POLICY      the PeerAuthentication that decides, or - for the default
  DESTINATION RULE  the DestinationRule that clients use, or -

Examples:
  mutual table examples/shop
  mutual table -n finance deploy/
  mutual table -f json | jq '.rows[] | select(.status == "CONFLICT")'
${EXIT_CODES}`,
    )
    .action(async (paths: string[], options) => done(await table(paths, options)));
}

function addTlsCheck(program: Command, done: (code: number) => void): void {
  const command = program
    .command('tls-check')
    .summary('show the table of one client and host')
    .description(
      'The table for one client and one host, as istioctl authn tls-check printed it; without DESTINATION for every host.',
    )
    .argument('[SOURCE]', 'the client: namespace/workload, or its name where that is unique')
    .argument('[DESTINATION]', 'the host as the client would write it, with or without :port')
    .argument('[PATH...]', PATHS)
    .addOption(tableFormat())
    .option('-a, --all', 'rows that are set aside as well');
  common(command)
    .addHelpText(
      'after',
      `
Examples:
  mutual tls-check shop/web
  mutual tls-check shop/web payments.finance
  mutual tls-check shop/web payments.finance:443 deploy/
${EXIT_CODES}`,
    )
    .action(async (source: string | undefined, destination: string | undefined, paths: string[], options) =>
      done(await tlsCheck(source, destination, paths, options)),
    );
}

function addExplain(program: Command, done: (code: number) => void): void {
  const command = program
    .command('explain')
    .summary('explain one connection step by step')
    .description(
      'What the client sends and why, what the server accepts and why, what comes of it, and what to change.',
    )
    .argument('<CLIENT>', 'namespace/workload, or its name where that is unique')
    .argument(
      '<HOST:PORT>',
      'as the client would write it: payments, payments.finance:443, a full name; the port may be left out where there is one',
    )
    .argument('[PATH...]', PATHS)
    .option('--subset <NAME>', 'a subset of the DestinationRule that the client uses')
    .addOption(tableFormat());
  common(command)
    .addHelpText(
      'after',
      `
Examples:
  mutual explain shop/web payments.finance:443
  mutual explain web cart examples/shop
${EXIT_CODES}`,
    )
    .action(async (client: string, target: string, paths: string[], options) =>
      done(await explain(client, target, paths, options)),
    );
}

function addFix(program: Command, done: (code: number) => void): void {
  const command = program
    .command('fix')
    .summary('mend what has a fix')
    .description(
      'Apply the preferred fixes of problems, of one rule or of all, until none is left. Comments, quotes, indentation and\nline endings stay.',
    )
    .argument('[RULE]', 'the id of a rule, as check prints it; without one, all')
    .argument('[PATH...]', PATHS)
    .option('--dry-run', 'change nothing, print a unified diff');
  common(command)
    .addHelpText(
      'after',
      `
Examples:
  mutual fix --dry-run deploy/
  mutual fix plaintext-refused shop/rules.yaml
  mutual fix --dry-run . | git apply
${EXIT_CODES}`,
    )
    .action(async (rule: string | undefined, paths: string[], options) =>
      done(
        await fix(
          [...(rule === undefined ? [] : [rule]), ...paths],
          options,
          inputOptions(options),
          ruleOptions(options),
        ),
      ),
    );
}

const SEVERITIES: readonly (Severity | 'off')[] = ['error', 'warning', 'information', 'hint', 'off'];

function severity(
  value: string,
  before: Readonly<Record<string, Severity | 'off'>> = {},
): Record<string, Severity | 'off'> {
  const [rule = '', level] = value.split('=');
  const found = SEVERITIES.find((each) => each === level);
  if (!found) throw new InvalidArgumentError(`Write RULE=SEVERITY with one of ${SEVERITIES.join(', ')}`);
  return { ...before, [rule]: found };
}
