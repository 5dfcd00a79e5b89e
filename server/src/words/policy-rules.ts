// What a rule of an AuthorizationPolicy asks for, and which of its fields decided, in words.
import type { RuleVerdict } from '../authorization/rules';
import type {
  AuthorizationPolicy,
  AuthorizationRule,
  Condition,
  FieldMatch,
} from '../manifest/kinds/authorization-policy';
import type { Path } from '../yaml/range';
import { objectName } from './names';
import type { Because } from './reasons';

const MOST_VALUES = 3;

/** `namespaces pay, and methods GET or POST`; `anything` for a rule without fields. */
export function ruleWords({ from, to, when }: AuthorizationRule): string {
  const parts = [alternatives(from), alternatives(to), ...when.map(conditionWords)].filter((text) => text !== '');
  return parts.length === 0 ? 'anything' : parts.join(', and ');
}

function alternatives(list: readonly (readonly FieldMatch<string>[])[]): string {
  const texts = list.map((fields) => fields.map(fieldWords).join(' and '));
  return texts.length > 1 ? texts.map((text) => `(${text})`).join(' or ') : (texts[0] ?? '');
}

function fieldWords({ field, negated, values }: FieldMatch<string>): string {
  return `${field} ${negated ? 'other than ' : ''}${valueWords(values)}`;
}

function conditionWords({ key, values, notValues }: Condition): string {
  const parts = [
    ...(values.length > 0 ? [valueWords(values)] : []),
    ...(notValues.length > 0 ? [`other than ${valueWords(notValues)}`] : []),
  ];
  return `\`${key}\` ${parts.join(' and ')}`;
}

function valueWords(values: readonly string[]): string {
  const shown = values.length > MOST_VALUES + 1 ? values.slice(0, MOST_VALUES) : values;
  const rest = values.length > shown.length ? [`${values.length - shown.length} more`] : [];
  return [...shown.map((value) => `\`${value}\``), ...rest].join(' or ');
}

/** Names of the fields that decided: `methods`, `notPaths`, `request.headers[x-role]`. */
export function fieldNames(policy: AuthorizationPolicy, paths: readonly Path[]): string[] {
  const names = paths.map((path) => {
    const when = path.indexOf('when');
    const index = when < 0 ? undefined : path[when + 1];
    const rule = policy.spec.rules.find((each) => each.path.every((step, at) => path[at] === step));
    const key = typeof index === 'number' ? rule?.when[index]?.key : undefined;
    return `\`${key ?? String(path[path.length - 1])}\``;
  });
  return [...new Set(names)];
}

/** The policy, and the rule where it has several. */
export function policyName(policy: AuthorizationPolicy, index?: number): string {
  const rule = index === undefined || policy.spec.rules.length < 2 ? '' : ` (rule ${index + 1})`;
  return `\`${objectName(policy)}\`${rule}`;
}

/** A rule that matches: what it asks for. */
export function matchingLine({ rule }: RuleVerdict): Because {
  const { policy, index, path } = rule;
  const what = policy.spec.action === 'ALLOW' ? 'lets in' : policy.spec.action === 'DENY' ? 'refuses' : 'is asked for';
  return { text: `${policyName(policy, index)} ${what} ${ruleWords(policy.spec.rules[index]!)}`, object: policy, path };
}

/** An ALLOW rule that does not match: the field that does not hold, or that the layer cannot answer. */
export function missingLine({ rule, unanswerable, fields }: RuleVerdict, identity: string | undefined): Because {
  const { policy, index } = rule;
  const name = policyName(policy, index);
  const path = (unanswerable[0] ?? fields[0] ?? rule.path) as Path;
  if (unanswerable.length > 0) {
    const asked = fieldNames(policy, unanswerable).join(', ');
    return {
      text: `${name} asks for ${asked}, which nobody can answer on plain TCP: the rule is void there`,
      object: policy,
      path,
    };
  }
  const who = identity === undefined ? 'the client shows no identity' : `the client is \`${identity}\``;
  const about = fields.some((field) => field.includes('from') || String(field.at(-1)).startsWith('source.'));
  const asks = `${name} asks for ${ruleWords(policy.spec.rules[index]!)}`;
  return { text: about ? `${asks}; ${who}` : asks, object: policy, path };
}

/** A rule that what is not known of the request decides. */
export function openLine({ rule, fields }: RuleVerdict): Because {
  const { policy, index } = rule;
  const verb = { ALLOW: 'lets in', DENY: 'refuses', CUSTOM: 'asks its provider for', AUDIT: 'logs' }[
    policy.spec.action
  ];
  const path = fields[0] ?? rule.path;
  return { text: `${policyName(policy, index)} ${verb} ${ruleWords(policy.spec.rules[index]!)}`, object: policy, path };
}
