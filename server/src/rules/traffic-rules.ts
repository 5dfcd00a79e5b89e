// The rules about what servers accept, what clients send, and who has a sidecar at all, by the object they look at.
import { backendTlsPolicyIgnored } from './backend-tls-policy-ignored';
import { credentialNameIgnored } from './credential-name-ignored';
import { destinationRuleHostAlias } from './destination-rule-host-alias';
import { destinationRuleMergeLoses } from './destination-rule-merge-loses';
import { destinationRulePortUnknown } from './destination-rule-port-unknown';
import { destinationRuleRedundant } from './destination-rule-redundant';
import { destinationRuleUnused } from './destination-rule-unused';
import { exceptionTooWide } from './exception-too-wide';
import { exportToUnknown } from './export-to-unknown';
import { headlessMixed } from './headless-mixed';
import { hostNotImported } from './host-not-imported';
import { identityRefused } from './identity-refused';
import { injectionLabelsBoth } from './injection-labels-both';
import { injectionMisplaced } from './injection-misplaced';
import { injectionRequestIgnored } from './injection-request-ignored';
import { injectionValueUnknown } from './injection-value-unknown';
import { istioAnnotationInvalid } from './istio-annotation-invalid';
import { mtlsDisabled } from './mtls-disabled';
import { namespaceWithoutPolicy } from './namespace-without-policy';
import { outsideClientRefused } from './outside-client-refused';
import { peerAuthenticationUnset } from './peer-authentication-unset';
import { peerAuthenticationWithoutSidecar } from './peer-authentication-without-sidecar';
import { portExcludedRefused } from './port-excluded-refused';
import { portLevelPortUnknown } from './port-level-port-unknown';
import { probeRefused } from './probe-refused';
import { revisionNotInstalled } from './revision-not-installed';
import type { Rule } from './rule';
import { serverFirstHangs } from './server-first-hangs';
import { subsetSelectsNothing } from './subset-selects-nothing';
import { tlsLostOnPort } from './tls-lost-on-port';
import { tlsToHttpPort } from './tls-to-http-port';
import { tlsWithoutMode } from './tls-without-mode';
import { virtualServiceSubsetUnknown } from './virtual-service-subset-unknown';

/** What fails past the clusters of a sidecar. */
export const OUTCOME_RULES: readonly Rule[] = [
  identityRefused,
  hostNotImported,
  portExcludedRefused,
  outsideClientRefused,
  probeRefused,
  tlsToHttpPort,
  serverFirstHangs,
];

/** PeerAuthentication. */
export const PEER_AUTHENTICATION_RULES: readonly Rule[] = [
  portLevelPortUnknown,
  peerAuthenticationWithoutSidecar,
  peerAuthenticationUnset,
];

/** DestinationRule, and what leads to its subsets. */
export const DESTINATION_RULE_RULES: readonly Rule[] = [
  destinationRuleHostAlias,
  destinationRuleUnused,
  destinationRuleMergeLoses,
  destinationRulePortUnknown,
  tlsWithoutMode,
  tlsLostOnPort,
  credentialNameIgnored,
  subsetSelectsNothing,
  virtualServiceSubsetUnknown,
  exportToUnknown,
  backendTlsPolicyIgnored,
];

/** Injection. */
export const INJECTION_RULES: readonly Rule[] = [
  injectionValueUnknown,
  injectionMisplaced,
  injectionRequestIgnored,
  injectionLabelsBoth,
  istioAnnotationInvalid,
  revisionNotInstalled,
];

/** Posture: nothing fails, and more is open than need be. */
export const POSTURE_RULES: readonly Rule[] = [
  exceptionTooWide,
  mtlsDisabled,
  namespaceWithoutPolicy,
  headlessMixed,
  destinationRuleRedundant,
];
