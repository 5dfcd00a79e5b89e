// May this client call that port? What AuthorizationPolicies and RequestAuthentications make of it, in words.
import { ztunnelAccess } from '../authorization/ambient';
import type { Authorization, AuthorizationAnswer } from '../authorization/authorization';
import type { Judgement } from '../authorization/judge';
import { ANY_HTTP } from '../authorization/request';
import { UNKNOWN } from '../authorization/truth';
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Endpoint } from '../mesh/endpoints';
import { type Workload, workloadKey } from '../mesh/workload';
import { principalOf } from '../mtls/handshake';
import { objectName } from './names';
import { fieldNames, matchingLine, missingLine, openLine, policyName, ruleWords } from './policy-rules';
import type { Because } from './reasons';

/** `depends`: on the request, on an external provider, or on what Mutual does not compute. */
export type AccessDecision = 'allowed' | 'denied' | 'depends';

/** What becomes of a client's calls to one endpoint, once the connection stands. */
export interface AccessAnswer {
  readonly endpoint: Endpoint;
  /** False for plaintext: policies then know nobody. */
  readonly withIdentity: boolean;
  readonly decision: AccessDecision;
  /** No full stop; code is marked with backticks. */
  readonly text: string;
  readonly because: readonly Because[];
  /** The same call without, or with, an identity is answered otherwise. */
  readonly dependsOnIdentity: boolean;
  /** Every request has to carry a token that a RequestAuthentication takes. */
  readonly tokenNeeded: boolean;
}

/**
 * The answer for one endpoint; undefined where no policy acts there, or no pod is known.
 * @param withIdentity the connection carries the client's certificate
 */
export function accessTo(
  authorization: Authorization,
  client: Workload,
  endpoint: Endpoint,
  withIdentity: boolean,
): AccessAnswer | undefined {
  const server = endpoint.workload;
  if (!server) return undefined;
  if (server.dataplane === 'ambient') return ambientAccess(authorization, client, endpoint, server, withIdentity);
  const { policies } = authorization.filtersOf(server);
  const { custom, deny, allow, requestAuthentications } = policies;
  if ([...custom, ...deny, ...allow, ...requestAuthentications].length === 0) return undefined;
  if (server.dataplane !== 'sidecar')
    return notComputed(endpoint, server, withIdentity, [...custom, ...deny, ...allow]);
  const access = authorization.access(client, server, endpoint.port);
  const answers = withIdentity ? access.mutualTls : access.plaintext;
  const identity = withIdentity ? principalOf(authorization.mesh.settings, client) : undefined;
  const told = answers.map((answer) => tell(answer, identity));
  const tokenNeeded = needsToken(authorization, server, endpoint.port, identity);
  const others = withIdentity ? access.plaintext : access.mutualTls;
  const other = others.map(decisionOf);
  const otherwise: Because[] =
    access.dependsOnIdentity && other.some((decision, index) => decision !== decisionOf(answers[index]!))
      ? [{ text: withIdentity ? `in plaintext, without identity: ${listed(other)}` : `with mTLS: ${listed(other)}` }]
      : [];
  return {
    ...{ endpoint, withIdentity, tokenNeeded, dependsOnIdentity: access.dependsOnIdentity },
    decision: combined(answers.map(decisionOf)),
    text: layered(
      answers,
      told.map(({ text }) => text),
      tokenNeeded,
    ),
    because: unique([...told.flatMap(({ because }) => because), ...tokenLines(authorization, server), ...otherwise]),
  };
}

export function decisionOf({ decision }: Pick<AuthorizationAnswer, 'decision'>): AccessDecision {
  return decision === 'allow' ? 'allowed' : decision === 'depends' ? 'depends' : 'denied';
}

function combined(decisions: readonly AccessDecision[]): AccessDecision {
  return decisions.every((each) => each === decisions[0]) ? decisions[0]! : 'depends';
}

function listed(decisions: readonly AccessDecision[]): string {
  return [...new Set(decisions)].map((each) => (each === 'depends' ? 'depends on the request' : each)).join(' or ');
}

/** One sentence, or one for each way in which a sniffed port may be used. */
function layered(answers: readonly AuthorizationAnswer[], texts: readonly string[], tokenNeeded: boolean): string {
  const token = tokenNeeded ? '; every request needs a token' : '';
  if (new Set(texts).size === 1) return `${texts[0]}${token}`;
  return `${answers.map(({ layer }, index) => `${layer === 'tcp' ? 'other TCP' : 'HTTP'}: ${texts[index]}`).join('; ')}${token}`;
}

interface Told {
  readonly text: string;
  readonly because: readonly Because[];
}

function tell({ reason }: AuthorizationAnswer, identity: string | undefined): Told {
  switch (reason.code) {
    case 'no-proxy':
    case 'not-captured':
      return { text: 'allowed: no proxy judges on this port', because: [] };
    case 'proxy-not-judged':
      return { text: `depends on the ${reason.dataplane}, which Mutual does not compute`, because: [] };
    case 'plaintext-refused':
    case 'istio-mtls-refused':
    case 'mtls-without-proxy':
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

/** True when every request without a token is refused, and some with one is not. */
function needsToken(
  authorization: Authorization,
  server: Workload,
  port: number,
  principal: string | undefined,
): boolean {
  const base = { principal, sourceIp: UNKNOWN, destinationIp: UNKNOWN, sni: UNKNOWN } as const;
  const without = authorization.authorize(server, port, { ...base, http: { ...ANY_HTTP, token: undefined } });
  if (without.decision !== 'deny' || without.layer !== 'http') return false;
  return authorization.authorize(server, port, { ...base, http: ANY_HTTP }).decision === 'depends';
}

/** Whose tokens are taken; none is ever asked for by these objects alone. */
function tokenLines(authorization: Authorization, server: Workload): Because[] {
  return authorization.filtersOf(server).policies.requestAuthentications.map((object) => {
    const issuers = [...new Set(object.spec.jwtRules.map(({ issuer }) => `\`${issuer || 'any issuer'}\``))];
    return {
      text: `\`${objectName(object)}\` takes tokens of ${issuers.join(', ') || 'nobody'}: another token is answered with 401, a missing one is let through`,
      object,
      path: ['spec', 'jwtRules'],
    };
  });
}

/** Gateways and waypoints judge too, by what Mutual does not compute. */
function notComputed(
  endpoint: Endpoint,
  server: Workload,
  withIdentity: boolean,
  policies: readonly AuthorizationPolicy[],
): AccessAnswer | undefined {
  if (policies.length === 0) return undefined;
  const base = { endpoint, withIdentity, dependsOnIdentity: false, tokenNeeded: false };
  if (server.dataplane === 'none' || server.dataplane === 'proxyless') {
    const because = policies.map((object) => ({ text: `\`${objectName(object)}\` selects it without effect`, object }));
    return { ...base, decision: 'allowed', text: 'allowed: no proxy is there to hold to policies', because };
  }
  const what = server.dataplane === 'unknown' ? 'if it has a sidecar' : `of the ${server.dataplane}`;
  return {
    ...base,
    decision: 'depends',
    text: `depends on the policies ${what} \`${workloadKey(server)}\``.replace('policies if', 'policies, if'),
    because: policies.map((object) => ({ text: `\`${objectName(object)}\` acts there`, object })),
  };
}

function ambientAccess(
  { mesh }: Authorization,
  client: Workload,
  endpoint: Endpoint,
  server: Workload,
  withIdentity: boolean,
): AccessAnswer | undefined {
  const at = (who: Workload | undefined) => ztunnelAccess(mesh, who, server, endpoint.port);
  const found = at(withIdentity ? client : undefined);
  if (found.reason === 'no-allow-policy') return undefined;
  const names = found.by.map((policy) => policyName(policy)).join(', ');
  const text = {
    'deny-matches': `denied by ${names}`,
    'allow-matches': `allowed by ${names}`,
    'no-allow-matches': `denied: no rule of ${names} lets it in`,
  }[found.reason];
  const verb = found.reason === 'deny-matches' ? 'refuses' : found.reason === 'allow-matches' ? 'lets in' : 'asks for';
  const because = found.by.map((object): Because => {
    const rules = object.spec.rules.map(ruleWords);
    return {
      text: `${policyName(object)} ${verb} ${rules.join('; or ') || 'nobody'}`,
      object,
      path: ['spec', 'rules'],
    };
  });
  return {
    ...{ endpoint, withIdentity, tokenNeeded: false, text, because },
    decision: found.decision === 'allow' ? 'allowed' : 'denied',
    dependsOnIdentity: at(client).decision !== at(undefined).decision,
  };
}

function unique(lines: readonly Because[]): Because[] {
  return [...new Map(lines.map((line) => [line.text, line])).values()];
}
