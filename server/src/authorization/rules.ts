// Does a rule match? One rule against one request, on the layer that judges it, with the fields that decided.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { MeshSettings } from '../mesh/settings';
import type { Path } from '../yaml/range';
import { type PolicyContext, type Question, type Questions, questionsOf } from './conditions';
import type { SeenRequest } from './request';
import { trustDomains } from './trust-domain';
import { all, some, type Truth } from './truth';

/** Which filters judge: those of requests, or those of bare connections. */
export type Layer = 'http' | 'tcp';

/** A rule with its questions, made once for all requests. */
export interface CompiledRule {
  readonly policy: AuthorizationPolicy;
  /** Its place in `spec.rules`. */
  readonly index: number;
  readonly path: Path;
  readonly questions: Questions;
}

/** What a rule says about a request. */
export interface RuleVerdict {
  readonly rule: CompiledRule;
  readonly matches: Truth;
  /**
   * Fields that the layer cannot answer. In an ALLOW one of them takes the whole rule away; in a DENY, AUDIT or
   * CUSTOM they are left out and the rule is wider than written.
   */
  readonly unanswerable: readonly Path[];
  /** Of a rule that does not match: fields that do not hold. Of an open one: fields that could not be decided. */
  readonly fields: readonly Path[];
  /** Fields about the peer's identity of which the answer depends. */
  readonly identityFields: readonly Path[];
}

/** The rules of a policy, in order. */
export function compileRules(policy: AuthorizationPolicy, settings: MeshSettings): CompiledRule[] {
  const context: PolicyContext = { namespace: policy.metadata.namespace, trustDomains: trustDomains(settings) };
  return policy.spec.rules.map((rule, index) => ({
    policy,
    index,
    path: rule.path,
    questions: questionsOf(rule, context),
  }));
}

/** Evaluates a rule (authz/model/model.go:Generate and checkError; §9.5 for what TCP leaves out). */
export function judgeRule(rule: CompiledRule, layer: Layer, seen: SeenRequest): RuleVerdict {
  const { from, to, when } = rule.questions;
  const every = [...from.flat(), ...to.flat(), ...when];
  const isAnswerable = ({ needs }: Question): boolean => needs !== 'broken' && (needs !== 'http' || layer === 'http');
  const unanswerable = every.filter((question) => !isAnswerable(question)).map(({ path }) => path);
  const identityFields = every.filter(({ needs }) => needs === 'identity').map(({ path }) => path);
  if (unanswerable.length > 0 && rule.policy.spec.action === 'ALLOW') {
    return { rule, matches: false, unanswerable, fields: unanswerable, identityFields };
  }
  const answers = new Map<Question, Truth>();
  const holds = (questions: readonly Question[]): Truth =>
    all(
      questions.filter(isAnswerable).map((question) => {
        const answer = question.ask(seen);
        answers.set(question, answer);
        return answer;
      }),
    );
  const any = (alternatives: readonly (readonly Question[])[]): Truth =>
    alternatives.length === 0 ? true : some(alternatives.map(holds));
  const matches = all([any(from), any(to), holds(when)]);
  const fields = [...answers].filter(([, answer]) => answer === matches && answer !== true).map(([{ path }]) => path);
  return { rule, matches, unanswerable, fields, identityFields };
}
