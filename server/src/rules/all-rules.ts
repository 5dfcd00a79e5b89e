// All rules, in the order of the documentation.
import { AMBIENT_RULES } from './ambient-rules';
import { clientWithoutSidecarRefused } from './client-without-sidecar-refused';
import { destinationRuleHostUnknown } from './destination-rule-host-unknown';
import { destinationRuleMissing } from './destination-rule-missing';
import { istioMtlsRejected } from './istio-mtls-rejected';
import { kustomizationBroken } from './kustomization-broken';
import { kustomizationIncomplete } from './kustomization-incomplete';
import { objectRejected } from './object-rejected';
import { objectRepeated } from './object-repeated';
import { peerAuthenticationIgnored } from './peer-authentication-ignored';
import { peerAuthenticationMissing } from './peer-authentication-missing';
import { peerAuthenticationSelectsNothing } from './peer-authentication-selects-nothing';
import { permissiveLeftOn } from './permissive-left-on';
import { plaintextRefused } from './plaintext-refused';
import { POLICY_RULES } from './policy-rules';
import { revisionNotRead } from './revision-not-read';
import type { Rule } from './rule';
import { suppressionUnused } from './suppression';
import { tlsRefused } from './tls-refused';
import {
  DESTINATION_RULE_RULES,
  INJECTION_RULES,
  OUTCOME_RULES,
  PEER_AUTHENTICATION_RULES,
  POSTURE_RULES,
} from './traffic-rules';
import { yamlSyntax } from './yaml-syntax';

/** Every rule, in the order of the documentation: what breaks, what does not do what it says, posture. */
export const ALL_RULES: readonly Rule[] = [
  yamlSyntax,
  kustomizationBroken,
  objectRejected,
  plaintextRefused,
  istioMtlsRejected,
  tlsRefused,
  clientWithoutSidecarRefused,
  ...OUTCOME_RULES,
  destinationRuleHostUnknown,
  ...DESTINATION_RULE_RULES,
  peerAuthenticationSelectsNothing,
  ...POLICY_RULES,
  ...AMBIENT_RULES,
  peerAuthenticationIgnored,
  ...PEER_AUTHENTICATION_RULES,
  ...INJECTION_RULES,
  objectRepeated,
  revisionNotRead,
  permissiveLeftOn,
  destinationRuleMissing,
  peerAuthenticationMissing,
  ...POSTURE_RULES,
  kustomizationIncomplete,
  suppressionUnused,
];
