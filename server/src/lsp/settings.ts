// The editor's settings, read with care: what has the wrong type counts as not set.
import type { Assumptions } from '../mesh/settings';
import { DEFAULT_OPTIONS, type RuleOptions, type Severity } from '../rules/rule';

export interface Settings {
  readonly options: RuleOptions;
  readonly assume: Assumptions;
  /** Globs of files that are left out, relative to their workspace folder. */
  readonly exclude: readonly string[];
}

export const DEFAULT_EDITOR_SETTINGS: Settings = { options: DEFAULT_OPTIONS, assume: {}, exclude: [] };

const SEVERITIES: readonly (Severity | 'off')[] = ['error', 'warning', 'information', 'hint', 'off'];
const REQUIRE = ['auto', 'always', 'never'] as const;

/** @param raw the value of the section `mutual` */
export function readEditorSettings(raw: unknown): Settings {
  const section = record(raw);
  const assume = record(section.assume);
  const severities = Object.entries(record(section.severity)).flatMap(([rule, value]) => {
    const severity = SEVERITIES.find((each) => each === value);
    return severity ? [[rule, severity] as const] : [];
  });
  return {
    options: {
      ...DEFAULT_OPTIONS,
      requireDestinationRule:
        REQUIRE.find((each) => each === section.requireDestinationRule) ?? DEFAULT_OPTIONS.requireDestinationRule,
      severities: Object.fromEntries(severities),
    },
    assume: {
      istioVersion: text(section.istioVersion),
      rootNamespace: text(assume.rootNamespace),
      trustDomain: text(assume.trustDomain),
      clusterDomain: text(assume.clusterDomain),
      enableAutoMtls: onOrOff(assume.autoMtls),
      ambient: assume.ambient === true ? true : undefined,
      revisions: texts(assume.revisions),
      injectedNamespaces: texts(assume.injectedNamespaces),
    },
    exclude: texts(section.exclude) ?? [],
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
