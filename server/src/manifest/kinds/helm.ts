// Istio by Helm: releases of its charts that Argo CD or Flux make, charts that depend on them, and their values files.
import type { Path } from '../../yaml/range';
import { Fields, isMapping } from '../fields';
import type { KubernetesObject, Source } from '../object';
import { type Block, readBlock, textIn } from './block';

/** Istio's own charts that say something of the mesh. */
export const ISTIO_CHARTS = ['base', 'istiod', 'cni', 'ztunnel'] as const;
export type IstioChart = (typeof ISTIO_CHARTS)[number];

export interface Release {
  readonly chart: IstioChart;
  readonly version: { readonly text: string; readonly path: Path } | undefined;
  /** Values in the object itself. */
  readonly values: Block | undefined;
  /** Values that stand as YAML in a text. */
  readonly text: { readonly text: string; readonly path: Path } | undefined;
  /** Single values by dotted name. */
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly path: Path }[];
  /** Paths of values files, as they are written. */
  readonly files: readonly string[];
  /** To the chart's name. */
  readonly path: Path;
}
export interface ReleasesSpec {
  readonly releases: readonly Release[];
}
export type ArgoApplication = KubernetesObject<'Application' | 'ApplicationSet', ReleasesSpec>;
export type HelmRelease = KubernetesObject<'HelmRelease', ReleasesSpec>;

/** `base` and `cni` are names of other charts too, so that their repository has to be Istio's. */
function istioChart(name: string | undefined, repository: string): IstioChart | undefined {
  const chart = ISTIO_CHARTS.find((each) => each === name?.split('/').pop());
  return chart && (chart === 'istiod' || chart === 'ztunnel' || /istio/i.test(repository)) ? chart : undefined;
}

/** The sources of an Application, or of an ApplicationSet's template; undefined where none is Istio's. */
export function readArgo(root: Fields): ReleasesSpec | undefined {
  const spec = root.section('spec');
  const template = spec.object('template');
  const inside = template ? template.section('spec') : spec;
  const single = inside.object('source');
  const releases = [...(single ? [single] : []), ...inside.objects('sources')].flatMap((source) => {
    const chart = istioChart(textIn(source, 'chart'), textIn(source, 'repoURL') ?? '');
    return chart ? [argoRelease(chart, source)] : [];
  });
  return releases.length > 0 ? { releases } : undefined;
}

function argoRelease(chart: IstioChart, source: Fields): Release {
  const helm = source.object('helm');
  return {
    chart,
    version: textAt(source, 'targetRevision'),
    values: readBlock(helm, 'valuesObject'),
    text: textAt(helm, 'values'),
    parameters: (helm?.objects('parameters') ?? []).map((each) => ({
      name: textIn(each, 'name') ?? '',
      value: String(each.raw('value') ?? ''),
      path: each.at('value'),
    })),
    files: helm?.strings('valueFiles') ?? [],
    path: source.at('chart'),
  };
}

/** Flux; a chart in a source of its own (`chartRef`) is not looked for. */
export function readHelmRelease(root: Fields): ReleasesSpec | undefined {
  const spec = root.section('spec');
  // a chart that is referred to stands in another object; people call that by the chart's name
  const ref = spec.object('chartRef');
  const from = spec.object('chart')?.object('spec') ?? ref;
  const chart = ref
    ? istioChart(textIn(ref, 'name')?.replace(/^istio-(?=istiod$|ztunnel$)/, ''), '')
    : istioChart(textIn(from, 'chart'), textIn(from?.object('sourceRef'), 'name') ?? '');
  if (!from || !chart) return undefined;
  const release: Release = {
    chart,
    version: textAt(from, 'version'),
    values: readBlock(spec, 'values'),
    text: undefined,
    parameters: [],
    files: [...from.strings('valuesFiles'), ...[textIn(from, 'valuesFile') ?? []].flat()],
    path: from.at(ref ? 'name' : 'chart'),
  };
  return { releases: [release] };
}

function textAt(fields: Fields | undefined, name: string): { text: string; path: Path } | undefined {
  const text = textIn(fields, name);
  return fields && text !== undefined ? { text, path: fields.at(name) } : undefined;
}

export interface ChartDependency {
  readonly chart: IstioChart;
  /** The key of its values. */
  readonly key: string;
  readonly version: { readonly text: string; readonly path: Path } | undefined;
  /** It can be left out by a value. */
  readonly conditional: boolean;
}
/** A Chart.yaml that is one of Istio's charts, or depends on them. */
export type HelmChart = KubernetesObject<
  'HelmChart',
  { readonly own: IstioChart | undefined; readonly dependencies: readonly ChartDependency[] }
>;

/**
 * A values file. `certain` says that its own shape shows it to be of istiod's chart, under `key` or at its root; others
 * count where a chart or a release leads to them.
 */
export type HelmValues = KubernetesObject<
  'HelmValues',
  { readonly root: Block; readonly certain: boolean; readonly key: string | undefined }
>;

/** Beginnings of lines that a values file of Istio's charts, or a Chart.yaml that depends on them, has. */
const MAY_BE =
  /^(?:[ \t]*meshConfig|pilot|istiod|sidecarInjectorWebhook|revisionTags)[ \t]*:|^[ \t-]*(?:\{[^}\n]*)?name:[ \t]*["']?(?:istiod|ztunnel)\b/m;

/** True when a text may be a values file of Istio's charts, or a chart of them; told without parsing. */
export function mayBeIstioHelm(text: string): boolean {
  return MAY_BE.test(text);
}

/** A file's name with its folder's, for what has no other name. */
export function nameOfFile(uri: string): string {
  return uri.replaceAll('%20', ' ').split('/').slice(-2).join('/');
}

/** The values file or chart in a document that is no Kubernetes object; undefined for any other. */
export function readHelmFile(source: Source): HelmChart | HelmValues | undefined {
  const { document, uri } = source;
  const { value } = document;
  if (!isMapping(value) || value.kind !== undefined || !mayBeIstioHelm(document.text)) return undefined;
  const name = nameOfFile(uri);
  const file = name.split('/').pop()!;
  const metadata = {
    name,
    namespace: '',
    namespaceStated: true,
    labels: {},
    annotations: {},
    creationTime: undefined,
  };
  const base = { apiVersion: '', metadata, source, problems: [] };
  if (file === 'Chart.yaml') {
    const spec = readChart(Fields.of(value, [], []));
    return spec && { kind: 'HelmChart', ...base, spec };
  }
  if (value.apiVersion !== undefined || !/\.ya?ml$/i.test(file)) return undefined;
  const key = isMapping(value.istiod) && isIstiodValues(value.istiod, true) ? 'istiod' : undefined;
  const certain = key !== undefined || isIstiodValues(value, /istio/i.test(file));
  return { kind: 'HelmValues', ...base, spec: { root: { path: [], value }, certain, key } };
}

function readChart(fields: Fields): HelmChart['spec'] | undefined {
  const own = ['istiod', 'ztunnel'].includes(textIn(fields, 'name') ?? '') ? textIn(fields, 'name') : undefined;
  const dependencies = fields.objects('dependencies').flatMap((each): ChartDependency[] => {
    const name = textIn(each, 'name');
    const chart = istioChart(name, textIn(each, 'repository') ?? '');
    if (!chart) return [];
    const conditional = each.has('condition') || each.has('tags');
    return [{ chart, key: textIn(each, 'alias') ?? name!, version: textAt(each, 'version'), conditional }];
  });
  return own !== undefined || dependencies.length > 0
    ? { own: own as IstioChart | undefined, dependencies }
    : undefined;
}

const GLOBAL = [
  'istioNamespace',
  'meshID',
  'multiCluster',
  'network',
  'proxy',
  'proxy_init',
  'hub',
  'tag',
  'variant',
  'platform',
];

/** manifests/charts/istio-control/istio-discovery/values.yaml: `meshConfig` beside another of its keys. */
function isIstiodValues(value: Readonly<Record<string, unknown>>, named: boolean): boolean {
  const { meshConfig, pilot, global, sidecarInjectorWebhook } = value;
  const beside =
    isMapping(pilot) ||
    isMapping(sidecarInjectorWebhook) ||
    (isMapping(global) && GLOBAL.some((each) => Object.hasOwn(global, each)));
  if (!named) return isMapping(meshConfig) && beside;
  return isMapping(meshConfig) || isMapping(pilot) || isMapping(sidecarInjectorWebhook);
}
