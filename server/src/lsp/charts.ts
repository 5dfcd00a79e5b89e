// Charts in the editor: rendered by Helm in the background, where a setting allows it and the workspace is trusted.
import { chartsToRender, type HelmSettings, renderAll } from '../workspace/chart-rendering';
import type { ChartRenderings } from '../workspace/charts';
import { pathBelow } from '../workspace/explicit-meshes';
import type { FileAccess } from './file-access';
import type { Log, Session } from './session';

export interface ChartsContext {
  readonly session: Session;
  readonly access: FileAccess;
  readonly log: Log;
  /** Told when answers may differ. */
  changed(): void;
}

const NONE: ChartRenderings = new Map();

export class Charts {
  private running: AbortController | undefined;
  private readonly told = new Set<string>();
  private readonly rendered = new Set<string>();

  constructor(private readonly context: ChartsContext) {}

  /**
   * Renders the charts of folders as they are on disk now; what is being rendered meanwhile is given up. Nothing is run
   * for a folder without settings.
   * @param folders with what is allowed there
   */
  async refresh(folders: ReadonlyMap<string, HelmSettings | undefined>): Promise<void> {
    this.running?.abort();
    this.running = undefined;
    const { session, access, changed } = this.context;
    const allowed = [...folders].filter(([folder, helm]) => helm && access.renderChart && folder !== '');
    let isOther = false;
    for (const [folder, helm] of folders) if (!helm) this.forget(folder, new Set());
    for (const folder of this.rendered) {
      if (folders.get(folder)) continue;
      session.setCharts(folder, NONE);
      this.rendered.delete(folder);
      isOther = true;
    }
    if (allowed.length > 0) {
      const controller = new AbortController();
      this.running = controller;
      for (const [folder, helm] of allowed) {
        const charts = await this.render(folder, helm!, controller.signal);
        if (controller.signal.aborted) return;
        if (charts.size === 0 && !this.rendered.has(folder) && session.chartProblems.size === 0) continue;
        this.rendered.add(folder);
        session.setCharts(folder, charts.size > 0 ? charts : NONE);
        isOther = true;
      }
    }
    if (isOther) changed();
  }

  /** Of charts that are not to be rendered any more nothing is told. */
  private forget(folder: string, wanted: ReadonlySet<string>): void {
    const { chartProblems } = this.context.session;
    for (const chart of chartProblems.keys())
      if (pathBelow(folder, chart) !== undefined && !wanted.has(chart)) chartProblems.delete(chart);
  }

  private render(folder: string, helm: HelmSettings, signal: AbortSignal): Promise<ChartRenderings> {
    const { session, access, log } = this.context;
    const charts = chartsToRender(session.filesOf(folder), helm, (uri) => pathBelow(folder, uri) ?? '');
    this.forget(folder, new Set(charts.map((chart) => chart.folder)));
    return renderAll(charts, async (chart) => {
      if (signal.aborted) return undefined;
      const { output, problem } = await access.renderChart!(
        chart.folder,
        folder,
        { ...helm, values: chart.values },
        signal,
      );
      if (signal.aborted) return output;
      const text = problem && `${chart.folder}: ${problem.cause}. ${problem.remedy}`;
      const name = pathBelow(folder, chart.folder) ?? chart.folder;
      if (problem) session.chartProblems.set(chart.folder, `${name}: ${problem.cause}. ${problem.remedy}`);
      else session.chartProblems.delete(chart.folder);
      // once is enough, while a chart is being written
      if (text && !this.told.has(text)) log(text);
      if (text) this.told.add(text);
      return output;
    });
  }
}
