// The rules about what servers accept, what clients send, and who has a sidecar at all, by the object they look at.
import { exceptionTooWide } from './exception-too-wide';
import { mtlsDisabled } from './mtls-disabled';
import { namespaceWithoutPolicy } from './namespace-without-policy';
import { peerAuthenticationUnset } from './peer-authentication-unset';
import { peerAuthenticationWithoutSidecar } from './peer-authentication-without-sidecar';
import { portLevelPortUnknown } from './port-level-port-unknown';
import type { Rule } from './rule';

/** PeerAuthentication. */
export const PEER_AUTHENTICATION_RULES: readonly Rule[] = [
  portLevelPortUnknown,
  peerAuthenticationWithoutSidecar,
  peerAuthenticationUnset,
];

/** Posture: nothing fails, and more is open than need be. */
export const POSTURE_RULES: readonly Rule[] = [exceptionTooWide, mtlsDisabled, namespaceWithoutPolicy];
