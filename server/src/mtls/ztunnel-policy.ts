// PeerAuthentication in ambient: there is no TLS mode. HBONE always gets in, plaintext always arrives, and STRICT
// becomes a rule that refuses connections without identity. istiod: ambient/authorization.go, ambient/workloads.go.

import { hasLabels, type PeerAuthentication, type PeerAuthenticationMode } from '../manifest/kinds/peer-authentication';
import { byCreation, type Labels, selects } from '../manifest/object';
import type { ModeDecision } from './server-mode';

/** What istiod attaches to an ambient workload. */
export interface ZtunnelPolicy {
  /** The static rule that refuses connections without identity. */
  readonly strict: boolean;
  /** The policy whose ports are converted, if one is attached; ztunnel skips it where the conversion gives nothing. */
  readonly ports: PeerAuthentication | undefined;
  readonly converted: ConvertedPolicy | undefined;
  /** The policies of the three levels that were looked at. */
  readonly levels: Levels;
}

/** A denial: it holds where any group holds; a group holds where all of its clauses do. */
type ConvertedPolicy = readonly (readonly Clause[])[];
type Clause = { readonly noIdentity: true } | { readonly port: number; readonly negated: boolean };

interface Levels {
  readonly mesh: PeerAuthentication | undefined;
  readonly namespace: PeerAuthentication | undefined;
  readonly workload: PeerAuthentication | undefined;
}

const modeOf = (policy: PeerAuthentication | undefined): PeerAuthenticationMode => policy?.spec.mode ?? 'UNSET';
const isOpen = (mode: PeerAuthenticationMode): boolean => mode === 'PERMISSIVE' || mode === 'DISABLE';

/**
 * The policy of an ambient pod.
 * @param policies all of the mesh, in any order
 */
export function ztunnelPolicy(
  policies: readonly PeerAuthentication[],
  namespace: string,
  labels: Labels,
  rootNamespace: string,
): ZtunnelPolicy {
  const levels = fetchLevels(policies, namespace, labels, rootNamespace);
  const { strict, usePorts } = attach(levels);
  const ports = usePorts ? levels.workload : undefined;
  return { strict, ports, converted: ports && convert(ports, policies, rootNamespace), levels };
}

/** True when a connection to `port` gets past the policies. */
export function ztunnelAccepts(policy: ZtunnelPolicy, port: number, hasIdentity: boolean): boolean {
  if (policy.strict && !hasIdentity) return false;
  const holds = (clause: Clause): boolean =>
    'noIdentity' in clause ? !hasIdentity : (clause.port === port) !== clause.negated;
  return !policy.converted?.some((group) => group.every(holds));
}

/**
 * What the policies come to on a port, in the words of modes: STRICT where clients without identity are refused, else
 * PERMISSIVE. The policy named is the nearest one that says so; where conversion makes something else of all of them,
 * it is the workload's own.
 */
export function ambientMode(policy: ZtunnelPolicy, port: number): ModeDecision {
  const mode = ztunnelAccepts(policy, port, false) ? 'PERMISSIVE' : 'STRICT';
  const { mesh, namespace, workload } = policy.levels;
  const agrees = (stated: PeerAuthenticationMode): boolean =>
    mode === 'STRICT' ? stated === 'STRICT' : isOpen(stated);
  if (workload && agrees(workload.spec.portLevelMtls.get(port) ?? 'UNSET')) {
    return { mode, level: 'port', policy: workload, path: ['spec', 'portLevelMtls', String(port), 'mode'] };
  }
  for (const [level, found] of [
    ['workload', workload],
    ['namespace', namespace],
    ['mesh', mesh],
  ] as const) {
    if (found && agrees(modeOf(found))) return { mode, level, policy: found, path: ['spec', 'mtls', 'mode'] };
  }
  if (workload && workload.spec.portLevelMtls.size > 0) {
    return { mode, level: 'workload', policy: workload, path: ['spec', 'portLevelMtls'] };
  }
  return { mode, level: 'default', policy: undefined, path: [] };
}

/**
 * The oldest policy of each level. Unlike for sidecars, `selector: {}` makes a policy of the workload level's kind in
 * its own namespace and no mesh policy in the root namespace.
 */
function fetchLevels(
  policies: readonly PeerAuthentication[],
  namespace: string,
  labels: Labels,
  rootNamespace: string,
): Levels {
  const ordered = [...policies].sort(byCreation);
  const mesh = ordered.find(
    ({ metadata, spec }) =>
      metadata.namespace === rootNamespace &&
      (namespace === rootNamespace ? !hasLabels(spec.selector) : !spec.selector),
  );
  if (namespace === rootNamespace) return { mesh, namespace: undefined, workload: undefined };
  const own = ordered.filter((policy) => policy.metadata.namespace === namespace);
  return {
    mesh,
    namespace: own.find((policy) => !hasLabels(policy.spec.selector)),
    workload: own.find(
      (policy) => hasLabels(policy.spec.selector) && selects(policy.spec.selector!.matchLabels, labels),
    ),
  };
}

/** ambient/authorization.go:convertedSelectorPeerAuthentications */
function attach({ mesh, namespace, workload }: Levels): { strict: boolean; usePorts: boolean } {
  let strict = modeOf(mesh) === 'STRICT';
  if (modeOf(namespace) !== 'UNSET') strict = modeOf(namespace) === 'STRICT';
  if (!workload) return { strict, usePorts: false };
  const mode = modeOf(workload);
  if (mode === 'STRICT') strict = true;
  else if (isOpen(mode)) strict = false;
  const ports = [...workload.spec.portLevelMtls.values()].map((each) => each ?? 'UNSET');
  if (mode === 'STRICT') return ports.some(isOpen) ? { strict: false, usePorts: true } : { strict, usePorts: false };
  if (isOpen(mode) || !strict) return { strict, usePorts: ports.includes('STRICT') };
  // here DISABLE does not count as an exemption
  return ports.includes('PERMISSIVE') ? { strict: false, usePorts: true } : { strict, usePorts: false };
}

/** ambient/authorization.go:convertPeerAuthentication. Policies with any `selector` field are no parents here. */
function convert(
  policy: PeerAuthentication,
  policies: readonly PeerAuthentication[],
  rootNamespace: string,
): ConvertedPolicy | undefined {
  const ordered = [...policies].sort(byCreation).filter(({ spec }) => !spec.selector);
  const mesh = ordered.find((each) => each.metadata.namespace === rootNamespace);
  const namespace = ordered.find((each) => each.metadata.namespace === policy.metadata.namespace);
  const mode = modeOf(policy);
  const meshStrict = modeOf(mesh) === 'STRICT';
  const namespaceStrict = modeOf(namespace) === 'STRICT';
  const inheritsMesh = modeOf(namespace) === 'UNSET';
  const clauses: Clause[] = mode === 'STRICT' ? [{ noIdentity: true }] : [];
  const groups: Clause[][] = [];
  let exempts = false;
  for (const [port, stated] of policy.spec.portLevelMtls) {
    const portMode = stated ?? 'UNSET';
    if (portMode === 'STRICT') {
      const covered = mode === 'STRICT' || (mode === 'UNSET' && namespaceStrict) || (inheritsMesh && meshStrict);
      if (!covered) groups.push([{ noIdentity: true }, { port, negated: false }]);
    } else if (isOpen(portMode)) {
      if (isOpen(mode) || (mode === 'UNSET' && (namespace ? !namespaceStrict : !meshStrict))) continue;
      exempts = true;
      clauses.push({ port, negated: true });
    }
  }
  if (mode === 'STRICT' && !exempts) return undefined;
  if (clauses.length === 0 && groups.length === 0) return undefined;
  if (exempts && ((meshStrict && (inheritsMesh || namespaceStrict)) || namespaceStrict))
    clauses.push({ noIdentity: true });
  return clauses.length > 0 ? [...groups, clauses] : groups;
}
