// Which policies act on a workload. istiod: model/policyattachment.go:ShouldAttachPolicy, model/authorization.go.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import type { Target } from '../manifest/kinds/target';
import { byCreation, type KubernetesObject, selects } from '../manifest/object';
import type { Mesh, MeshNamespace } from '../mesh/mesh';
import { withRoot } from '../mesh/namespace';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';

/** A policy with a selector or target references. */
export type TargetedPolicy = KubernetesObject<string, Target>;

/** Why a policy acts on a workload, or does not. */
export type Attachment =
  /** It is the mesh's or the namespace's, without a selector. */
  | 'everything'
  | 'selector'
  | 'target'
  /** It is neither of the workload's namespace nor of the root namespace. */
  | 'other-namespace'
  | 'selector-differs'
  /** Policies with `targetRefs` are for gateways of the Gateway API alone; sidecars ignore them. */
  | 'targets-gateways'
  /** It targets another gateway, or a waypoint ignores it for lack of a target. */
  | 'target-differs';

const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';

/**
 * Whether and why `policy` acts on `workload`. Unlike a PeerAuthentication, one of the root namespace may select.
 * @param service of a waypoint: the one behind it that is called
 */
export function attachmentOf(
  policy: TargetedPolicy,
  workload: Workload,
  rootNamespace: string,
  service?: MeshService,
): Attachment {
  const { namespace } = policy.metadata;
  if (namespace !== workload.namespace && namespace !== rootNamespace && namespace !== service?.namespace)
    return 'other-namespace';
  const { selector, targetRefs } = policy.spec;
  const gateway = workload.dataplane === 'waypoint' ? workload.name : workload.labels[GATEWAY_NAME];
  if (targetRefs.length > 0) {
    if (gateway === undefined) return 'targets-gateways';
    const hit = targetRefs.some(({ group, kind, name }) => {
      if (group !== 'gateway.networking.k8s.io') {
        const { object } = service ?? {};
        return object?.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace;
      }
      if (kind === 'Gateway') return namespace === workload.namespace && name === gateway;
      return workload.dataplane === 'waypoint' && name === 'istio-waypoint' && namespace === rootNamespace;
    });
    return hit ? 'target' : 'target-differs';
  }
  if (workload.dataplane === 'waypoint') return 'target-differs';
  if (!selector) return 'everything';
  return selects(selector.matchLabels, workload.labels) ? 'selector' : 'selector-differs';
}

/** True for the reasons that let a policy act. */
export function isAttached(attachment: Attachment): boolean {
  return attachment === 'everything' || attachment === 'selector' || attachment === 'target';
}

/** What acts on one workload, by action, each list in istiod's order. */
export interface AttachedPolicies {
  readonly custom: readonly AuthorizationPolicy[];
  readonly deny: readonly AuthorizationPolicy[];
  readonly allow: readonly AuthorizationPolicy[];
  readonly audit: readonly AuthorizationPolicy[];
  /** Of ALLOW and DENY: only logged. */
  readonly dryRun: readonly AuthorizationPolicy[];
  readonly requestAuthentications: readonly RequestAuthentication[];
}

/** The policies that could act on a workload by where they stand, in istiod's order. */
export function nearPolicies<T extends TargetedPolicy>(
  mesh: Mesh,
  workload: Workload,
  service: MeshService | undefined,
  list: (namespace: MeshNamespace) => readonly T[],
): readonly T[] {
  const near = withRoot(mesh, workload.namespace, list);
  const { rootNamespace } = mesh.settings;
  const further = service && ![workload.namespace, rootNamespace].includes(service.namespace);
  return further ? [...near, ...list(mesh.in(service.namespace))].sort(byCreation) : near;
}

/**
 * The policies that act on `workload`; a dry run acts on nobody.
 * @param service of a waypoint: the one behind it that is called
 */
export function attachedPolicies(mesh: Mesh, workload: Workload, service?: MeshService): AttachedPolicies {
  const attached = <T extends TargetedPolicy>(policies: readonly T[]): T[] =>
    policies.filter((policy) => isAttached(attachmentOf(policy, workload, mesh.settings.rootNamespace, service)));
  const policies = attached(nearPolicies(mesh, workload, service, (each) => each.authorizationPolicies));
  const enforced = policies.filter(({ spec }) => !spec.dryRun);
  const of = (action: AuthorizationPolicy['spec']['action']): AuthorizationPolicy[] =>
    enforced.filter(({ spec }) => spec.action === action);
  return {
    custom: of('CUSTOM'),
    deny: of('DENY'),
    allow: of('ALLOW'),
    audit: of('AUDIT'),
    dryRun: policies.filter(({ spec }) => spec.dryRun),
    requestAuthentications: attached(nearPolicies(mesh, workload, service, (each) => each.requestAuthentications)),
  };
}
