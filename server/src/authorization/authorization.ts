// May this request, or this client, reach that port? The connection first, then the filters of the layer that judges.

import { memo } from '../incremental/cells';
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { refKey, refOf } from '../manifest/object';
import type { Dataplane } from '../mesh/injection';
import type { Mesh } from '../mesh/mesh';
import type { ProtocolClass } from '../mesh/protocol';
import type { MeshPort, MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { GatewayListener } from '../mtls/gateway-listener';
import { principalOf } from '../mtls/handshake';
import type { Accepts, MutualTls } from '../mtls/mutual-tls';
import type { ModeDecision } from '../mtls/server-mode';
import { filtersOf, type Judgement, judge, type WorkloadFilters } from './judge';
import { ANY_HTTP, type AuthorizationRequest, type HttpRequest } from './request';
import { compileRules, type Layer, type RuleVerdict } from './rules';
import { isTrusted } from './trust-domain';
import { UNKNOWN } from './truth';

/**
 * `unauthenticated`: the token is refused. `refused`: the connection is not accepted in this form.
 * `depends`: on something of the request that is not known, or on an external provider.
 */
export type AuthorizationDecision = 'allow' | 'deny' | 'unauthenticated' | 'refused' | 'depends';

/** Why a connection does not get as far as the policies, or past them. */
export type ConnectionReason =
  /** No proxy is there to judge, or none on this port: the application gets every byte. */
  | { readonly code: 'no-proxy' | 'not-captured' }
  /** Whether a proxy is there is unknown, or it is one that judges otherwise: ztunnel. */
  | { readonly code: 'proxy-not-judged'; readonly dataplane: Dataplane }
  /** Nothing is there that could end Istio's mTLS. */
  | { readonly code: 'mtls-without-proxy' }
  | { readonly code: 'plaintext-refused'; readonly mode: ModeDecision }
  | { readonly code: 'istio-mtls-refused'; readonly mode: ModeDecision }
  /** No server of a gateway's listener takes the connection in this form. */
  | { readonly code: 'listener-refuses' }
  | { readonly code: 'foreign-trust-domain' }
  /** Bytes that an HTTP port cannot read. */
  | { readonly code: 'not-http' };

export interface AuthorizationAnswer {
  readonly decision: AuthorizationDecision;
  /** Which filters judged; `none` where no proxy did, undefined where the connection was refused. */
  readonly layer: Layer | 'none' | undefined;
  /** The rules that matched in the filter that decided. */
  readonly by: readonly RuleVerdict[];
  readonly reason: ConnectionReason | Judgement;
}

/** How a client reaches a port: one answer for each layer that its bytes may end up in. */
export interface Access {
  /** With the client's certificate. */
  readonly mutualTls: readonly AuthorizationAnswer[];
  readonly plaintext: readonly AuthorizationAnswer[];
  /** Both forms are accepted, and policies answer otherwise, or by other rules, to the one than to the other. */
  readonly dependsOnIdentity: boolean;
}

export interface Authorization {
  readonly mesh: Mesh;
  /** What acts on a workload; on a waypoint, what acts there on every service. */
  filtersOf(workload: Workload): WorkloadFilters;
  /** What acts at a waypoint on the calls of one service behind it. */
  filtersAt(waypoint: Workload, service: MeshService): WorkloadFilters;
  /** The decision about one request or connection to a workload's own port. */
  authorize(workload: Workload, port: number, request: AuthorizationRequest): AuthorizationAnswer;
  /** What is sure of every request of `client` to a port, and what depends on the request. */
  access(client: Workload, server: Workload, port: number): Access;
  /** The same for calls of a service at the waypoint in front of it; they come through the tunnel, with an identity. */
  accessAt(waypoint: Workload, client: Workload, service: MeshService, port: MeshPort): readonly AuthorizationAnswer[];
}

/** The answers for a mesh. */
export function computeAuthorization(mtls: MutualTls): Authorization {
  const { mesh } = mtls;
  const rulesOf = memo((policy: AuthorizationPolicy) => compileRules(policy, mesh.settings));
  const filters = memo((workload: Workload) => filtersOf(mesh, workload, rulesOf));
  const filtersBehind = memo((waypoint: Workload) =>
    memo((service: MeshService) => filtersOf(mesh, waypoint, rulesOf, service)),
  );
  const filtersAt = (waypoint: Workload, service: MeshService): WorkloadFilters => filtersBehind(waypoint)(service);

  const atGateway = (workload: Workload, port: number, request: AuthorizationRequest): AuthorizationAnswer => {
    const listener = mtls.listener(workload, port);
    const refusal = listener && listenerRefusal(mesh, listener, request);
    if (refusal) return stopped('refused', undefined, refusal);
    const http = listener?.layer === 'tcp' ? undefined : request.http;
    return answer(http ? 'http' : 'tcp', judge(filters(workload), mesh.settings, request, port, http));
  };

  const authorize: Authorization['authorize'] = (workload, port, request) => {
    const { dataplane } = workload;
    if (dataplane === 'gateway') return atGateway(workload, port, request);
    if (dataplane !== 'sidecar' && dataplane !== 'none') {
      return stopped('depends', undefined, { code: 'proxy-not-judged', dataplane });
    }
    const accepts = mtls.accepts(workload, port);
    if (!accepts?.captured) {
      if (request.principal !== undefined) return stopped('refused', undefined, { code: 'mtls-without-proxy' });
      return stopped('allow', 'none', { code: accepts ? 'not-captured' : 'no-proxy' });
    }
    const refusal = connectionRefusal(mesh, accepts, request);
    if (refusal) return stopped('refused', undefined, refusal);
    const http = accepts.protocol === 'tcp' ? undefined : request.http;
    return answer(http ? 'http' : 'tcp', judge(filters(workload), mesh.settings, request, port, http));
  };

  return {
    mesh,
    filtersOf: filters,
    authorize,
    filtersAt,
    accessAt(waypoint, client, service, { port, protocol }) {
      const principal = principalOf(mesh.settings, client);
      return kindsOf(protocol).map((http) =>
        answer(
          http ? 'http' : 'tcp',
          judge(filtersAt(waypoint, service), mesh.settings, { ...ANYTHING, principal, http }, port, http),
        ),
      );
    },
    access(client, server, port) {
      const protocol = mtls.accepts(server, port)?.protocol ?? mtls.listener(server, port)?.layer ?? 'auto';
      const answers = (principal: string | undefined): AuthorizationAnswer[] =>
        kindsOf(protocol).map((http) => authorize(server, port, { ...ANYTHING, principal, http }));
      const mutualTls = answers(principalOf(mesh.settings, client));
      const plaintext = answers(undefined);
      const dependsOnIdentity = mutualTls.some((each, index) => {
        const other = plaintext[index]!;
        return each.decision !== 'refused' && other.decision !== 'refused' && signature(each) !== signature(other);
      });
      return { mutualTls, plaintext, dependsOnIdentity };
    },
  };
}

/** A connection of which nothing is known but who makes it. */
const ANYTHING = { sourceIp: UNKNOWN, destinationIp: UNKNOWN, sni: UNKNOWN } as const;

/** What a port's bytes may turn out to be. */
function kindsOf(protocol: ProtocolClass): (HttpRequest | undefined)[] {
  return protocol === 'http' ? [ANY_HTTP] : protocol === 'tcp' ? [undefined] : [ANY_HTTP, undefined];
}

/** What a gateway's listener refuses before any policy. */
function listenerRefusal(
  mesh: Mesh,
  { wire, layer }: GatewayListener,
  { principal, http }: AuthorizationRequest,
): ConnectionReason | undefined {
  const isTaken = principal === undefined ? wire.plaintext : wire.istio === 'terminated';
  if (!isTaken) return { code: 'listener-refuses' };
  if (principal !== undefined && !isTrusted(principal, mesh.settings)) return { code: 'foreign-trust-domain' };
  return layer === 'http' && !http ? { code: 'not-http' } : undefined;
}

/** What the filter chains of a sidecar refuse before any policy (§2.5, §9.6). */
function connectionRefusal(mesh: Mesh, accepts: Accepts, request: AuthorizationRequest): ConnectionReason | undefined {
  const { mode, wire, protocol } = accepts;
  if (request.principal === undefined) {
    if (!wire.plaintext) return { code: 'plaintext-refused', mode };
  } else {
    if (wire.istio !== 'terminated') return { code: 'istio-mtls-refused', mode };
    if (!isTrusted(request.principal, mesh.settings)) return { code: 'foreign-trust-domain' };
  }
  return protocol === 'http' && !request.http ? { code: 'not-http' } : undefined;
}

function stopped(
  decision: AuthorizationDecision,
  layer: AuthorizationAnswer['layer'],
  reason: ConnectionReason,
): AuthorizationAnswer {
  return { decision, layer, by: [], reason };
}

const DECISIONS = {
  'custom-denies': 'deny',
  'token-refused': 'unauthenticated',
  'deny-matches': 'deny',
  'no-allow-matches': 'deny',
  'allow-matches': 'allow',
  'no-allow-policy': 'allow',
  'provider-decides': 'depends',
  open: 'depends',
} as const satisfies Record<Judgement['code'], AuthorizationDecision>;

function answer(layer: Layer, reason: Judgement): AuthorizationAnswer {
  const matched = reason.code === 'custom-denies' || reason.code === 'deny-matches' || reason.code === 'allow-matches';
  return { decision: DECISIONS[reason.code], layer, by: matched ? reason.rules : [], reason };
}

/** Equal for answers that policies give for the same reason. */
function signature({ decision, by, reason }: AuthorizationAnswer): string {
  const rules = reason.code === 'open' ? reason.rules : by;
  return [decision, ...rules.map(({ rule }) => `${refKey(refOf(rule.policy))} ${rule.index}`)].join('\n');
}
