// An explanation for people.
import { workloadKey } from '../mesh/workload';
import type { ExplainStep, Explanation, Verdict } from '../words/explain';
import { accessWord } from '../words/verdict';
import type { Snapshot } from '../workspace/workspace';
import { type Locate, locator } from './location';
import { type Style, setCode } from './style';

const COLUMN = 11;
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
  const { client, service, port, subset, steps } = explanation;
  const target = `${service.host}:${port.port}${subset === undefined ? '' : ` subset ${subset}`}`;
  const heading = `${style.bold(`${workloadKey(client)} → ${target}`)}   ${verdictText(explanation, style)}`;
  return [heading, '', ...steps.flatMap((step, index) => stepLines(step, steps[index - 1], locate, style)), ''].join(
    '\n',
  );
}

/** What the connection comes to, and what policies make of the calls on it where they do not simply let them in. */
function verdictText({ verdict, access }: Explanation, style: Style): string {
  const paint = (text: string, colour: 'green' | 'yellow' | 'red'): string => style.bold(style[colour](text));
  const isRefused = verdict === 'refused' || verdict === 'blocked';
  const text = paint(verdict, PAINT[verdict]);
  const word = accessWord(access.map(({ decision }) => decision));
  if (isRefused || word === '') return text;
  return `${text}, ${paint(word, word === 'denied' ? 'red' : 'yellow')}`;
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
