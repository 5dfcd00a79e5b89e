// policy-target-ignored: the target of a policy is not there, or nothing enforces policies for it.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import type { TargetRef } from '../manifest/kinds/target';
import type { KubernetesObject, Labels } from '../manifest/object';
import type { MeshNamespace } from '../mesh/mesh';
import { isWaypoint } from '../mesh/waypoint';
import { objectName, placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, setField } from './fixes';
import { isNamespaceHere, isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const policyTargetIgnored: Rule = {
  id: 'policy-target-ignored',
  severity: 'warning',
  summary: 'The target of a policy is not there, or nothing enforces policies for it.',
  happens:
    'A policy with `targetRefs` is for Gateways of the Gateway API and for waypoints; sidecars and gateways of the older kind ignore it. For a Service it is enforced by the waypoint of that Service, and without one by nobody.',
  remedy:
    'Correct the name, select the pods with `selector`, or give the Service a waypoint (`istio.io/use-waypoint`).',
  peers: ['KIA0109', 'KIA1110'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of [...here.authorizationPolicies, ...here.requestAuthentications]) {
      if (isPatch(snapshot, policy)) continue;
      for (const [index, target] of policy.spec.targetRefs.entries()) {
        if (isPlaceholder(target.name)) continue;
        const finding = judge(snapshot, view, here, policy, target, pathOf(policy, index));
        if (finding) yield finding;
      }
    }
  },
};

type Policy = AuthorizationPolicy | RequestAuthentication;

function pathOf({ source }: Policy, index: number): Path {
  const single = source.document.has([...source.prefix, 'spec', 'targetRef']);
  return single ? ['spec', 'targetRef'] : ['spec', 'targetRefs', index];
}

function judge(
  snapshot: Snapshot,
  view: MeshView,
  here: MeshNamespace,
  policy: Policy,
  target: TargetRef,
  path: Path,
): Finding | undefined {
  const { mesh } = view;
  const at = (message: string, related: Finding['related'] = []): Finding => ({
    ...placeOf(policy, [...path, 'name']),
    message,
    related,
  });
  if (target.kind === 'Gateway') {
    const gateways = here.kubernetesGateways;
    if (gateways.some(({ metadata }) => metadata.name === target.name)) return undefined;
    const classic = here.gateways.find(({ metadata }) => metadata.name === target.name);
    if (classic) {
      return at(
        `\`${objectName(classic)}\` is of \`networking.istio.io\`, whose gateways ignore \`targetRefs\`: this policy has no effect. Select the gateway's pods with \`selector\`.`,
        [{ ...placeOf(classic), message: `\`${objectName(classic)}\`` }],
      );
    }
    const near = nearMisses(
      target.name,
      gateways.map(({ metadata }) => metadata.name),
    )[0];
    if (near !== undefined) return misspelt(snapshot, policy, target, [...path, 'name'], near);
    return missing(view, policy, target, path, mesh.kubernetesGateways);
  }
  if (target.kind !== 'Service' && target.kind !== 'ServiceEntry') return undefined;
  const kind = target.kind;
  const targets = here.objects.filter((each) => each.kind === kind);
  const found = targets.find(({ metadata }) => metadata.name === target.name);
  if (!found) {
    const near = nearMisses(
      target.name,
      targets.map(({ metadata }) => metadata.name),
    )[0];
    if (near !== undefined) return misspelt(snapshot, policy, target, [...path, 'name'], near);
    return missing(view, policy, target, path, kind === 'Service' ? mesh.services.map(({ object }) => object) : []);
  }
  const own = found.metadata.labels;
  const manifest = here.object;
  const name = waypointName(own) ?? waypointName(manifest?.metadata.labels ?? {});
  if (name !== undefined && name !== 'none') return undefined;
  // the namespace's labels may be set elsewhere, and a waypoint may be bound there
  const isCertain = name === 'none' || manifest !== undefined || mesh.kubernetesGateways.some(isWaypoint);
  return {
    ...at(`\`${objectName(found)}\` has no waypoint, so nothing enforces this policy for it.`, [
      { ...placeOf(found), message: 'has no label `istio.io/use-waypoint`, nor has its namespace' },
    ]),
    ...(!isCertain && { severity: 'information' as const }),
  };
}

/** Nothing of the name is here: it may be of another repository, unless another namespace has it. */
function missing(
  { mesh }: MeshView,
  policy: Policy,
  target: TargetRef,
  path: Path,
  candidates: readonly KubernetesObject[],
): Finding | undefined {
  const { namespace } = policy.metadata;
  const elsewhere = candidates.filter(({ kind, metadata }) => isOfKind(kind, target) && metadata.name === target.name);
  const isMoved = elsewhere.length > 0 && policy.metadata.namespaceStated;
  if (!isMoved && !isNamespaceHere(mesh, namespace, policy)) return undefined;
  const hint = isMoved
    ? ` ${listed(elsewhere.map(objectName), 2)} has this name; a target is looked up in the namespace of the policy.`
    : '';
  return {
    ...placeOf(policy, [...path, 'name']),
    ...(!isMoved && { severity: 'information' as const }),
    message: `There is no ${target.kind} \`${target.name}\` in namespace \`${namespace}\`${isMoved ? '' : ' in this workspace'}: this policy has no effect.${hint}`,
    related: elsewhere.slice(0, 3).map((object) => ({ ...placeOf(object), message: `\`${objectName(object)}\`` })),
  };
}

function isOfKind(kind: string, target: TargetRef): boolean {
  return kind === target.kind || (kind === 'KubernetesGateway' && target.kind === 'Gateway');
}

function waypointName(labels: Labels): string | undefined {
  return labels['istio.io/use-waypoint'] || undefined;
}

function misspelt(snapshot: Snapshot, policy: Policy, target: TargetRef, path: Path, near: string): Finding {
  return {
    ...placeOf(policy, path),
    message: `There is no ${target.kind} \`${target.name}\` in namespace \`${policy.metadata.namespace}\`: this policy has no effect. Did you mean \`${near}\`?`,
    related: [],
    fixes: () => offered(setField(snapshot, policy, path, near, `Change it to \`${near}\``, true)),
  };
}
