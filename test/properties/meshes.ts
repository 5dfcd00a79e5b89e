// Random meshes, and what can be put beside one without any effect.
import fc, { type Arbitrary } from 'fast-check';
import {
  authorizationPolicy,
  backendTlsPolicy,
  destinationRule,
  gateway,
  httpRoute,
  kubernetesGateway,
  type Manifest,
  NAMESPACES,
  object,
  peerAuthentication,
  ROOT,
  rarely,
  requestAuthentication,
  service,
  serviceEntry,
  sidecar,
  virtualService,
  waypoint,
  workload,
  workloadEntry,
} from './kinds';

/** The label that a value belongs to. */
const KEYS: Readonly<Record<string, string>> = { canary: 'istio.io/rev', ambient: 'istio.io/dataplane-mode' };

const namespaces = fc
  .tuple(
    ...NAMESPACES.map(() =>
      fc.constantFrom(...Array<string>(8).fill('enabled'), 'ambient', 'disabled', 'none', 'canary', undefined),
    ),
  )
  .map((values) =>
    values.flatMap((value, index): Manifest[] => {
      if (value === undefined) return [];
      const key = KEYS[value] ?? 'istio-injection';
      const own = value === 'none' ? {} : { [key]: value };
      return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACES[index]!, labels: own } }];
    }),
  );

const meshConfig = rarely(
  fc.constantFrom(
    'enableAutoMtls: false',
    'outboundTrafficPolicy: {mode: REGISTRY_ONLY}',
    'defaultDestinationRuleExportTo: ["."]',
    'defaultServiceExportTo: ["."]',
    'trustDomain: example.org',
  ),
).map((mesh) => (mesh ? [object('v1', 'ConfigMap', ROOT, 'istio', { data: { mesh } })] : []));

/** Control planes beside each other: by them, what a revision label asks for is known. */
const revisions = rarely(fc.constantFrom(['default', 'canary'], ['default'], ['canary'])).map((names) =>
  (names ?? []).map((name) =>
    object('sailoperator.io/v1', 'Istio', ROOT, name, { spec: { namespace: ROOT, version: 'v1.27.3' } }),
  ),
);

/** Objects of a mesh, no two of one kind, namespace and name. */
export const mesh: Arbitrary<Manifest[]> = fc
  .tuple(
    namespaces,
    meshConfig,
    revisions,
    ...(
      [
        [workload, 6],
        [service, 5],
        [peerAuthentication, 4],
        [destinationRule, 4],
        [serviceEntry, 2],
        [workloadEntry, 1],
        [sidecar, 2],
        [virtualService, 2],
        [authorizationPolicy, 3],
        [requestAuthentication, 1],
        [backendTlsPolicy, 1],
        [waypoint, 1],
        [gateway, 2],
        [kubernetesGateway, 1],
        [httpRoute, 1],
      ] as const
    ).map(([make, maxLength]) =>
      fc
        .array(make, { maxLength, minLength: maxLength > 3 ? maxLength - 3 : 0 })
        .map((list) => list.map((each, index) => each(index))),
    ),
  )
  .map((lists) => distinct(lists.flat()));

function distinct(objects: readonly Manifest[]): Manifest[] {
  const key = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  return [...new Map(objects.map((each) => [key(each), each])).values()];
}

/** Objects of a namespace that has nothing to do with the others, which show nothing to anybody. */
export const island: Arbitrary<Manifest[]> = fc
  .tuple(
    workload,
    service,
    peerAuthentication,
    destinationRule,
    serviceEntry,
    sidecar,
    virtualService,
    authorizationPolicy,
  )
  .map((makes) =>
    makes.map((make) => {
      const each = make(77);
      const { kind, metadata, spec } = each as Manifest & { readonly spec: object };
      const hidden = ['DestinationRule', 'ServiceEntry', 'VirtualService'].includes(kind) ? { exportTo: ['.'] } : {};
      // ztunnel shows its clients every host, so that the island's are its own
      const own = kind === 'ServiceEntry' ? { hosts: ['island.example.com'] } : {};
      const annotations = kind === 'Service' ? { 'networking.istio.io/exportTo': '.' } : {};
      return {
        ...each,
        metadata: { ...metadata, namespace: 'island', annotations },
        spec: { ...spec, ...hidden, ...own },
      };
    }),
  );

/** A file of these objects, as JSON documents. */
export function textOf(objects: readonly Manifest[]): string {
  return objects.map((each) => JSON.stringify(each)).join('\n---\n');
}

/** True for a mesh in which somebody asks for ambient mode. */
export function isAmbient(objects: readonly Manifest[]): boolean {
  return objects.some(({ metadata }) => JSON.stringify(metadata).includes('istio.io/dataplane-mode'));
}
