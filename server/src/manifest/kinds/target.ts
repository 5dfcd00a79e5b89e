// What the policies of security.istio.io are for: a selector, or references to gateways and services.
import { type Fields, isMapping } from '../fields';
import { readSelector, type Selector } from './common';

/** An object that a policy is attached to by name. */
export interface TargetRef {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** Without `selector` and without `targetRefs` a policy is for its whole namespace, or for the mesh. */
export interface Target {
  readonly selector: Selector | undefined;
  readonly targetRefs: readonly TargetRef[];
}

/** Kinds that can be referred to (pkg/config/validation:validatePolicyTargetReference). */
const TARGET_KINDS = new Set([
  '/Service',
  'core/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
]);
const MAX_TARGETS = 16;

/** Reads `selector`, `targetRef` and `targetRefs`, of which one at most may be there. */
export function readTarget(spec: Fields): Target {
  const selector = readSelector(spec, 'selector');
  const references = spec.objects('targetRefs');
  const single = spec.object('targetRef');
  if (references.length > MAX_TARGETS) spec.note('targetRefs', 'too-many', { limit: MAX_TARGETS });
  const stated = [
    selector && 'selector',
    single && 'targetRef',
    spec.has('targetRefs') ? 'targetRefs' : undefined,
  ].filter((name) => name !== undefined);
  if (stated.length > 1) spec.note(stated[1], 'target-ambiguous', { found: stated });
  return { selector, targetRefs: [...(single ? [single] : []), ...references].map(readReference) };
}

function readReference(fields: Fields): TargetRef {
  const [group, kind, name] = ['group', 'kind', 'name'].map((field) => fields.string(field) ?? '') as [
    string,
    string,
    string,
  ];
  if (name === '') fields.note(undefined, 'target-without-name');
  // even the policy's own namespace may not be named
  if (fields.string('namespace')) fields.note('namespace', 'target-namespace');
  if (!TARGET_KINDS.has(`${group}/${kind}`)) fields.note('kind', 'target-kind', { group, kind });
  return { group, kind, name };
}

const DRY_RUN = 'istio.io/dry-run';
/** What Go's strconv.ParseBool takes. */
const GO_BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

/**
 * Whether `istio.io/dry-run` is on; noted where it may not stand or is no boolean
 * (pkg/webhooks/validation/server, pkg/config/validation:validateAnnotationDryRun).
 * @param root the whole object
 * @param allowed whether this object may be tried without enforcing it
 */
export function readDryRun(root: Fields, allowed: boolean): boolean {
  const metadata = root.raw('metadata');
  const annotations = isMapping(metadata) ? metadata.annotations : undefined;
  const text = isMapping(annotations) ? annotations[DRY_RUN] : undefined;
  if (typeof text !== 'string') return false;
  const value = GO_BOOLEANS.get(text);
  const at = root.object('metadata')?.object('annotations');
  if (!allowed) at?.note(DRY_RUN, 'dry-run-unsupported');
  else if (value === undefined) at?.note(DRY_RUN, 'dry-run-invalid', { found: text });
  return value ?? false;
}

/** The items of a list of mappings; an empty item (`-`), which the CRD refuses, is noted. */
export function items(fields: Fields, name: string): Fields[] {
  const raw = fields.raw(name);
  const list = fields.objects(name);
  if (Array.isArray(raw)) {
    raw.forEach((item, index) => {
      if (item === null) list[index]?.note(undefined, 'list-item-empty');
    });
  }
  return list;
}
