// What Helm says of the mesh: releases of Istio's charts by Argo CD or Flux, charts that depend on them, values files.
import { Fields } from '../../manifest/fields';
import type {
  ArgoApplication,
  ChartDependency,
  HelmChart,
  HelmRelease,
  HelmValues,
  IstioChart,
  Release,
} from '../../manifest/kinds/helm';
import type { Path } from '../../yaml/range';
import { contents } from './config-maps';
import { fieldsOf } from './istio-operator';
import { aside, type Fact, gather, RANK, type Statement } from './statement';
import { noteChart, noteEnvironment, noteVersion, revisionsIn, section } from './values';

/** Each of Istio's charts that an Application or a HelmRelease installs. */
export function fromReleases(object: ArgoApplication | HelmRelease): Statement[] {
  return object.spec.releases.map((release) => fromRelease(object, release));
}

function fromRelease(object: ArgoApplication | HelmRelease, release: Release): Statement {
  const { chart, values, text, version } = release;
  const inText = text && contents(text.text);
  const facts = [
    ...gather((note) => {
      for (const { name, value, path } of release.parameters)
        if (chart === 'istiod' && name.startsWith('pilot.env.')) noteEnvironment(name.slice(10), value, path, note);
      // Argo CD takes the object where there are both
      if (values) noteChart(chart, fieldsOf(values), note);
      if (chart === 'ztunnel') note('ambient', true, release.path);
      if (chart === 'istiod') noteVersion(version?.text, version?.path ?? [], note);
    }),
    ...(inText && !values ? gather((note) => noteChart(chart, inText, note), text.path) : []),
  ];
  if (chart !== 'istiod') return aside(object, RANK.operator, onlyAmbient(facts));
  const holder = values ? fieldsOf(values) : inText;
  const parameter = release.parameters.find(({ name }) => name === 'revision');
  const named = Fields.of(
    { ...(holder?.raw('revision') !== undefined && { revision: holder.raw('revision') }) },
    [],
    [],
  );
  const { revision } = revisionsIn(parameter ? Fields.of({ revision: parameter.value }, [], []) : named);
  const tags = new Map([...(holder ? revisionsIn(holder).tags.keys() : [])].map((tag) => [tag, revision]));
  return { object, rank: RANK.operator, revision, installs: true, tags, facts: firstOf(facts) };
}

/** A values file, as far as its shape, a chart beside it or a release shows whose it is. */
export function fromValues(
  object: HelmValues,
  charts: readonly HelmChart[],
  releases: readonly Release[],
): Statement[] {
  const { root, certain, key } = object.spec;
  const fields = fieldsOf(root);
  const chart = charts.find((each) => folderOf(each) === folderOf(object));
  if (chart?.spec.own) return [fromChartValues(object, chart.spec.own, fields, RANK.chart)];
  if (chart) {
    return chart.spec.dependencies.flatMap((each) => {
      const part = section(fields, each.key);
      return part ? [fromChartValues(object, each.chart, part, RANK.values)] : [];
    });
  }
  const release = releases.find(({ files }) => files.some((file) => leadsTo(file, object.source.uri)));
  if (release) return [fromChartValues(object, release.chart, fields, RANK.values)];
  if (!certain) return [];
  const part = key === undefined ? fields : section(fields, key);
  return part ? [fromChartValues(object, 'istiod', part, RANK.values)] : [];
}

function fromChartValues(object: HelmValues, chart: IstioChart, fields: Fields, rank: number): Statement {
  const facts = gather((note) => noteChart(chart, fields, note));
  if (chart !== 'istiod') return aside(object, rank, onlyAmbient(facts));
  const { revision, tags } = revisionsIn(fields);
  return { object, rank, revision, installs: true, tags, facts };
}

/** The versions of a chart's dependencies, and that ztunnel is among them. */
export function fromChart(object: HelmChart): Statement[] {
  const sure = object.spec.dependencies.filter(({ conditional }) => !conditional);
  return sure.flatMap((dependency) => {
    const facts = gather((note) => {
      const { version, chart } = dependency;
      if (chart === 'istiod') noteVersion(version?.text, version?.path ?? [], note);
      if (chart === 'ztunnel') note('ambient', true, placeIn(dependency));
    });
    return facts.length > 0 ? [aside(object, RANK.values, facts)] : [];
  });
}

function placeIn({ version }: ChartDependency): Path {
  return version?.path ?? ['dependencies'];
}

/** `$values/clusters/istiod.yaml` of Argo CD, or a path from the chart's folder: the file's address ends with it. */
function leadsTo(file: string, uri: string): boolean {
  const path = file
    .trim()
    .replace(/^\$\w+\//, '')
    .replace(/^(?:\.{0,2}\/)+/, '');
  return path !== '' && uri.endsWith(`/${path}`);
}

function onlyAmbient(facts: readonly Fact[]): Fact[] {
  return facts.filter(({ name }) => name === 'ambient');
}

function firstOf(facts: readonly Fact[]): Fact[] {
  const known = new Set<string>();
  return facts.filter(({ name }) => !known.has(name) && known.add(name));
}

function folderOf({ source }: HelmChart | HelmValues): string {
  return source.uri.slice(0, source.uri.lastIndexOf('/'));
}
