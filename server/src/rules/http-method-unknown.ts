// http-method-unknown: an AuthorizationPolicy names a method that no client sends.
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { offered, setField } from './fixes';
import { isPlaceholder } from './placeholders';
import { askedBy, wholePolicies } from './policies';
import type { Finding, Rule, RuleContext } from './rule';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

export const httpMethodUnknown: Rule = {
  id: 'http-method-unknown',
  severity: 'warning',
  summary: 'An AuthorizationPolicy names an HTTP method that no client sends.',
  happens:
    'Methods are compared letter by letter, and clients send them in capitals: `get` matches nothing. A rule that allows it lets nothing in, and one that denies it stops nothing.',
  remedy: 'Write the method in capitals, without blanks.',
  peers: ['KIA0102'],
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      for (const asked of policy.spec.rules.flatMap(askedBy)) {
        const isMethod = asked.name === 'methods' || /^request\.headers\[:method\]$/.test(asked.name);
        if (!isMethod) continue;
        for (const [index, value] of asked.values.entries()) {
          if (value.includes('*') || METHODS.includes(value) || isPlaceholder(value)) continue;
          const upper = value.trim().toUpperCase();
          const instead = METHODS.includes(upper) ? upper : nearMisses(upper, METHODS)[0];
          const path = [...asked.path, index];
          yield {
            ...placeOf(policy, path),
            // WebDAV and others have methods of their own
            ...(instead === undefined && { severity: 'hint' as const }),
            message:
              instead === undefined
                ? `\`${value}\` is no method of HTTP's standard.`
                : `No client sends the method \`${value}\`. Did you mean \`${instead}\`?`,
            related: [],
            fixes: () =>
              instead === undefined
                ? []
                : offered(setField(snapshot, policy, path, instead, `Change it to \`${instead}\``, true)),
          };
        }
      }
    }
  },
};
