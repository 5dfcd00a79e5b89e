// What to write instead of a value that is refused.
import { isRetryCondition, RETRY_CONDITIONS } from '../manifest/kinds/route-parts';
import type { FieldProblem, KubernetesObject } from '../manifest/object';
import { nearMisses } from '../words/suggestions';
import type { Snapshot } from '../workspace/workspace';
import { replaceScalar } from '../yaml/edit';
import { type Editable, editable } from './editable';
import type { Fix } from './rule';

/** The change that makes a value acceptable, where it is plain what was meant. */
export function rejectedFix(snapshot: Snapshot, object: KubernetesObject, problem: FieldProblem): Fix | undefined {
  const at = editable(snapshot, object, problem.path);
  if (!at) return undefined;
  if (problem.code === 'unknown-value') return nearestValue(at, problem);
  if (problem.code === 'retry-condition-unknown') return knownConditions(at, problem);
  return problem.code === 'wrong-type' ? otherQuotes(at, problem) : undefined;
}

/** Words that people use for modes. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  DISABLED: ['DISABLE'],
  OFF: ['DISABLE'],
  FALSE: ['DISABLE'],
  NONE: ['DISABLE'],
  ENFORCED: ['STRICT'],
  REQUIRED: ['STRICT'],
  MUTUAL: ['STRICT'],
  OPTIONAL: ['PERMISSIVE'],
  ISTIO: ['ISTIO_MUTUAL'],
  MTLS: ['ISTIO_MUTUAL', 'STRICT'],
  STRICT: ['ISTIO_MUTUAL'],
  ALLOWED: ['ALLOW'],
  DENIED: ['DENY'],
};

/** Nobody misspells longer names. */
const LONGEST_NAME = 100;

/** The allowed value nearest to the one written; undefined where none is near. */
export function nearest(found: string, allowed: readonly string[]): string | undefined {
  if (found.length > LONGEST_NAME) return undefined;
  const plain = found.trim().toUpperCase().replaceAll(/[-\s]/g, '_');
  const bare = (text: string): string => text.replaceAll('_', '');
  const same = allowed.find((each) => bare(each.toUpperCase()) === bare(plain));
  if (same !== undefined) return same;
  const meant = Object.hasOwn(MEANT, plain) ? MEANT[plain]! : [];
  return meant.find((each) => allowed.includes(each)) ?? nearMisses(plain, allowed)[0];
}

function nearestValue({ file, document, path }: Editable, { data }: FieldProblem): Fix | undefined {
  const value = nearest(String(data.found), data.allowed as readonly string[]);
  const edit = value === undefined ? undefined : replaceScalar(file.text, document, path, value);
  return edit && { title: `Change it to \`${value}\``, preferred: true, edits: new Map([[file.uri, [edit]]]) };
}

/** `retryOn` without spaces and with each condition spelt as Istio knows it, where that is plain for all of them. */
function knownConditions({ file, document, path }: Editable, { data }: FieldProblem): Fix | undefined {
  const conditions = String(data.whole)
    .split(',')
    .map((each) => each.trim())
    .map((each) => (isRetryCondition(each) ? each : nearMisses(each.toLowerCase(), RETRY_CONDITIONS)[0]));
  if (conditions.some((each) => each === undefined)) return undefined;
  const value = [...new Set(conditions)].join(',');
  const edit = replaceScalar(file.text, document, path, value);
  return edit && { title: `Change it to \`${value}\``, preferred: true, edits: new Map([[file.uri, [edit]]]) };
}

/** Fields whose text is a duration. */
const DURATION = /^(?:.*Timeout|timeout|.*[dD]uration|interval|backoff|fixedDelay|maxAge|baseEjectionTime|time|ttl)$/;

/** Quotes around what YAML reads as a number or a boolean, and none around a number. */
function otherQuotes({ file, document, path: at }: Editable, { path, data }: FieldProblem): Fix | undefined {
  const range = document.rangeOf(at);
  if (!range || !document.has(at)) return undefined;
  const written = file.text.slice(range.start, range.end);
  const make = (title: string, newText: string): Fix => ({
    title,
    preferred: true,
    edits: new Map([[file.uri, [{ range, newText }]]]),
  });
  if (data.expected === 'string' && (data.found === 'number' || data.found === 'boolean')) {
    // a bare number of seconds
    if (typeof path.at(-1) === 'string' && DURATION.test(String(path.at(-1))))
      return /^\d+$/.test(written) ? make(`Change it to \`${written}s\``, `${written}s`) : undefined;
    return /^[\w.+:-]+$/.test(written) ? make('Write it in quotes', `"${written}"`) : undefined;
  }
  const bare = /^(["'])(.*)\1$/.exec(written)?.[2];
  if (bare === undefined) return undefined;
  const fits = { number: /^\d+$/, boolean: /^(?:true|false)$/ }[String(data.expected)];
  return fits?.test(bare) ? make('Write it without quotes', bare) : undefined;
}
