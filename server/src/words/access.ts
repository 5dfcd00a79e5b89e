// May this client call that port? What AuthorizationPolicies and RequestAuthentications make of it, in words.
import { ztunnelAccess } from '../authorization/ambient';
import type { Authorization, AuthorizationAnswer } from '../authorization/authorization';
import { ANY_HTTP } from '../authorization/request';
import { UNKNOWN } from '../authorization/truth';
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import type { Endpoint } from '../mesh/endpoints';
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { principalOf } from '../mtls/handshake';
import { tell } from './access-words';
import { objectName } from './names';
import { policyName, ruleWords } from './policy-rules';
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

/** What is called: a service's port, as its waypoint judges it. */
export interface Call {
  readonly service: MeshService;
  readonly port: MeshPort;
}

/**
 * The answer for one endpoint; undefined where no policy acts there, or no pod is known.
 * @param withIdentity the connection carries the client's certificate
 * @param call without it nothing is said of waypoints, which judge by service
 */
export function accessTo(
  authorization: Authorization,
  client: Workload,
  endpoint: Endpoint,
  withIdentity: boolean,
  call?: Call,
): AccessAnswer | undefined {
  const server = endpoint.workload;
  if (!server) return undefined;
  if (server.dataplane === 'ambient') return ambientAccess(authorization, client, endpoint, server, withIdentity);
  if (server.dataplane === 'waypoint') return call && waypointAccess(authorization, client, endpoint, server, call);
  const { policies } = authorization.filtersOf(server);
  const { custom, deny, allow, requestAuthentications } = policies;
  if ([...custom, ...deny, ...allow, ...requestAuthentications].length === 0) return undefined;
  if (server.dataplane !== 'sidecar' && server.dataplane !== 'gateway')
    return withoutProxy(endpoint, server, withIdentity, [...custom, ...deny, ...allow]);
  const access = authorization.access(client, server, endpoint.port);
  const answers = withIdentity ? access.mutualTls : access.plaintext;
  const identity = withIdentity ? principalOf(authorization.mesh.settings, client) : undefined;
  const tokenNeeded = needsToken(authorization, server, endpoint.port, identity);
  const others = withIdentity ? access.plaintext : access.mutualTls;
  const other = others.map(decisionOf);
  const otherwise: Because[] =
    access.dependsOnIdentity && other.some((decision, index) => decision !== decisionOf(answers[index]!))
      ? [{ text: withIdentity ? `in plaintext, without identity: ${listed(other)}` : `with mTLS: ${listed(other)}` }]
      : [];
  return {
    ...{ endpoint, withIdentity, tokenNeeded, dependsOnIdentity: access.dependsOnIdentity },
    ...toldOf(answers, identity, tokenNeeded, [...tokenLines(requestAuthentications), ...otherwise]),
  };
}

/** Decision, sentence and reasons of answers, of which there is one for each way in which a port may be used. */
function toldOf(
  answers: readonly AuthorizationAnswer[],
  identity: string | undefined,
  tokenNeeded: boolean,
  further: readonly Because[],
): Pick<AccessAnswer, 'decision' | 'text' | 'because'> {
  const told = answers.map((answer) => tell(answer, identity));
  const texts = told.map(({ text }) => text);
  return {
    decision: combined(answers.map(decisionOf)),
    text: layered(answers, texts, tokenNeeded),
    because: unique([...told.flatMap(({ because }) => because), ...further]),
  };
}

/** Calls come to a waypoint through the tunnel: the client has shown who it is. */
function waypointAccess(
  authorization: Authorization,
  client: Workload,
  endpoint: Endpoint,
  waypoint: Workload,
  { service, port }: Call,
): AccessAnswer | undefined {
  const { custom, deny, allow, requestAuthentications } = authorization.filtersAt(waypoint, service).policies;
  if ([...custom, ...deny, ...allow, ...requestAuthentications].length === 0) return undefined;
  const identity = principalOf(authorization.mesh.settings, client);
  const answers = authorization.accessAt(waypoint, client, service, port);
  const told = toldOf(answers, identity, false, tokenLines(requestAuthentications));
  const base = { endpoint, withIdentity: true, tokenNeeded: false, dependsOnIdentity: false };
  return { ...base, ...told, text: `${told.text}, at the waypoint \`${workloadKey(waypoint)}\`` };
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
function tokenLines(requestAuthentications: readonly RequestAuthentication[]): Because[] {
  return requestAuthentications.map((object) => {
    const issuers = [...new Set(object.spec.jwtRules.map(({ issuer }) => `\`${issuer || 'any issuer'}\``))];
    return {
      text: `\`${objectName(object)}\` takes tokens of ${issuers.join(', ') || 'nobody'}: another token is answered with 401, a missing one is let through`,
      object,
      path: ['spec', 'jwtRules'],
    };
  });
}

/** Nobody holds to policies there, or it is not shown whether anybody does. */
function withoutProxy(
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
  return {
    ...base,
    decision: 'depends',
    text: `depends on the policies, if \`${workloadKey(server)}\` has a sidecar`,
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
