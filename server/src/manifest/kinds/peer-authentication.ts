// PeerAuthentication: what servers accept.
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { isPort, readSelector, type Selector } from './common';

export const MUTUAL_TLS_MODES = ['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'] as const;
export type PeerAuthenticationMode = (typeof MUTUAL_TLS_MODES)[number];

export interface PeerAuthenticationSpec {
  readonly selector: Selector | undefined;
  /** Undefined where `mtls` or its `mode` is absent: the mode is then inherited, as with UNSET. */
  readonly mode: PeerAuthenticationMode | undefined;
  /** By workload port. */
  readonly portLevelMtls: ReadonlyMap<number, PeerAuthenticationMode | undefined>;
}
export type PeerAuthentication = KubernetesObject<'PeerAuthentication', PeerAuthenticationSpec>;

export function readPeerAuthentication(spec: Fields): PeerAuthenticationSpec {
  const selector = readSelector(spec, 'selector');
  const mode = spec.object('mtls')?.oneOf('mode', MUTUAL_TLS_MODES);
  const ports = spec.object('portLevelMtls');
  const portLevelMtls = new Map<number, PeerAuthenticationMode | undefined>();
  for (const key of ports?.names() ?? []) {
    const port = Number(key);
    if (!/^[1-9]\d*$/.test(key) || !isPort(port)) ports!.note(key, 'port-invalid', { found: key });
    else portLevelMtls.set(port, ports!.object(key)?.oneOf('mode', MUTUAL_TLS_MODES));
  }
  // pkg/config/validation:ValidatePeerAuthentication and the CRD's rules
  if (ports && ports.names().length === 0) spec.note('portLevelMtls', 'port-level-empty');
  if (portLevelMtls.size > 0 && !hasLabels(selector)) spec.note('portLevelMtls', 'port-level-without-selector');
  return { selector, mode, portLevelMtls };
}

/** True when the policy selects by labels; `selector: {}` does not (model/authentication.go:addPeerAuthentication). */
export function hasLabels(selector: Selector | undefined): boolean {
  return selector !== undefined && Object.keys(selector.matchLabels).length > 0;
}
