// Why policies let a call in or refuse it, in words.
import type { AuthorizationAnswer } from '../authorization/authorization';
import type { Judgement } from '../authorization/judge';
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { objectName } from './names';
import { fieldNames, matchingLine, missingLine, openLine } from './policy-rules';
import type { Because } from './reasons';

/** What became of a call, and the rules that made it so. */
export interface Told {
  readonly text: string;
  readonly because: readonly Because[];
}

/** @param identity the client's, without `spiffe://`; undefined in plaintext */
export function tell({ reason }: AuthorizationAnswer, identity: string | undefined): Told {
  switch (reason.code) {
    case 'no-proxy':
    case 'not-captured':
      return { text: 'allowed: no proxy judges on this port', because: [] };
    case 'proxy-not-judged':
      return { text: `depends on the ${reason.dataplane}, which Mutual does not compute`, because: [] };
    case 'plaintext-refused':
    case 'istio-mtls-refused':
    case 'mtls-without-proxy':
    case 'listener-refuses':
    case 'foreign-trust-domain':
    case 'not-http':
      return { text: 'denied: the connection itself is refused', because: [] };
    default:
      return tellJudgement(reason, identity);
  }
}

function tellJudgement(reason: Judgement, identity: string | undefined): Told {
  switch (reason.code) {
    case 'no-allow-policy':
      return { text: 'allowed: no policy refuses it', because: [] };
    case 'allow-matches':
      return { text: `allowed by ${named(reason.rules)}`, because: reason.rules.map(matchingLine) };
    case 'deny-matches':
      return { text: `denied by ${named(reason.rules)}`, because: reason.rules.map(matchingLine) };
    case 'custom-denies':
      return {
        text: `denied: the provider \`${reason.provider}\` of ${named(reason.rules)} cannot be asked`,
        because: reason.rules.map(matchingLine),
      };
    case 'no-allow-matches':
      return reason.rules.length === 0
        ? { text: 'denied: an ALLOW policy without rules lets nobody in', because: [] }
        : {
            text: `denied: no rule of ${named(reason.rules)} lets it in`,
            because: reason.rules.map((verdict) => missingLine(verdict, identity)),
          };
    case 'token-refused':
      return { text: 'denied: the token is refused', because: [] };
    case 'provider-decides':
      return {
        text: `depends on the provider \`${reason.provider}\``,
        because: [...reason.rules.map(openLine), ...tellJudgement(reason.otherwise, identity).because],
      };
    case 'open': {
      const names = reason.rules.flatMap(({ rule, fields }) => fieldNames(rule.policy, fields));
      return {
        text: `depends on the request: ${[...new Set(names)].join(', ')}`,
        because: reason.rules.map(openLine),
      };
    }
  }
}

function named(
  rules: readonly { readonly rule: { readonly policy: AuthorizationPolicy; readonly index: number } }[],
): string {
  const names = [...new Set(rules.map(({ rule }) => `\`${objectName(rule.policy)}\``))];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
