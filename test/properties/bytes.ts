// Takes any texts through everything that the editor asks for, and says what broke or took too long.
import { fixAllOf, fixesAt, fixesOfAKind } from '../../server/src/features/code-actions';
import { definition } from '../../server/src/features/definition';
import { hover } from '../../server/src/features/hover';
import { objectSymbols } from '../../server/src/features/symbols';
import { meshTable } from '../../server/src/report/table';
import { checkSnapshot } from '../../server/src/rules';
import { DEFAULT_OPTIONS, type Problem } from '../../server/src/rules/rule';
import { type Snapshot, Workspace } from '../../server/src/workspace/workspace';

/** A sound file that lies beside: it must keep its answer, whatever the other holds. */
export const NEIGHBOUR = 'file:///work/neighbour.yaml';
export const SUBJECT = 'file:///work/subject.yaml';
const NEIGHBOUR_TEXT = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: neighbour
  namespace: neighbourhood
spec:
  host: neighbour.neighbourhood.svc.cluster.local
  trafficPolicy:
    tls:
      mode: ISTIO-MUTUAL
`;

export interface Outcome {
  readonly problems: readonly Problem[];
  /** Exceptions, by the step that threw them. */
  readonly faults: readonly string[];
  readonly milliseconds: number;
  /** The step that took longest, with its milliseconds. */
  readonly slowest: string;
}

/** As {@link tryAll}, with stack traces as long as Node's own: Mocha keeps them whole, and the parser makes an error a bracket. */
export function exercise(text: string, random: () => number): Outcome {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 10;
  try {
    return tryAll(text, random);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** @param random gives numbers from 0 to 1; positions are chosen by it */
function tryAll(text: string, random: () => number): Outcome {
  const faults: string[] = [];
  let slowest = { name: '', took: -1 };
  const begin = performance.now();
  const step = <T>(name: string, work: () => T): T | undefined => {
    const start = performance.now();
    try {
      return work();
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.stack : error}`);
      return undefined;
    } finally {
      const took = performance.now() - start;
      if (took > slowest.took) slowest = { name, took };
    }
  };
  const workspace = new Workspace();
  const files = new Map([
    [SUBJECT, text],
    [NEIGHBOUR, NEIGHBOUR_TEXT],
  ]);
  step('reading', () => workspace.apply({ files }));
  const snapshot = step('meshes', () => workspace.snapshot());
  const problems = snapshot ? askAll(snapshot, text, random, step, faults) : [];
  const milliseconds = performance.now() - begin;
  return { problems, faults, milliseconds, slowest: `${slowest.name} ${Math.round(slowest.took)} ms` };
}

function askAll(
  snapshot: Snapshot,
  text: string,
  random: () => number,
  step: <T>(name: string, work: () => T) => T | undefined,
  faults: string[],
): readonly Problem[] {
  const failed = (error: unknown, rule: { id: string }): void => {
    faults.push(`rule ${rule.id}: ${error instanceof Error ? error.stack : error}`);
  };
  const problems = step('rules', () => checkSnapshot(snapshot, DEFAULT_OPTIONS, undefined, failed)) ?? [];
  const marked = problems.filter(({ uri }) => uri === SUBJECT).map(({ range }) => range.start);
  const anywhere = Array.from({ length: 8 }, () => Math.floor(random() * (text.length + 1)));
  for (const offset of [...anywhere, ...marked.slice(0, 4), text.length]) {
    step('hover', () => hover(snapshot, SUBJECT, offset));
    step('definition', () => definition(snapshot, SUBJECT, offset));
    const range = { start: offset, end: Math.min(text.length, offset + 200) };
    step('fixes', () => fixesAt(problems, SUBJECT, range));
    step('fixes of a kind', () => fixesOfAKind(problems, SUBJECT, range));
  }
  step('all fixes', () => fixAllOf(problems, SUBJECT));
  step('symbols', () => objectSymbols(snapshot, SUBJECT));
  step('table', () => snapshot.meshes.map((view) => meshTable(view)));
  return problems;
}

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
