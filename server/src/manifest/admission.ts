// What every object of Istio's kinds has to pass, whatever its kind: known fields, known annotations.
import { type Fields, isMapping } from './fields';
import type { FieldProblem } from './object';
import { checkFields, specSchema } from './schema';

const TOP_LEVEL = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const METADATA = [
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
  'clusterName',
  'initializers',
];
const DRY_RUN = 'istio.io/dry-run';
/** Annotations that only istiod itself may write (pkg/webhooks/validation/server). */
const INTERNAL = [
  'internal.istio.io/webhook-always-reject',
  'internal.istio.io/parent-namespace',
  'internal.istio.io/parents',
];

/** Notes what no reader of a kind looks at. */
export function checkObject(
  kind: string,
  value: Record<string, unknown>,
  root: Fields,
  problems: FieldProblem[],
): void {
  const schema = specSchema(kind);
  if (!schema) return;
  checkFields(value.spec, schema, ['spec'], problems);
  const inSpec = schema.type === 'object' ? schema.fields : new Map<string, unknown>();
  for (const name of Object.keys(value)) {
    if (TOP_LEVEL.includes(name)) continue;
    const elsewhere = inSpec.has(name) ? [`spec.${name}`] : [];
    root.note(name, 'unknown-field', { found: name, known: TOP_LEVEL, elsewhere }, 'warning');
  }
  if (!isMapping(value.metadata)) return;
  const metadata = root.object('metadata')!;
  for (const name of Object.keys(value.metadata)) {
    if (METADATA.includes(name)) continue;
    metadata.note(name, 'unknown-field', { found: name, known: METADATA, elsewhere: [] }, 'warning');
  }
  const { annotations } = value.metadata;
  if (!isMapping(annotations)) return;
  for (const name of INTERNAL) {
    if (Object.hasOwn(annotations, name))
      metadata.object('annotations')?.note(name, 'annotation-internal', { found: name });
  }
  // AuthorizationPolicy and RequestAuthentication look at it themselves
  if (kind !== 'AuthorizationPolicy' && kind !== 'RequestAuthentication' && Object.hasOwn(annotations, DRY_RUN))
    metadata.object('annotations')?.note(DRY_RUN, 'dry-run-unsupported');
}
