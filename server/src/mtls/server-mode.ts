// What a server's policies ask for: the mutual TLS mode of a workload and of each of its ports.
// istiod: pilot/pkg/model/authentication.go, pilot/pkg/security/authn/policy_applier.go.

import { hasLabels, type PeerAuthentication, type PeerAuthenticationMode } from '../manifest/kinds/peer-authentication';
import { type Labels, selects } from '../manifest/object';
import type { Path } from '../yaml/range';

export type ServerMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';

/** A mode with what decided it: the policy and the field, or Istio's default. */
export interface ModeDecision {
  readonly mode: ServerMode;
  readonly level: 'default' | 'mesh' | 'namespace' | 'workload' | 'port';
  readonly policy: PeerAuthentication | undefined;
  /** The deciding field, from the policy's root. */
  readonly path: Path;
}

/** Why a policy that looks as if it applied to a workload does not. */
export type LostReason = 'selector-in-root-namespace' | 'older-policy' | 'unset';

export interface LostPolicy {
  readonly policy: PeerAuthentication;
  readonly reason: LostReason;
  /** The policy that counts in its place, where there is one. */
  readonly winner: PeerAuthentication | undefined;
}

/** The whole policy of one workload. */
export interface WorkloadPolicy {
  readonly base: ModeDecision;
  /** By workload port; a port that is not here has the base mode. */
  readonly ports: ReadonlyMap<number, ModeDecision>;
  /** Policies whose place is taken, in istiod's order. */
  readonly lost: readonly LostPolicy[];
}

/** The PeerAuthentications of one namespace as istiod keeps them. */
export interface NamespacePolicies {
  /** The policy without selector labels that counts; the mesh's is the root namespace's. */
  readonly namespaceWide: PeerAuthentication | undefined;
  /** Those with selector labels, in order. */
  readonly selecting: readonly PeerAuthentication[];
  /** Later policies without selector labels, each with the earlier one that counts. */
  readonly duplicates: ReadonlyMap<PeerAuthentication, PeerAuthentication>;
}

/** The policies of each namespace. */
export interface PolicyIndex {
  readonly rootNamespace: string;
  of(namespace: string): NamespacePolicies;
}

/** @param policies of one namespace, in creation order (model/authentication.go:initAuthenticationPolicies) */
export function indexPolicies(policies: readonly PeerAuthentication[]): NamespacePolicies {
  const wide = policies.filter((policy) => !hasLabels(policy.spec.selector));
  const [namespaceWide, ...later] = wide;
  return {
    namespaceWide,
    selecting: policies.filter((policy) => hasLabels(policy.spec.selector)),
    duplicates: new Map(later.map((policy) => [policy, namespaceWide!])),
  };
}

const DEFAULT: ModeDecision = { mode: 'PERMISSIVE', level: 'default', policy: undefined, path: [] };
const MODE_PATH: Path = ['spec', 'mtls', 'mode'];

function isSet(mode: PeerAuthenticationMode | undefined): mode is ServerMode {
  return mode !== undefined && mode !== 'UNSET';
}

/** The mode that a namespace's own policy gives over what is above it; used for workloads and for clients' hints. */
function over(above: ModeDecision, policy: PeerAuthentication | undefined, level: ModeDecision['level']): ModeDecision {
  return policy && isSet(policy.spec.mode) ? { mode: policy.spec.mode, level, policy, path: MODE_PATH } : above;
}

/**
 * The policy of a workload with these labels (authn/policy_applier.go:ComposePeerAuthentication): mesh, namespace,
 * workload, each over the one before unless its mode is unset; ports come from the winning workload policy alone.
 */
export function composePolicy(index: PolicyIndex, namespace: string, labels: Labels): WorkloadPolicy {
  const inRoot = namespace === index.rootNamespace;
  const root = index.of(index.rootNamespace);
  const mesh = root.namespaceWide;
  const own = inRoot ? undefined : index.of(namespace).namespaceWide;
  const matching = inRoot ? [] : index.of(namespace).selecting.filter((policy) => matches(policy, labels));
  const workload = matching[0];
  const base = over(over(over(DEFAULT, mesh, 'mesh'), own, 'namespace'), workload, 'workload');
  const ports = new Map<number, ModeDecision>();
  for (const [port, mode] of workload?.spec.portLevelMtls ?? []) {
    const path = ['spec', 'portLevelMtls', String(port), 'mode'];
    ports.set(port, isSet(mode) ? { mode, level: 'port', policy: workload, path } : base);
  }
  const lost: LostPolicy[] = matching.slice(1).map((policy) => ({ policy, reason: 'older-policy', winner: workload }));
  for (const policy of root.selecting) {
    if (matches(policy, labels)) lost.push({ policy, reason: 'selector-in-root-namespace', winner: undefined });
  }
  return { base, ports, lost };
}

function matches(policy: PeerAuthentication, labels: Labels): boolean {
  return selects(policy.spec.selector?.matchLabels ?? {}, labels);
}

/** The decision for one workload port. */
export function modeForPort(policy: WorkloadPolicy, port: number): ModeDecision {
  return policy.ports.get(port) ?? policy.base;
}

/**
 * What clients take a whole namespace's mode to be when they decide whether to offer mutual TLS at all; undefined
 * where no policy says (model/authentication.go:GetNamespaceMutualTLSMode). Workload policies never enter.
 */
export function namespaceMode(index: PolicyIndex, namespace: string): ModeDecision | undefined {
  const mesh = over(DEFAULT, index.of(index.rootNamespace).namespaceWide, 'mesh');
  if (namespace === index.rootNamespace) return mesh.policy && mesh;
  const own = index.of(namespace).namespaceWide;
  if (own) return over(mesh, own, 'namespace');
  return mesh.policy && mesh;
}
