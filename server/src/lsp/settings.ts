// What the editor's settings state, read with care: what has the wrong type counts as not set. And what holds in a
// folder, after what its mutual.yaml says.
import type { Assumptions } from '../mesh/settings';
import { DEFAULT_OPTIONS, type RuleOptions, type Severity } from '../rules/rule';
import type { HelmSettings } from '../workspace/chart-rendering';
import { type Configuration, mergeAssumptions, NO_CONFIGURATION } from '../workspace/configuration';
import { REQUIRE_NAMES, SEVERITY_NAMES } from '../workspace/configuration-fields';
import { type ExplicitMesh, namedMeshes, pathBelow } from '../workspace/explicit-meshes';
import { globTest } from '../workspace/glob';

/** What is set in the editor; undefined or empty where nothing is. */
export interface EditorSettings {
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
  readonly requireDestinationRule?: RuleOptions['requireDestinationRule'];
  readonly assume: Assumptions;
  /** Globs of files that are left out, relative to their workspace folder. */
  readonly exclude: readonly string[];
  /** Helm may be run, like this; undefined where it may not. */
  readonly helm?: HelmSettings;
}

export const NO_EDITOR_SETTINGS: EditorSettings = { severities: {}, assume: {}, exclude: [] };

/** @param raw the value of the section `mutual`, of which what is there counts as set */
export function readEditorSettings(raw: unknown): EditorSettings {
  const section = record(raw);
  const assume = record(section.assume);
  const severities = Object.entries(record(section.severity)).flatMap(([rule, value]) => {
    const severity = SEVERITY_NAMES.find((each) => each === value);
    return severity ? [[rule, severity] as const] : [];
  });
  return {
    severities: Object.fromEntries(severities),
    requireDestinationRule: REQUIRE_NAMES.find((each) => each === section.requireDestinationRule),
    assume: mergeAssumptions({
      istioVersion: text(section.istioVersion),
      rootNamespace: text(assume.rootNamespace),
      trustDomain: text(assume.trustDomain),
      clusterDomain: text(assume.clusterDomain),
      enableAutoMtls: onOrOff(assume.autoMtls),
      ambient: typeof assume.ambient === 'boolean' ? assume.ambient : undefined,
      revisions: texts(assume.revisions),
      injectedNamespaces: texts(assume.injectedNamespaces),
    }),
    exclude: texts(section.exclude) ?? [],
    helm: helmSettings(record(section.helm)),
  };
}

function helmSettings({ enabled, path, values }: Readonly<Record<string, unknown>>): HelmSettings | undefined {
  if (enabled !== true) return undefined;
  return {
    program: text(path) ?? 'helm',
    values: Object.entries(record(values)).flatMap(([charts, files]) => {
      const named = text(files) !== undefined ? [text(files)!] : (texts(files) ?? []);
      return named.length > 0 && charts !== '' ? [{ charts, files: named }] : [];
    }),
  };
}

/** The globs of VS Code's `files.exclude` that are on and hang on nothing else. */
export function readFilesExclude(raw: unknown): string[] {
  return Object.entries(record(raw)).flatMap(([glob, value]) =>
    // here, one without a slash is meant for the folder itself
    value === true && glob.trim() !== '' ? [glob.includes('/') ? glob : `/${glob}`] : [],
  );
}

/** What holds in one folder. */
export interface FolderSettings {
  readonly options: RuleOptions;
  readonly assume: Assumptions;
  readonly meshes: readonly ExplicitMesh[];
  /** True for the URI of a file or folder that is left out. */
  isExcluded(uri: string): boolean;
}

/**
 * Settings go before mutual.yaml, field by field; exclusions add up.
 * @param folder the URI of the workspace folder
 * @param home the URI of the folder of mutual.yaml
 */
export function settingsOf(
  folder: string,
  editor: EditorSettings = NO_EDITOR_SETTINGS,
  configuration: Configuration = NO_CONFIGURATION,
  home: string = folder,
): FolderSettings {
  const byFolder = globTest(editor.exclude);
  const byFile = globTest(configuration.exclude);
  const fits = (test: (path: string) => boolean, top: string, uri: string): boolean => {
    const path = pathBelow(top, uri);
    return path !== undefined && test(path);
  };
  return {
    options: {
      ...DEFAULT_OPTIONS,
      requireDestinationRule:
        editor.requireDestinationRule ?? configuration.requireDestinationRule ?? DEFAULT_OPTIONS.requireDestinationRule,
      severities: { ...configuration.severities, ...editor.severities },
    },
    assume: mergeAssumptions(configuration.assume, editor.assume),
    meshes: namedMeshes(configuration, home, editor.assume),
    isExcluded: (uri) => fits(byFolder, folder, uri) || fits(byFile, home, uri),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function texts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.filter((item): item is string => typeof item === 'string' && item.trim() !== '');
  return found.length > 0 ? found : undefined;
}

/** Undefined for `auto`: what the manifests say holds. */
function onOrOff(value: unknown): boolean | undefined {
  if (value === 'on' || value === true) return true;
  return value === 'off' || value === false ? false : undefined;
}
