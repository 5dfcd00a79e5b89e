// Compares answers with istiod's own, fact by fact, as the published agreement table does.
import type { WorkloadAnswer } from '../../server/src/report/answer';

/** Every fact of a case: `aspect|key` to its value. */
export type Facts = ReadonlyMap<string, string>;

/** Agreement by aspect, and the disagreements. */
export interface Agreement {
  readonly aspects: Map<string, { agree: number; of: number }>;
  readonly wrong: string[];
}

/** The facts of one case's answers, in the form of the conformance cases. */
export function factsOf(answers: readonly WorkloadAnswer[]): Facts {
  const facts = new Map<string, string>();
  for (const answer of answers) {
    facts.set(`dataplane|${answer.workload}`, answer.dataplane);
    for (const [port, accepts] of Object.entries(answer.accepts ?? {})) {
      const at = `${answer.workload}:${port}`;
      if ('hbone' in accepts) facts.set(`ambient wire|${at}`, `hbone ${accepts.hbone}, plaintext ${accepts.plaintext}`);
      else {
        facts.set(`server mode|${at}`, String(accepts.mode));
        facts.set(`server wire|${at}`, `plaintext ${accepts.plaintext}, istio ${accepts.istio}, tls ${accepts.tls}`);
      }
    }
    for (const send of answer.sends ?? []) {
      const key = `${answer.workload} -> ${send.host}:${send.port}${send.subset ? ` (${send.subset})` : ''}`;
      facts.set(`reachable|${key}`, 'yes');
      facts.set(`rule|${key}`, send.rule ?? '');
      for (const endpoint of send.endpoints ?? []) {
        facts.set(`client tls|${key} at ${endpoint.to}:${endpoint.port}`, endpoint.tls);
        facts.set(`outcome|${key} at ${endpoint.to}:${endpoint.port}`, endpoint.outcome);
      }
    }
  }
  return facts;
}

/** Adds the comparison of one case to `agreement`. */
export function compare(agreement: Agreement, id: string, expected: Facts, actual: Facts): void {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const aspect = key.slice(0, key.indexOf('|'));
    const score = agreement.aspects.get(aspect) ?? { agree: 0, of: 0 };
    agreement.aspects.set(aspect, score);
    score.of++;
    if (expected.get(key) === actual.get(key)) score.agree++;
    else
      agreement.wrong.push(
        `${id} ${key}: istiod ${expected.get(key) ?? '(nothing)'}, here ${actual.get(key) ?? '(nothing)'}`,
      );
  }
}

/** The table as text, an aspect a line. */
export function agreementTable(agreement: Agreement): string {
  return [...agreement.aspects]
    .map(([aspect, { agree, of }]) => `${aspect.padEnd(12)} ${agree}/${of}  ${((100 * agree) / of).toFixed(2)} %`)
    .join('\n');
}
