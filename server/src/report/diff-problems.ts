// Which problems a change makes, and which it mends. A problem is known by its rule, object, field and sentence, so that
// lines, list entries and files may move.
import { locate } from '../features/locate';
import type { Problem, Severity } from '../rules/rule';
import { objectName, pathText } from '../words/names';
import type { Snapshot } from '../workspace/workspace';

export interface ProblemChanges {
  /** Of the later state, in its order. */
  readonly appeared: readonly Problem[];
  /** Of the earlier state, in its order. */
  readonly gone: readonly Problem[];
}

export interface ProblemState {
  readonly problems: readonly Problem[];
  readonly snapshot: Snapshot;
}

interface Identity {
  readonly problem: Problem;
  readonly rule: string;
  /** As the earlier state calls the file. */
  readonly uri: string;
  readonly object: string;
  readonly path: string;
  /** The sentence without line numbers. */
  readonly message: string;
  /** What is underlined. */
  readonly text: string;
}

/** From the surest match to the loosest; each problem is taken by the first that fits. */
const WAYS: readonly ((identity: Identity) => string)[] = [
  ({ rule, uri, object, path, message }) => JSON.stringify([rule, uri, object, path, message]),
  // an entry before it in a list came or went
  ({ rule, uri, object, message, text }) => JSON.stringify([rule, uri, object, message, text]),
  // the object moved to another file
  ({ rule, object, path, message }) => (object === '' ? '' : JSON.stringify([rule, object, path, message])),
];

/** The same field is told with other words or numbers; it is the same problem unless the numbers grew. */
const sameField = ({ rule, uri, object, path, text }: Identity): string =>
  JSON.stringify([rule, uri, object, path, text]);

/**
 * What appears and what goes between two states.
 * @param renamed by URI in `after`, the URI in `before` of files that were renamed
 */
export function compareProblems(
  before: ProblemState,
  after: ProblemState,
  renamed: ReadonlyMap<string, string>,
): ProblemChanges {
  let old = before.problems.map((problem) => identify(problem, before.snapshot));
  let fresh = after.problems.map((problem) => identify(problem, after.snapshot, renamed));
  for (const way of WAYS) [old, fresh] = withoutPairs(old, fresh, way, () => true);
  [old, fresh] = withoutPairs(old, fresh, sameField, (then, now) => counted(now.message) <= counted(then.message));
  return { appeared: fresh.map(({ problem }) => problem), gone: old.map(({ problem }) => problem) };
}

function identify(problem: Problem, snapshot: Snapshot, renamed?: ReadonlyMap<string, string>): Identity {
  const { rule, uri, range } = problem;
  const found = locate(snapshot, uri, range.start);
  return {
    problem,
    rule,
    uri: renamed?.get(uri) ?? uri,
    object: found ? objectName(found.object) : '',
    path: found ? pathText(found.path) : '',
    message: problem.message
      .replace(/(\.(?:ya?ml|json)):\d+(?::\d+)?/g, '$1')
      .replace(/\b(lines?|columns?) \d+/g, '$1'),
    text: snapshot.files.get(uri)?.text.slice(range.start, range.end) ?? '',
  };
}

const ORDER: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/** What is left of both when problems that are alike are taken out one by one; nothing grows more severe unseen. */
function withoutPairs(
  old: readonly Identity[],
  fresh: readonly Identity[],
  way: (identity: Identity) => string,
  isSame: (then: Identity, now: Identity) => boolean,
): [Identity[], Identity[]] {
  const known = new Map<string, Identity[]>();
  for (const each of old) {
    const key = way(each);
    if (key !== '') known.set(key, [...(known.get(key) ?? []), each]);
  }
  const taken = new Set<Identity>();
  const left = fresh.filter((now) => {
    const then = known.get(way(now))?.find((each) => !taken.has(each) && isSame(each, now));
    if (!then || ORDER.indexOf(now.problem.severity) < ORDER.indexOf(then.problem.severity)) return true;
    taken.add(then);
    return false;
  });
  return [old.filter((each) => !taken.has(each)), left];
}

/** How many clients, services and the like a sentence counts. */
function counted(message: string): number {
  return [...message.matchAll(/\b(\d+) [a-z]/gi)].reduce((sum, [, number]) => sum + Number(number), 0);
}
