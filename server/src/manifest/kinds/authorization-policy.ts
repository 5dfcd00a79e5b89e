// AuthorizationPolicy: who is let in.

import type { Path } from '../../yaml/range';
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import {
  checkAddresses,
  checkFor,
  checkPaths,
  checkPorts,
  checkServiceAccounts,
  checkText,
  checkTrustDomains,
  type ValueCheck,
} from './authorization-values';
import { items, readDryRun, readTarget, type Target } from './target';

export const AUTHORIZATION_ACTIONS = ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'] as const;
export type AuthorizationAction = (typeof AUTHORIZATION_ACTIONS)[number];

/** Fields of a source, each with a `not…` twin, in the order of Istio's reference. */
export const SOURCE_FIELDS = {
  principals: checkText,
  requestPrincipals: checkText,
  namespaces: checkText,
  serviceAccounts: checkServiceAccounts,
  trustDomains: checkTrustDomains,
  ipBlocks: checkAddresses,
  remoteIpBlocks: checkAddresses,
} as const satisfies Record<string, ValueCheck>;
export type SourceField = keyof typeof SOURCE_FIELDS;

/** Fields of an operation, each with a `not…` twin. */
export const OPERATION_FIELDS = {
  hosts: checkText,
  ports: checkPorts,
  methods: checkText,
  paths: checkPaths,
} as const satisfies Record<string, ValueCheck>;
export type OperationField = keyof typeof OPERATION_FIELDS;

/** One list of values that is asked for. Empty lists are the same as none and are left out. */
export interface FieldMatch<Name extends string> {
  readonly field: Name;
  /** The list is that of the `not…` twin: none of the values may match. */
  readonly negated: boolean;
  readonly values: readonly string[];
  /** From the object's root. */
  readonly path: Path;
}
export interface Condition {
  readonly key: string;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
  readonly path: Path;
}
export interface AuthorizationRule {
  /** Alternatives; within one, every field has to match. None: any source. */
  readonly from: readonly (readonly FieldMatch<SourceField>[])[];
  /** Alternatives; none: any operation. */
  readonly to: readonly (readonly FieldMatch<OperationField>[])[];
  /** All have to hold. */
  readonly when: readonly Condition[];
  readonly path: Path;
}
export interface AuthorizationPolicySpec extends Target {
  /** ALLOW where none is stated. */
  readonly action: AuthorizationAction;
  /** Of a CUSTOM policy: who decides. */
  readonly provider: string | undefined;
  readonly rules: readonly AuthorizationRule[];
  /** Only logged, never enforced. */
  readonly dryRun: boolean;
}
export type AuthorizationPolicy = KubernetesObject<'AuthorizationPolicy', AuthorizationPolicySpec>;

const MAX_ITEMS = 512;

/** Reads the object and notes what pkg/config/validation:ValidateAuthorizationPolicy and the CRD refuse. */
export function readAuthorizationPolicy(root: Fields): AuthorizationPolicySpec {
  const spec = root.section('spec');
  const target = readTarget(spec);
  const action = spec.oneOf('action', AUTHORIZATION_ACTIONS) ?? 'ALLOW';
  const provider = spec.object('provider')?.string('name') || undefined;
  const list = items(spec, 'rules');
  if (list.length > MAX_ITEMS) spec.note('rules', 'too-many', { limit: MAX_ITEMS });
  const rules = list.map((fields) => readRule(fields, action));
  checkAction(spec, action, provider, rules.length);
  const dryRun = readDryRun(root, action === 'ALLOW' || action === 'DENY');
  return { ...target, action, provider, rules, dryRun };
}

function checkAction(spec: Fields, action: AuthorizationAction, provider: string | undefined, ruleCount: number): void {
  if (action === 'DENY' && ruleCount === 0) spec.note('rules', 'deny-without-rules');
  if (action === 'CUSTOM' && ruleCount === 0) spec.note('rules', 'custom-without-rules');
  else if (action === 'CUSTOM' && provider === undefined) spec.note('provider', 'custom-without-provider');
  if (action !== 'CUSTOM' && spec.has('provider')) spec.note('provider', 'provider-without-custom', { action });
}

function readRule(fields: Fields, action: AuthorizationAction): AuthorizationRule {
  const rule = {
    from: items(fields, 'from').map(readSource),
    to: items(fields, 'to').map((item) => readMatches(item, 'operation', OPERATION_FIELDS)),
    when: items(fields, 'when').map(readCondition),
    path: fields.path,
  };
  for (const name of ['from', 'to'] as const) {
    if (rule[name].length > MAX_ITEMS) fields.note(name, 'too-many', { limit: MAX_ITEMS });
  }
  if (action === 'CUSTOM') checkCustomRule(fields, rule);
  if (action === 'DENY' && isHttpOnly(rule)) fields.note(undefined, 'deny-http-only', {}, 'warning');
  return rule;
}

const notName = (field: string): string => `not${field[0]!.toUpperCase()}${field.slice(1)}`;

/** Reads a `source` or an `operation`, which has to be there and to ask for something. */
function readMatches<Name extends string>(
  item: Fields,
  name: 'source' | 'operation',
  checks: Readonly<Record<Name, ValueCheck>>,
): FieldMatch<Name>[] {
  const fields = item.object(name);
  const matches: FieldMatch<Name>[] = [];
  if (!fields) {
    item.note(undefined, `${name}-missing`);
    return matches;
  }
  for (const field of Object.keys(checks) as Name[]) {
    for (const negated of [false, true]) {
      const written = negated ? notName(field) : field;
      const values = fields.strings(written);
      if (values.length === 0) continue;
      checkText(fields, written, values);
      if (checks[field] !== checkText) checks[field](fields, written, values);
      matches.push({ field, negated, values, path: fields.at(written) });
    }
  }
  if (matches.length === 0) item.note(name, `${name}-empty`);
  return matches;
}

function readSource(item: Fields): FieldMatch<SourceField>[] {
  const source = readMatches(item, 'source', SOURCE_FIELDS);
  const fields = item.object('source');
  // an empty list is there all the same to the CRD's rule
  const has = (...names: SourceField[]): boolean =>
    names.some((name) => fields?.has(name) || fields?.has(notName(name)));
  if (has('serviceAccounts') && has('principals', 'namespaces')) {
    item.note('source', 'service-accounts-with-identities');
  }
  return source;
}

function readCondition(fields: Fields): Condition {
  const key = fields.string('key') ?? '';
  const values = fields.strings('values');
  const notValues = fields.strings('notValues');
  if (key === '') fields.note(undefined, 'condition-without-key');
  if (values.length === 0 && notValues.length === 0) fields.note(undefined, 'condition-without-values', { key });
  const check = checkFor(key);
  if (key !== '' && !check) fields.note('key', 'condition-unknown', { key });
  for (const [name, list] of [
    ['values', values],
    ['notValues', notValues],
  ] as const) {
    checkText(fields, name, list);
    if (check && check !== checkText) check(fields, name, list);
  }
  return { key, values, notValues, path: fields.path };
}

const IDENTITY_FIELDS = new Set<SourceField>([
  'namespaces',
  'serviceAccounts',
  'trustDomains',
  'principals',
  'requestPrincipals',
]);
const IDENTITY_KEYS = new Set(['source.namespace', 'source.serviceAccount', 'source.trustDomain', 'source.principal']);

/** External authorization comes before identities of requests are known, and is refused those of peers too. */
function checkCustomRule(fields: Fields, rule: AuthorizationRule): void {
  const identities = [
    ...rule.from.flat().filter(({ field }) => IDENTITY_FIELDS.has(field)),
    ...rule.when.filter(({ key }) => IDENTITY_KEYS.has(key) || key.startsWith('request.auth.')),
  ];
  for (const { path } of identities)
    fields.note(undefined, 'custom-with-identity', { field: path.slice(-3).map(String) });
}

/**
 * A DENY rule that restricts only by what plain TCP does not know, so that it denies every connection there
 * (pkg/config/validation:validateAuthorizationPolicy's warning; it counts neither trust domains nor conditions).
 */
function isHttpOnly(rule: AuthorizationRule): boolean {
  const known = new Set<SourceField>(['principals', 'namespaces', 'ipBlocks', 'remoteIpBlocks', 'serviceAccounts']);
  if (rule.to.length > 0) return !rule.to.some((operation) => operation.some(({ field }) => field === 'ports'));
  return rule.from.length > 0 && !rule.from.flat().some(({ field }) => known.has(field));
}
