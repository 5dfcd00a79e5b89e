// What the commands have in common: paths, the flags that state facts, what mutual.yaml states, and exit codes.
import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Assumptions } from '../mesh/settings';
import { NEWEST_VERSION, OLDEST_VERSION, parseVersion } from '../mesh/version';
import { DEFAULT_OPTIONS, type RuleOptions } from '../rules/rule';
import { assumptionsIn, type CliConfiguration, type ConfigurationFlags, loadConfiguration } from './configuration';
import { type HelmFlags, helmSettings, helmValues } from './helm';
import type { InputOptions } from './input';

/** The end of every help text. */
export const EXIT_CODES = `
Exit codes:
  0  nothing at or above --fail-on (check, diff); an answer was given (the others)
  1  check found problems at or above --fail-on, diff found changes of that kind
  2  wrong usage, or input that cannot be read
  3  an error of Mutual itself`;

/** Options that every command takes. */
export interface CommonOptions extends ConfigurationFlags, HelmFlags {
  readonly istioVersion?: string;
  readonly assumeInjected?: readonly string[];
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  /** False with `--no-auto-mtls`. */
  readonly autoMtls?: boolean;
  readonly ambient?: boolean;
  readonly quiet?: boolean;
  /** What mutual.yaml says; read before a command runs. */
  readonly configuration?: CliConfiguration;
}

/** What the flags state. */
function flagAssumptions(options: CommonOptions): Assumptions {
  return {
    istioVersion: options.istioVersion,
    rootNamespace: options.rootNamespace,
    trustDomain: options.trustDomain,
    enableAutoMtls: options.autoMtls === false ? false : undefined,
    ambient: options.ambient,
    injectedNamespaces: options.assumeInjected,
  };
}

/** What is read, and what holds for it: flags before mutual.yaml. */
export function inputOptions(options: CommonOptions): InputOptions {
  const flags = flagAssumptions(options);
  const { configuration, quiet = false } = options;
  return {
    assume: assumptionsIn(configuration, flags),
    meshes: configuration?.meshes(flags) ?? [],
    quiet,
    configuration,
    helm: helmSettings(options),
  };
}

/** How rules judge: flags before mutual.yaml. */
export function ruleOptions(
  options: CommonOptions &
    Partial<Pick<RuleOptions, 'requireDestinationRule'>> & { readonly severity?: RuleOptions['severities'] },
): RuleOptions {
  const stated = options.configuration?.stated;
  return {
    ...DEFAULT_OPTIONS,
    requireDestinationRule:
      options.requireDestinationRule ?? stated?.requireDestinationRule ?? DEFAULT_OPTIONS.requireDestinationRule,
    severities: { ...stated?.severities, ...options.severity },
  };
}

/** Reads mutual.yaml for a command that is about to run, and puts it among its options. */
export async function addConfiguration(command: Command): Promise<void> {
  // those without the flag read no manifests
  if (!command.options.some(({ long }) => long === '--config')) return;
  const given = command.processedArgs.flat().filter((each): each is string => typeof each === 'string');
  const exist = await Promise.all(given.map(async (each) => each === '-' || (await stat(each).catch(() => undefined))));
  const paths = given.filter((_, index) => exist[index]);
  command.setOptionValue('configuration', await loadConfiguration(paths, command.opts()));
}

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
    .option('--config <FILE>', 'read this configuration (default: the nearest mutual.yaml from the paths upward)')
    .option('--no-config', 'read no mutual.yaml')
    .option('--exclude <GLOB>', 'leave out files and folders; repeatable', collect)
    .option('--no-ignore', 'read what .gitignore and the exclude of mutual.yaml leave out')
    .option('--helm', 'render Helm charts with the helm program; without it nothing is run')
    .option('--helm-path <PROGRAM>', 'the helm program (default: helm in PATH); implies --helm')
    .option(
      '--helm-values <[CHART=]FILE>',
      'values for all charts, or for those whose folder the glob CHART fits; repeatable, implies --helm',
      helmValues,
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
