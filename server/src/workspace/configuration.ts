// mutual.yaml: what a repository says about its own manifests. What is wrong in it is told at its place; what is right
// still counts.
import type { Assumptions } from '../mesh/settings';
import { plainText } from '../words/plain';
import {
  CONFIGURATION_FIELDS,
  CONFIGURATION_NAME,
  type REQUIRE_NAMES,
  type SEVERITY_NAMES,
} from './configuration-fields';
import { type ConfigurationProblem, ConfigurationReader } from './configuration-reader';

export type { ConfigurationProblem } from './configuration-reader';

/** A mesh by its own name: these files are deployed together, whatever they are to each other. */
export interface NamedMesh {
  readonly name: string;
  /** Globs, relative to the folder of the configuration. */
  readonly files: readonly string[];
  /** What is stated for this mesh alone. */
  readonly assume: Assumptions;
}

/** What mutual.yaml states; undefined or empty where it is silent. */
export interface Configuration {
  readonly severities: Readonly<Record<string, (typeof SEVERITY_NAMES)[number]>>;
  readonly requireDestinationRule?: (typeof REQUIRE_NAMES)[number];
  readonly assume: Assumptions;
  /** Globs, relative to the folder of the configuration. */
  readonly exclude: readonly string[];
  readonly meshes: readonly NamedMesh[];
  /** A path relative to the folder of the configuration. */
  readonly baseline?: string;
}

export const NO_CONFIGURATION: Configuration = { severities: {}, assume: {}, exclude: [], meshes: [] };

export interface ConfigurationReading {
  readonly configuration: Configuration;
  /** In file order. */
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * Reads a configuration. Never throws.
 * @param ruleIds the rules that there are
 */
export function readConfiguration(text: string, ruleIds: readonly string[]): ConfigurationReading {
  const reader = new ConfigurationReader(text, CONFIGURATION_NAME, ruleIds);
  const value = reader.fields(CONFIGURATION_FIELDS, []) as RawConfiguration;
  const configuration: Configuration = {
    severities: value.severity ?? {},
    requireDestinationRule: value.requireDestinationRule,
    assume: assumptions(value),
    exclude: value.exclude ?? [],
    meshes: (value.meshes ?? []).map((mesh) => ({ name: mesh.name, files: mesh.files, assume: assumptions(mesh) })),
    baseline: value.baseline,
  };
  const seen = new Set<string>();
  for (const [index, { name }] of configuration.meshes.entries()) {
    if (seen.has(name))
      reader.note(['meshes', index, 'name'], 'value', `There is a mesh "${name}" above. Give this one another name.`);
    seen.add(name);
  }
  return { configuration, problems: reader.problems };
}

/** `"severty" is …`, as a line for people who see no Markdown. */
export function configurationProblemText({ message }: ConfigurationProblem): string {
  return plainText(message);
}

/** The later of two wins, field by field. */
export function mergeAssumptions(...stated: readonly Assumptions[]): Assumptions {
  return Object.assign(
    {},
    ...stated.map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined))),
  ) as Assumptions;
}

/** As the reader gives it: only fields of the table, each of its type. */
interface RawConfiguration extends RawAssumptions {
  readonly severity?: Configuration['severities'];
  readonly requireDestinationRule?: Configuration['requireDestinationRule'];
  readonly exclude?: readonly string[];
  readonly meshes?: readonly (RawAssumptions & { readonly name: string; readonly files: readonly string[] })[];
  readonly baseline?: string;
}
interface RawAssumptions {
  readonly istioVersion?: string;
  readonly assume?: {
    readonly injectedNamespaces?: readonly string[];
    readonly rootNamespace?: string;
    readonly trustDomain?: string;
    readonly clusterDomain?: string;
    readonly autoMtls?: 'auto' | 'on' | 'off';
    readonly revisions?: readonly string[];
    readonly ambient?: boolean;
  };
}

function assumptions({ istioVersion, assume = {} }: RawAssumptions): Assumptions {
  const { autoMtls, ...rest } = assume;
  return mergeAssumptions(rest, {
    istioVersion,
    enableAutoMtls: autoMtls === 'on' ? true : autoMtls === 'off' ? false : undefined,
  });
}
