// The settings of a mesh in words: what each is, and who says so.
import type { LabelSelector } from '../manifest/kinds/label-selector';
import type { KnownObject } from '../manifest/read';
import type { MeshSettings, SettingName, SettingPlace, SettingSource, SettingValues } from '../mesh/settings';
import { parseDocuments } from '../yaml/document';
import { objectName, type Place, pathText, placeOf } from './names';

/** What people call each setting, in the order in which they are shown. */
export const SETTING_NAMES: Readonly<Record<SettingName, string>> = {
  revision: 'revision',
  revisions: 'revisions and tags',
  istioVersion: 'version of Istio',
  rootNamespace: 'root namespace',
  trustDomain: 'trust domain',
  trustDomainAliases: 'trust domain aliases',
  certificateTrustDomains: 'trust domains of further certificates',
  clusterDomain: 'cluster domain',
  enableAutoMtls: 'auto mTLS',
  meshMtls: 'mesh-wide mTLS of the installer',
  outboundTrafficPolicy: 'outbound traffic policy',
  defaultServiceExportTo: 'default exportTo of services',
  defaultVirtualServiceExportTo: 'default exportTo of virtual services',
  defaultDestinationRuleExportTo: 'default exportTo of destination rules',
  discoverySelectors: 'discovery selectors',
  enableNamespacesByDefault: 'injection of namespaces without label',
  autoInject: 'injection of selected pods',
  neverInjectSelector: 'selectors of pods never injected',
  alwaysInjectSelector: 'selectors of pods always injected',
  injectors: 'injector webhooks',
  members: 'member namespaces',
  ambient: 'ambient',
  sidecarHbone: 'HBONE at sidecars',
  extensionProviders: 'extension providers',
  pathNormalization: 'path normalization',
  prometheusMerge: 'merged metrics',
  rewriteProbes: 'rewritten probes',
};

/** A setting's value in a few words, such as `istio-system`, `on`, `none`. */
export function settingText(settings: SettingValues, name: SettingName): string {
  const value = settings[name];
  if (name === 'istioVersion') return `1.${value as number}`;
  if (name === 'members') return membersText(settings.members);
  if (name === 'injectors') return [...new Set(settings.injectors.map(({ asked }) => asked))].join(', ') || 'not shown';
  if (name === 'extensionProviders') return settings.extensionProviders.map((each) => each.name).join(', ') || 'none';
  if (value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (!Array.isArray(value)) return String(value);
  const items = (value as readonly (string | LabelSelector)[]).map((each) =>
    typeof each === 'string' ? each : selectorText(each),
  );
  return items.join(', ') || 'none';
}

function membersText(members: MeshSettings['members']): string {
  if (!members) return 'every namespace';
  const names = members.namespaces.join(', ');
  return members.open ? `${names === '' ? '' : `${names} and `}others that no manifest lists` : names || 'none';
}

/** `team=a,tier in (web)` as kubectl writes selectors. */
function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const expression = ({ key, operator, values }: LabelSelector['matchExpressions'][number]): string => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  };
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(expression),
  ].join(',');
}

/** Who says so: `ConfigMap istio-system/istio, data.mesh: trustDomain`, `stated by mutual.assume.trustDomain`. */
export function sourceText(source: SettingSource): string {
  switch (source.by) {
    case 'assumption':
      return `stated by ${source.setting}`;
    case 'manifest':
      return placeText(source);
    case 'contradiction':
      return `manifests differ: ${source.places.map(placeText).join('; ')}`;
    case 'default':
      return source.object ? `default; ${objectName(source.object)} leaves it so` : 'default';
  }
}

function placeText({ object, path, inner }: SettingPlace): string {
  const field = path.length > 0 && path[0] !== 'metadata' ? `, ${pathText(path)}` : '';
  return `${objectName(object)}${field}${inner && inner.length > 0 ? `: ${pathText(inner)}` : ''}`;
}

/** Where a source is written; undefined for what no manifest says. */
export function settingPlaces(source: SettingSource): SettingPlace[] {
  if (source.by === 'contradiction') return [...source.places];
  return source.by === 'manifest' ? [source] : [];
}

/** The place in the file; of a setting inside a text, the line of that text where it stands. */
export function settingPlaceOf({ object, path, inner }: SettingPlace): Place {
  const place = placeOf(object, path);
  if (!inner || inner.length === 0) return place;
  const { document, prefix, rendered } = object.source;
  const start = place.range.start - document.range.start;
  const written = document.text.slice(start, place.range.end - document.range.start);
  // only a block text has its lines as they are in the file
  if (rendered || prefix.length > 0 || !/^[|>]/.test(written)) return place;
  const body = written.indexOf('\n') + 1;
  const text = written.slice(body);
  const margin = /^[ \t]*/.exec(text)![0].length;
  const range = parseDocuments(unindented(text, margin))[0]?.rangeOf(inner, 'key');
  if (!range) return place;
  const line = unindented(text, margin).slice(0, range.start).split('\n').length - 1;
  const lines = text.split('\n');
  const before = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  const from = place.range.start + body + before + /^[ \t]*/.exec(lines[line] ?? '')![0].length;
  return { uri: place.uri, range: { start: from, end: from + (range.end - range.start) } };
}

function unindented(text: string, margin: number): string {
  return text
    .split('\n')
    .map((line) => line.slice(Math.min(margin, /^[ \t]*/.exec(line)![0].length)))
    .join('\n');
}

/** The objects that say something of the settings in force, each once. */
export function settingObjects({ sources }: MeshSettings): KnownObject[] {
  const objects = Object.values(sources).flatMap((source) =>
    source.by === 'default' && source.object ? [source.object] : settingPlaces(source).map(({ object }) => object),
  );
  return [...new Set(objects)];
}

/** `root namespace \`istio-system\`, trust domain …`: the settings that people ask for, and those that are not default. */
export function settingsSentence(settings: MeshSettings): string {
  const parts = (['rootNamespace', 'trustDomain', 'enableAutoMtls', 'revision'] as const).map((name) => {
    const text = settingText(settings, name);
    return `${SETTING_NAMES[name]} ${typeof settings[name] === 'boolean' ? text : `\`${text}\``}`;
  });
  if (settings.ambient) parts.push('ambient on');
  return parts.join(', ');
}
