// What values of Istio's charts say of the mesh, wherever they stand: files, operators' objects, releases.
import { type Fields, isMapping } from '../../manifest/fields';
import { textIn } from '../../manifest/kinds/block';
import type { IstioChart } from '../../manifest/kinds/helm';
import { readLabelSelector } from '../../manifest/kinds/label-selector';
import type { Path } from '../../yaml/range';
import { parseVersion } from '../version';
import { noteMeshConfig } from './mesh-config';
import { type Note, revisionOf } from './statement';

/** manifests/charts/istio-control/istio-discovery/values.yaml */
export function noteValues(values: Fields, note: Note): void {
  // the chart's own file keeps them one level deeper
  for (const name of ['_internal_defaults_do_not_edit', 'defaults'])
    if (isMapping(values.raw(name))) noteValues(values.section(name), note);
  const mesh = section(values, 'meshConfig');
  if (mesh) noteMeshConfig(mesh, note);
  const global = section(values, 'global');
  if (global) noteGlobal(global, note);
  const pilot = section(values, 'pilot');
  const environment = pilot && section(pilot, 'env');
  const ambient = environment?.raw('PILOT_ENABLE_AMBIENT');
  if (environment) noteEnvironment('PILOT_ENABLE_AMBIENT', ambient, environment.at('PILOT_ENABLE_AMBIENT'), note);
  noteProfile(textIn(values, 'profile'), values.at('profile'), note);
  noteVersion(textIn(pilot, 'tag'), pilot?.at('tag') ?? [], note);
  const webhook = section(values, 'sidecarInjectorWebhook');
  if (!webhook) return;
  const flag = (field: string): boolean | undefined =>
    typeof webhook.raw(field) === 'boolean' ? (webhook.raw(field) as boolean) : undefined;
  note('enableNamespacesByDefault', flag('enableNamespacesByDefault'), webhook.at('enableNamespacesByDefault'));
  note('rewriteProbes', flag('rewriteAppHTTPProbe'), webhook.at('rewriteAppHTTPProbe'));
  for (const name of ['neverInjectSelector', 'alwaysInjectSelector'] as const) {
    const list = webhook.raw(name);
    const stated = Array.isArray(list) && list.every(isMapping);
    note(name, stated ? webhook.objects(name).map(readLabelSelector) : undefined, webhook.at(name));
  }
}

function noteGlobal(global: Fields, note: Note): void {
  note('rootNamespace', textIn(global, 'istioNamespace') || undefined, global.at('istioNamespace'));
  const proxy = section(global, 'proxy');
  note('clusterDomain', textIn(proxy, 'clusterDomain') || undefined, proxy?.at('clusterDomain') ?? []);
  const autoInject = textIn(proxy, 'autoInject');
  note('autoInject', autoInject === undefined ? undefined : autoInject !== 'disabled', proxy?.at('autoInject') ?? []);
  noteVersion(textIn(global, 'tag'), global.at('tag'), note);
}

/** The values of the other charts: the CNI plugin of an ambient mesh, and ztunnel, which only such a mesh has. */
export function noteChart(chart: IstioChart, values: Fields, note: Note): void {
  if (chart === 'istiod') noteValues(values, note);
  else if (chart === 'cni') {
    noteProfile(textIn(values, 'profile'), values.at('profile'), note);
    // newer charts have it at the root, older ones under `cni`
    for (const holder of [values, section(values, 'cni')]) {
      const ambient = holder && section(holder, 'ambient');
      const enabled = ambient?.raw('enabled');
      note('ambient', typeof enabled === 'boolean' ? enabled : undefined, ambient?.at('enabled') ?? []);
    }
  }
}

/** manifests/helm-profiles/ambient.yaml */
export function noteProfile(profile: string | undefined, path: Path, note: Note): void {
  if (profile !== 'ambient' && profile !== 'openshift-ambient') return;
  note('ambient', true, path);
  note('sidecarHbone', true, path);
}

/** A variable of istiod. */
export function noteEnvironment(name: string, value: unknown, path: Path, note: Note): void {
  if (name !== 'PILOT_ENABLE_AMBIENT') return;
  const text = String(value);
  note('ambient', text === 'true' ? true : text === 'false' ? false : undefined, path);
}

/** A version of Istio: of a chart, an image or an operator. Ranges that leave the minor version open say nothing. */
export function noteVersion(text: string | undefined, path: Path, note: Note): void {
  if (text === undefined) return;
  note('istioVersion', parseVersion(text.replace(/^[~=]\s*/, '').replace(/^(v?1\.\d+(?:\.\d+)?)-.*$/, '$1')), path);
}

/** The revision that values name, and the tags that they make. */
export function revisionsIn(values: Fields): { revision: string | undefined; tags: Map<string, string | undefined> } {
  const revision = revisionOf(textIn(values, 'revision'));
  const raw = values.raw('revisionTags');
  const tags = Array.isArray(raw) ? raw.filter((tag): tag is string => typeof tag === 'string') : [];
  return { revision, tags: new Map(tags.flatMap((tag) => (revisionOf(tag) ? [[tag, revision]] : []))) };
}

/** A mapping that may be missing or something else, as templates leave it. */
export function section(fields: Fields, name: string): Fields | undefined {
  return isMapping(fields.raw(name)) ? fields.object(name) : undefined;
}
