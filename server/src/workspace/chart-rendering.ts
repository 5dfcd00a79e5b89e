// Which charts of a workspace are rendered, with which values; the rendering itself is done elsewhere.
import type { ChartRendering, ChartRenderings } from './charts';
import { globTest } from './glob';

/** What somebody has allowed. */
export interface HelmSettings {
  /** A path, or a name that is looked up in PATH. */
  readonly program: string;
  /** Values files by globs of charts' folders, in order; `**` for all. */
  readonly values: readonly { readonly charts: string; readonly files: readonly string[] }[];
}

/** A chart with the values that are meant for it. */
export interface ChartToRender {
  /** The URI of its folder. */
  readonly folder: string;
  readonly values: readonly string[];
}

/**
 * The charts among the files that are not inside another one.
 * @param pathOf the path of a chart's folder that globs are for, such as one below the working folder
 */
export function chartsToRender(
  uris: Iterable<string>,
  settings: HelmSettings,
  pathOf: (folder: string) => string,
): ChartToRender[] {
  const folders = [...uris]
    .filter((uri) => uri.endsWith('/Chart.yaml'))
    .map((uri) => uri.slice(0, -'/Chart.yaml'.length));
  const tests = settings.values.map(({ charts, files }) => ({ isMeant: globTest([charts]), files }));
  return folders
    .sort()
    .filter((folder) => !folders.some((other) => folder.startsWith(`${other}/charts/`)))
    .map((folder) => {
      const path = pathOf(folder);
      return { folder, values: tests.flatMap(({ isMeant, files }) => (isMeant(path) ? files : [])) };
    });
}

/**
 * Renders charts, a few at a time.
 * @param render gives undefined for a chart that cannot be rendered, which is then read as it stands
 */
export async function renderAll(
  charts: readonly ChartToRender[],
  render: (chart: ChartToRender) => Promise<ChartRendering | undefined>,
): Promise<ChartRenderings> {
  const renderings = new Map<string, ChartRendering>();
  const queue = [...charts];
  const next = async (): Promise<void> => {
    for (let chart = queue.shift(); chart; chart = queue.shift()) {
      const rendering = await render(chart);
      if (rendering) renderings.set(chart.folder, rendering);
    }
  };
  await Promise.all(Array.from({ length: 4 }, next));
  return renderings;
}
