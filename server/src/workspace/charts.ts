// The Helm charts of a workspace: what their templates say without rendering, or what Helm has rendered from them.
import { documentOf, placeOf } from '../helm/match';
import { readTemplateObjects, type TemplateObjects } from '../helm/objects';
import { readTemplate } from '../helm/read';
import type { RenderedDocument } from '../helm/rendered';
import type { Unknown } from '../kustomize/result';
import type { FieldOrigin, RenderedSource, Source } from '../manifest/object';
import { type KnownObject, readValue } from '../manifest/read';
import { readDocument, type YamlDocument } from '../yaml/document';
import type { Path } from '../yaml/range';
import { pathBelow } from './explicit-meshes';
import type { SourceFile } from './workspace';

/** What the `helm` program has made of a chart. */
export interface ChartRendering {
  readonly documents: readonly RenderedDocument[];
}

/** Objects that a template makes, of which the values decide. */
export interface UnknownObjects extends Pick<Unknown, 'reference' | 'origin'> {
  readonly reason: 'template';
}

/** By the URI of the chart's folder. */
export type ChartRenderings = ReadonlyMap<string, ChartRendering>;

/** A chart that is not part of another. */
export interface ReadChart {
  /** The URI of its Chart.yaml. */
  readonly root: string;
  /** The known files that it is made of, in URI order. */
  readonly files: readonly string[];
  readonly objects: readonly KnownObject[];
  /** What its templates make that is not known. */
  readonly unknowns: readonly UnknownObjects[];
  /** `objects` are what Helm has rendered, with the values that were given to it. */
  readonly isRendered: boolean;
}

const CHART_FILE = '/Chart.yaml';

/**
 * The charts among `files`, in URI order. A chart inside another one's `charts` belongs to it.
 * @param renderings of charts that were rendered; the others are read as they stand
 */
export function readCharts(
  files: Pick<ReadonlyMap<string, SourceFile>, 'keys' | 'values'>,
  renderings?: ChartRenderings,
): ReadChart[] {
  const folders = [...files.keys()]
    .filter((uri) => uri.endsWith(CHART_FILE))
    .map((uri) => uri.slice(0, -CHART_FILE.length));
  if (folders.length === 0) return [];
  const all = new Set(folders);
  const owners = new Map<string, SourceFile[]>(
    folders.filter((folder) => topChart(folder, all) === folder).map((folder) => [folder, []]),
  );
  for (const file of files.values()) {
    const owner = topChart(file.uri, all);
    if (owner !== undefined) owners.get(owner)!.push(file);
  }
  return [...owners.keys()].sort().map((folder) => readChart(folder, owners.get(folder)!, renderings?.get(folder)));
}

/** The outermost chart that a file belongs to, or that a folder is or belongs to. */
function topChart(uri: string, charts: ReadonlySet<string>): string | undefined {
  let found: string | undefined;
  for (let folder = uri; folder.includes('/'); folder = folder.slice(0, folder.lastIndexOf('/'))) {
    if (charts.has(folder)) found = folder;
  }
  return found;
}

function readChart(folder: string, files: readonly SourceFile[], rendering: ChartRendering | undefined): ReadChart {
  // a chart that installs Istio says something of every mesh around it, as its values files do
  const parts = files.filter(
    ({ uri, objects }) =>
      /^(?:Chart\.yaml$|(?:templates|charts|crds)\/)/.test(uri.slice(folder.length + 1)) &&
      !objects.some(({ kind }) => kind === 'HelmChart'),
  );
  parts.sort((a, b) => (a.uri < b.uri ? -1 : 1));
  const chart = { root: folder + CHART_FILE, files: parts.map(({ uri }) => uri) };
  const ordered = parts.filter((file) => isPrinted(folder, file));
  if (rendering) {
    const byPath = new Map(ordered.map((file) => [pathBelow(folder, file.uri), file]));
    const printed = rendering.documents.flatMap(({ template, value }) => {
      const file = byPath.get(template);
      const uri = file?.uri ?? `${folder}/${template.split('/').map(encodeURIComponent).join('/')}`;
      const object = readValue(value, sourceOf(uri, file, value));
      return object ? [object] : [];
    });
    // what stands in `crds` is not templated
    const plain = ordered.filter(({ uri }) => uri.startsWith(`${folder}/crds/`)).flatMap(({ objects }) => objects);
    return { ...chart, objects: [...plain, ...printed], unknowns: [], isRendered: true };
  }
  // a library prints nothing by itself
  if (parts.some(({ uri, text }) => uri === chart.root && /^type:[ \t]*["']?library\b/m.test(text))) {
    return { ...chart, objects: [], unknowns: [], isRendered: false };
  }
  const readings = ordered.map((file) => ({ file, ...readFile(folder, file) }));
  return {
    ...chart,
    objects: readings.flatMap(({ objects }) => objects).filter((object) => !isTest(object)),
    unknowns: readings.flatMap(({ file, unread }) =>
      unread.map(({ kind, range }): UnknownObjects => {
        const document = readDocument(file.text.slice(range?.start ?? 0, range?.end ?? 0), range?.start ?? 0);
        return { reason: 'template', reference: kind, origin: { uri: file.uri, document, path: [] } };
      }),
    ),
    isRendered: false,
  };
}

/** Templates that print something by themselves, and what is installed as it is. */
function isPrinted(folder: string, { uri }: SourceFile): boolean {
  const path = uri.slice(folder.length + 1).replace(/^(?:charts\/[^/]+\/)+/, '');
  return /^crds\//.test(path) || (/^templates\//.test(path) && !/\/_[^/]*$/.test(path));
}

/** Run by `helm test` alone. */
function isTest({ metadata }: KnownObject): boolean {
  return /(?:^|,)\s*test\b/.test(metadata.annotations['helm.sh/hook'] ?? '');
}

/** As long as a file stays the same, so do its objects. */
const readings = new WeakMap<SourceFile, TemplateObjects>();

function readFile(folder: string, file: SourceFile): TemplateObjects {
  let reading = readings.get(file);
  if (!reading) {
    const { uri, text, objects } = file;
    const isTemplate = text.includes('{{') && !uri.startsWith(`${folder}/crds/`);
    reading = isTemplate ? readTemplateObjects(uri, text) : { objects, unread: [] };
    readings.set(file, reading);
  }
  // a chart below another one is installed on a condition
  const isBelow = file.uri.startsWith(`${folder}/charts/`);
  if (!isBelow || reading.objects.length === 0) return reading;
  const given = reading.objects.map(({ kind, source }) => ({ uri: file.uri, range: source.document.range, kind }));
  return { objects: [], unread: [...reading.unread, ...given] };
}

/** A rendered object stands in its template, as far as it can be found there. */
function sourceOf(uri: string, file: SourceFile | undefined, value: unknown): Source {
  const whole = readDocument('', 0);
  let found: { readonly document: YamlDocument; place(path: Path): Omit<FieldOrigin, 'uri' | 'document'> } | undefined;
  const template = (): NonNullable<typeof found> => {
    if (found) return found;
    const reading = file && readTemplate(file.text);
    const own = reading && documentOf(value, reading);
    found = own
      ? { document: own.document, place: (path) => placeOf(value, path, own) }
      : // its template, but not which of the documents there
        { document: reading?.documents[0]?.document ?? whole, place: (path) => ({ path: [], rest: path.length + 1 }) };
    return found;
  };
  const rendered: RenderedSource = {
    uris: new Set([uri]),
    origin: (path) => ({ uri, document: template().document, ...template().place(path) }),
    fieldAt(at, offset) {
      if (at !== uri) return undefined;
      const { document, place } = template();
      if (offset < document.range.start || offset > document.range.end) return undefined;
      const path = document.pathAt(offset)?.path;
      if (!path || place(path).path.length < path.length) return undefined;
      return { path, origin: { uri, document, ...place(path) } };
    },
  };
  return {
    uri,
    prefix: [],
    rendered,
    document: {
      value,
      problems: [],
      get text() {
        return template().document.text;
      },
      get range() {
        return template().document.range;
      },
      has: (path) =>
        path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], value) !== undefined,
      rangeOf(path, part = 'value') {
        const { document, place } = template();
        return document.rangeOf(place(path).path, place(path).rest > 0 ? 'key' : part);
      },
      pathAt: (offset) => template().document.pathAt(offset),
    },
  };
}
