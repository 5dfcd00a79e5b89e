// What the commands have in common: paths, the flags that state facts, and exit codes.
import { type Command, InvalidArgumentError } from 'commander';
import { NEWEST_VERSION, OLDEST_VERSION, parseVersion } from '../mesh/version';

/** The end of every help text. */
export const EXIT_CODES = `
Exit codes:
  0  nothing at or above --fail-on (check, diff); an answer was given (the others)
  1  check found problems at or above --fail-on, diff found changes of that kind
  2  wrong usage, or input that cannot be read
  3  an error of Mutual itself`;

export const PATHS = 'folders, files, or - for standard input (default: the working folder)';

/** Adds the flags of every command. */
export function common(command: Command): Command {
  return command
    .option(
      '--assume-injected <NS>',
      'take pods of this namespace to have sidecars where no Namespace manifest says; repeatable, "*" for all',
      collect,
    )
    .option(
      '--root-namespace <NS>',
      'the root namespace of the mesh (default: from the mesh configuration, else istio-system)',
    )
    .option(
      '--trust-domain <DOMAIN>',
      'the trust domain of the mesh (default: from the mesh configuration, else cluster.local)',
    )
    .option('--no-auto-mtls', 'take auto mTLS to be off')
    .option('--ambient', 'take ambient mode to be installed')
    .option(
      '--istio-version <VERSION>',
      `the version of istiod, from 1.${OLDEST_VERSION} on (default: 1.${NEWEST_VERSION})`,
      istioVersion,
    )
    .option('-q, --quiet', 'no progress, no notes, no summary');
}

function istioVersion(value: string): string {
  if (parseVersion(value) !== undefined) return value;
  throw new InvalidArgumentError(`Write a version from 1.${OLDEST_VERSION} on, such as 1.28`);
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',').map((each) => each.trim())];
}
