// Every AuthorizationPolicy that could have decided a call, and why those that did not had no say. For explanations.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { hasLabels } from '../manifest/kinds/peer-authentication';
import { type KubernetesObject, selects } from '../manifest/object';
import type { Endpoint } from '../mesh/endpoints';
import type { IgnoredReason, Mesh } from '../mesh/mesh';
import type { MeshPort, MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { type ZtunnelAccess, ztunnelAccess } from './ambient';
import { type Attachment, attachmentOf, isAttached, nearPolicies } from './attachment';
import type { Authorization, AuthorizationAnswer, ConnectionReason } from './authorization';
import type { Judgement } from './judge';

/** What part a policy has in the answer. */
export type PolicyPart =
  | 'decides'
  /** It acts, and none of its rules is about this call. */
  | 'no-rule-matches'
  /** It acts, and another filter has decided before it is asked. */
  | 'decided-before'
  /** It only logs: a dry run, or the action AUDIT. */
  | 'dry-run'
  | 'only-logs'
  /** No proxy is there to hold to it. */
  | 'no-proxy'
  /** Whether a proxy is there to hold to it is not shown. */
  | 'proxy-unknown'
  /** ztunnel takes ALLOW and DENY alone, and none with an empty selector. */
  | 'ztunnel-action'
  | 'ztunnel-selector'
  | Exclude<Attachment, 'everything' | 'selector' | 'target'>
  | IgnoredReason['code'];

export interface ConsideredPolicy {
  readonly policy: AuthorizationPolicy;
  readonly part: PolicyPart;
  /** What counts in its place, where one object does. */
  readonly winner: KubernetesObject | undefined;
}

/**
 * Who judges the calls of a client at a pod.
 * @param withIdentity the connection carries the client's certificate
 * @param call the service and port that are called, as a waypoint sees them
 */
export function judgedAt(
  authorization: Authorization,
  client: Workload,
  { workload: server, port }: Endpoint & { readonly workload: Workload },
  withIdentity: boolean,
  call: { readonly service: MeshService; readonly port: MeshPort },
): Judged {
  switch (server.dataplane) {
    case 'ambient':
      return {
        by: 'ztunnel',
        access: ztunnelAccess(authorization.mesh, withIdentity ? client : undefined, server, port),
      };
    case 'waypoint':
      return { by: 'filters', answers: authorization.accessAt(server, client, call.service, call.port) };
    case 'sidecar':
    case 'gateway': {
      const access = authorization.access(client, server, port);
      return { by: 'filters', answers: withIdentity ? access.mutualTls : access.plaintext };
    }
    default:
      return { by: 'nobody', part: server.dataplane === 'unknown' ? 'proxy-unknown' : 'no-proxy' };
  }
}

/** What judged a call: the filters of a proxy, ztunnel, or nobody. */
export type Judged =
  | { readonly by: 'filters'; readonly answers: readonly AuthorizationAnswer[] }
  | { readonly by: 'ztunnel'; readonly access: ZtunnelAccess }
  | { readonly by: 'nobody'; readonly part: 'no-proxy' | 'proxy-unknown' };

/**
 * The policies of the namespaces that count for a workload, and those of others whose selector fits its pods.
 * @param service of a waypoint: the one behind it that is called
 * @returns those that decide first, then in istiod's order
 */
export function consideredPolicies(
  mesh: Mesh,
  workload: Workload,
  judged: Judged,
  service?: MeshService,
): ConsideredPolicy[] {
  const { rootNamespace } = mesh.settings;
  const near = nearPolicies(mesh, workload, service, (each) => each.authorizationPolicies);
  const deciding = new Set(decidersOf(judged));
  const partOf = (policy: AuthorizationPolicy): PolicyPart => {
    const { action, dryRun, selector } = policy.spec;
    const attachment = attachmentOf(policy, workload, rootNamespace, service);
    if (!isAttached(attachment)) return attachment as PolicyPart;
    if (judged.by === 'nobody') return judged.part;
    if (dryRun) return 'dry-run';
    if (judged.by === 'ztunnel') {
      if (action !== 'ALLOW' && action !== 'DENY') return 'ztunnel-action';
      if (selector && !hasLabels(selector)) return 'ztunnel-selector';
    }
    if (action === 'AUDIT') return 'only-logs';
    if (deciding.has(policy)) return 'decides';
    return isAsked(judged, action) ? 'no-rule-matches' : 'decided-before';
  };
  const parts = near.map((policy): ConsideredPolicy => ({ policy, part: partOf(policy), winner: undefined }));
  const isMeant = ({ spec }: AuthorizationPolicy): boolean =>
    hasLabels(spec.selector) && selects(spec.selector!.matchLabels, workload.labels);
  const known = new Set(near);
  const elsewhere = mesh.authorizationPolicies.flatMap((policy): ConsideredPolicy[] =>
    !known.has(policy) && isMeant(policy) ? [{ policy, part: 'other-namespace', winner: undefined }] : [],
  );
  const ignored = nearIgnored(mesh, workload, service).flatMap((policy): ConsideredPolicy[] => {
    const reason = mesh.ignoredReason(policy);
    const isNear = isAttached(attachmentOf(policy, workload, rootNamespace, service));
    return reason && isNear ? [{ policy, part: reason.code, winner: reason.winner }] : [];
  });
  const all = [...parts, ...elsewhere, ...ignored];
  return [...all.filter(({ part }) => part === 'decides'), ...all.filter(({ part }) => part !== 'decides')];
}

function nearIgnored(mesh: Mesh, workload: Workload, service: MeshService | undefined): AuthorizationPolicy[] {
  return nearPolicies(mesh, workload, service, (each) =>
    each.ignored.flatMap((object) => (object.kind === 'AuthorizationPolicy' ? [object] : [])),
  ) as AuthorizationPolicy[];
}

function decidersOf(judged: Judged): readonly AuthorizationPolicy[] {
  if (judged.by === 'ztunnel') return judged.access.by;
  return judged.by === 'nobody' ? [] : judged.answers.flatMap(({ reason }) => decidersIn(reason));
}

function decidersIn(reason: ConnectionReason | Judgement): AuthorizationPolicy[] {
  const own = 'rules' in reason ? reason.rules.map(({ rule }) => rule.policy) : [];
  if (reason.code === 'provider-decides') return [...own, ...decidersIn(reason.otherwise)];
  if (reason.code === 'open') return [...own, ...decidersIn(reason.unlessDenied)];
  return own;
}

/** Whether the filter of an action is reached on any layer: what denies first is the end of it. */
function isAsked(judged: Judged, action: AuthorizationPolicy['spec']['action']): boolean {
  if (judged.by === 'ztunnel') return action === 'DENY' || judged.access.reason !== 'deny-matches';
  if (judged.by === 'nobody') return false;
  const isReached = ({ code }: ConnectionReason | Judgement): boolean => {
    switch (code) {
      case 'custom-denies':
        return action === 'CUSTOM';
      case 'token-refused':
        return action === 'CUSTOM';
      case 'deny-matches':
        return action !== 'ALLOW';
      case 'no-allow-matches':
      case 'allow-matches':
      case 'no-allow-policy':
      case 'open':
      case 'provider-decides':
        return true;
      default:
        return false;
    }
  };
  return judged.answers.some(({ reason }) => isReached(reason));
}
