// wildcard-misplaced: a value of an AuthorizationPolicy has a `*` where it is an ordinary character.
import { textTest } from '../authorization/text';
import { placeOf } from '../words/names';
import { offered, setField } from './fixes';
import { isPlaceholder } from './placeholders';
import { type Asked, askedBy, wholePolicies } from './policies';
import type { Finding, Rule, RuleContext } from './rule';

export const wildcardMisplaced: Rule = {
  id: 'wildcard-misplaced',
  severity: 'warning',
  summary: 'A `*` in an AuthorizationPolicy stands where it is an ordinary character.',
  happens:
    'One `*` may stand at the beginning or at the end of a value. Any other means a star: `/api/*/info` and `/files/**` fit no usual path. A rule that allows such a path lets nobody in, and one that denies it stops nobody.',
  remedy: 'In a path write `{*}` for one segment and `{**}` for any rest; elsewhere list the values, or keep one `*`.',
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      for (const asked of policy.spec.rules.flatMap(askedBy)) {
        if (!isCompared(asked)) continue;
        for (const [index, value] of asked.values.entries()) {
          if (isPlaceholder(value) || !hasLiteralStar(asked, value)) continue;
          const path = [...asked.path, index];
          const instead = meantBy(asked, value);
          const isCovered =
            instead !== undefined && asked.values.some((other) => other !== value && textTest(other)(instead));
          yield {
            ...placeOf(policy, path),
            // another value says already what this one was meant to say
            ...(isCovered && { severity: 'hint' as const }),
            message: `\`${value}\` ${meaningOf(value)}: one \`*\` may stand at the beginning or at the end, and any other is an ordinary character.${instead === undefined ? '' : ` Did you mean \`${instead}\`?`}`,
            related: [],
            fixes: () =>
              instead === undefined
                ? []
                : offered(setField(snapshot, policy, path, instead, `Change it to \`${instead}\``)),
          };
        }
      }
    }
  },
};

/** Compared as a text with one star at an end; identities have a rule of their own (authz/matcher/string.go). */
function isCompared({ name }: Asked): boolean {
  return name === 'paths' || name === 'hosts' || isFree(name);
}

/** Values in which a star may well be meant as one. */
function isFree(name: string): boolean {
  return name === 'requestPrincipals' || /^request\.(?:headers|auth)/.test(name);
}

function hasLiteralStar({ name }: Asked, value: string): boolean {
  // templates are no texts: admission takes care of stars in them
  if (name === 'paths' && /\{\*{1,2}\}/.test(value)) return false;
  if (isFree(name)) return /^\*[^*/]+\*$/.test(value);
  const inner = value.startsWith('*') ? value.slice(1) : value.endsWith('*') ? value.slice(0, -1) : value;
  return inner.includes('*');
}

function meaningOf(value: string): string {
  if (value.startsWith('*')) return `means what ends in \`${value.slice(1)}\``;
  return value.endsWith('*') ? `means what begins with \`${value.slice(0, -1)}\`` : 'means just that, with the star';
}

/** What a path was probably meant to say; undefined where a template cannot say it. */
function meantBy({ name }: Asked, value: string): string | undefined {
  if (name !== 'paths' || !value.startsWith('/')) return undefined;
  const segments = value.slice(1).split('/');
  const rest = segments.pop()!;
  if (segments.every((segment) => !segment.includes('*'))) {
    return /^\*{2,}$/.test(rest) ? `/${[...segments, '*'].join('/')}` : undefined;
  }
  if (segments.some((segment) => segment.includes('*') && segment !== '*')) return undefined;
  const end = rest === '*' || rest === '**' ? '{**}' : rest;
  if (end !== '{**}' && end.includes('*')) return undefined;
  return `/${[...segments.map((segment) => (segment === '*' ? '{*}' : segment)), end].join('/')}`;
}
