// An explanation for people and for machines.

import { workloadKey } from '../mesh/workload';
import type { ExplainStep, Explanation, Verdict } from '../words/explain';
import type { Snapshot } from '../workspace/workspace';
import { type Locate, locator } from './location';
import { type Style, setCode } from './style';
import { becauseJson } from './table-json';

const COLUMN = 9;
const PAINT: Readonly<Record<Verdict, 'green' | 'yellow' | 'red'>> = {
  mTLS: 'green',
  plaintext: 'yellow',
  TLS: 'green',
  refused: 'red',
  'partly refused': 'red',
  blocked: 'red',
  unknown: 'yellow',
  'no endpoints': 'yellow',
  mixed: 'yellow',
};

/** Each step with its reasons below it, each with file and line; ended by a newline. */
export function explainText(
  explanation: Explanation,
  snapshot: Snapshot,
  fileOf: (uri: string) => string,
  style: Style,
): string {
  const locate = locator(snapshot, fileOf);
  const { client, service, port, subset, verdict, steps } = explanation;
  const target = `${service.host}:${port.port}${subset === undefined ? '' : ` subset ${subset}`}`;
  const heading = `${style.bold(`${workloadKey(client)} → ${target}`)}   ${style.bold(style[PAINT[verdict]](verdict))}`;
  return [heading, '', ...steps.flatMap((step, index) => stepLines(step, steps[index - 1], locate, style)), ''].join(
    '\n',
  );
}

function stepLines(step: ExplainStep, before: ExplainStep | undefined, locate: Locate, style: Style): string[] {
  const label = step.name === before?.name ? '' : step.name;
  const first = (text: string): string => `${style.dim(label.padEnd(COLUMN))}${text}`;
  if (step.name === 'remedy') {
    const [because] = step.because;
    const place = because?.object ? `${placeText(because, locate)}  ` : '';
    return [first(`${style.cyan(place)}${setCode(step.text, style)}`)];
  }
  const lines = step.because.map((because) => {
    const place = because.object ? `  ${style.dim(`(${placeText(because, locate)})`)}` : '';
    return `${' '.repeat(COLUMN)}  ${setCode(because.text, style)}${place}`;
  });
  return [first(setCode(step.text, style)), ...lines];
}

function placeText(because: ExplainStep['because'][number], locate: Locate): string {
  const { file, range } = locate(because.object!, because.path);
  return `${file}:${range.start.line + 1}`;
}

/** The same as data. */
export function explainJson(explanation: Explanation, snapshot: Snapshot, fileOf: (uri: string) => string): unknown {
  const locate = locator(snapshot, fileOf);
  const { client, service, port, subset, verdict, steps } = explanation;
  return {
    client: workloadKey(client),
    host: service.host,
    port: port.port,
    subset: subset ?? null,
    verdict,
    steps: steps.map(({ name, text, because }) => ({
      step: name,
      text,
      because: because.map((each) => becauseJson(each, locate)),
    })),
  };
}
