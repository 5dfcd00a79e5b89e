// Charts on the command line: rendered by Helm where --helm asks for it.
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { DiskProblem } from '../workspace/candidates';
import { chartsToRender, type HelmSettings, renderAll } from '../workspace/chart-rendering';
import type { ChartRenderings } from '../workspace/charts';
import { displayPath, pathOf } from '../workspace/disk';
import { HelmRenderer } from '../workspace/helm-binary';
import { UserError } from './errors';

/** The flags that are about Helm. */
export interface HelmFlags {
  readonly helm?: boolean;
  readonly helmPath?: string;
  readonly helmValues?: HelmSettings['values'];
}

/** What the flags allow; undefined where they do not. */
export function helmSettings({ helm, helmPath, helmValues }: HelmFlags): HelmSettings | undefined {
  if (helm !== true && helmPath === undefined && helmValues === undefined) return undefined;
  return { program: helmPath ?? 'helm', values: helmValues ?? [] };
}

/**
 * Refuses the flags for a command that renders nothing, instead of passing over them.
 * @param why a sentence that says so, without a full stop
 */
export function refuseHelm(helm: HelmSettings | undefined, why: string, remedy: string): void {
  if (helm) throw new UserError(`--helm: ${why}. ${remedy}`);
}

/** Reads `FILE` or `CHART=FILE`, after those before it. */
export function helmValues(value: string, before: HelmSettings['values'] = []): HelmSettings['values'] {
  const [, charts = '**', file = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(value)!;
  if (file === '' || charts === '')
    throw new InvalidArgumentError('Write FILE, or CHART=FILE with the folder of a chart');
  return [...before, { charts, files: [resolve(file)] }];
}

const RENDERER = new HelmRenderer();

/**
 * Renders the charts among the files that were read. A chart that cannot be rendered is told, and read as it stands.
 * @throws UserError where Helm or a values file is not there
 */
export async function renderCharts(
  uris: Iterable<string>,
  settings: HelmSettings,
  folder: string,
): Promise<{ readonly charts: ChartRenderings; readonly problems: readonly DiskProblem[] }> {
  const problems: DiskProblem[] = [];
  const shown = (uri: string): string => displayPath(uri, folder);
  // globs know no way up
  const pathFor = (uri: string): string => (shown(uri).startsWith('..') ? pathOf(uri)!.slice(1) : shown(uri));
  const charts = await renderAll(chartsToRender(uris, settings, pathFor), async (chart) => {
    const { output, problem } = await RENDERER.render(pathOf(chart.folder)!, { ...settings, values: chart.values });
    if (problem?.code === 'program') throw new UserError(`${problem.cause}. ${problem.remedy}`);
    if (problem?.code === 'values') throw new UserError(`${problem.path}: ${problem.cause}. ${problem.remedy}`);
    if (problem)
      problems.push({ code: 'templates', path: shown(chart.folder), cause: problem.cause, remedy: problem.remedy });
    return output;
  });
  problems.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { charts, problems };
}
