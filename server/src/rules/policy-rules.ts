// The rules about single objects and those about AuthorizationPolicies and RequestAuthentications, in the order of the
// documentation.
import { authorizationPolicyEmpty } from './authorization-policy-empty';
import { authorizationPolicySelectsNothing } from './authorization-policy-selects-nothing';
import { authorizationPortUnknown } from './authorization-port-unknown';
import { authorizationProviderUnknown } from './authorization-provider-unknown';
import { authorizationRuleSplit } from './authorization-rule-split';
import { clientWithoutIdentity } from './client-without-identity';
import { httpMethodUnknown } from './http-method-unknown';
import { httpRuleOnTcpPort } from './http-rule-on-tcp-port';
import { identityAvoidable } from './identity-avoidable';
import { identityWithoutMtls } from './identity-without-mtls';
import { jwksUnreachable } from './jwks-unreachable';
import { OBJECT_RULES } from './object-rules';
import { policyTargetIgnored } from './policy-target-ignored';
import { principalNeverMatches } from './principal-never-matches';
import { requestAuthenticationSelectsNothing } from './request-authentication-selects-nothing';
import type { Rule } from './rule';
import { sourceNamespaceUnknown } from './source-namespace-unknown';
import { tokenNeverAccepted } from './token-never-accepted';
import { tokenNotRequired } from './token-not-required';
import { wildcardMisplaced } from './wildcard-misplaced';

export const POLICY_RULES: readonly Rule[] = [
  ...OBJECT_RULES,
  jwksUnreachable,
  authorizationPolicySelectsNothing,
  requestAuthenticationSelectsNothing,
  principalNeverMatches,
  identityWithoutMtls,
  clientWithoutIdentity,
  identityAvoidable,
  sourceNamespaceUnknown,
  httpMethodUnknown,
  wildcardMisplaced,
  authorizationPortUnknown,
  httpRuleOnTcpPort,
  authorizationPolicyEmpty,
  authorizationRuleSplit,
  tokenNeverAccepted,
  tokenNotRequired,
  authorizationProviderUnknown,
  policyTargetIgnored,
];
