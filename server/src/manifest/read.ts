// From YAML documents to the objects that Mutual knows. Everything else in a workspace is passed over.

import type { YamlDocument } from '../yaml/document';
import type { Path } from '../yaml/range';
import { checkObject } from './admission';
import { Fields, isMapping } from './fields';
import { type AuthorizationPolicy, readAuthorizationPolicy } from './kinds/authorization-policy';
import { type BackendTlsPolicy, readBackendTlsPolicy } from './kinds/backend-tls-policy';
import { type DestinationRule, readDestinationRule } from './kinds/destination-rule';
import { type Gateway, readGateway } from './kinds/gateway';
import { LEGACY_KINDS, type LegacyObject, readLegacy } from './kinds/legacy';
import { type PeerAuthentication, readPeerAuthentication } from './kinds/peer-authentication';
import { type RequestAuthentication, readRequestAuthentication } from './kinds/request-authentication';
import {
  type KubernetesGateway,
  readKubernetesGateway,
  readVirtualService,
  type VirtualService,
} from './kinds/routing';
import { readService, type Service } from './kinds/service';
import { readServiceEntry, readWorkloadEntry, type ServiceEntry, type WorkloadEntry } from './kinds/service-entry';
import { readSidecar, type Sidecar } from './kinds/sidecar';
import { readWorkload, WORKLOAD_KINDS, type WorkloadKind, type WorkloadObject } from './kinds/workload';
import type { FieldProblem, KubernetesObject, Metadata, Source } from './object';

export type Namespace = KubernetesObject<'Namespace', undefined>;
export interface ConfigMapSpec {
  readonly data: Readonly<Record<string, string>>;
}
export type ConfigMap = KubernetesObject<'ConfigMap', ConfigMapSpec>;

/** Every kind that bears on an answer. */
export type KnownObject =
  | PeerAuthentication
  | RequestAuthentication
  | AuthorizationPolicy
  | DestinationRule
  | Service
  | WorkloadObject
  | Namespace
  | ServiceEntry
  | WorkloadEntry
  | Sidecar
  | VirtualService
  | Gateway
  | KubernetesGateway
  | BackendTlsPolicy
  | ConfigMap
  | LegacyObject;

interface KindReader {
  /** API groups whose objects of that kind are meant; another group's kind of the same name is left alone. */
  readonly groups: readonly string[];
  /** The kind it is known by, where two groups share a name. */
  readonly known?: string;
  readonly clusterScoped?: boolean;
  read(root: Fields, namespace: string): unknown;
}

const NETWORKING = ['networking.istio.io'];
const inSpec =
  (read: (spec: Fields, namespace: string) => unknown): KindReader['read'] =>
  (root, namespace) =>
    read(root.section('spec'), namespace);
const workload = (kind: WorkloadKind): readonly KindReader[] => [
  { groups: ['', 'apps', 'batch', 'extensions'], read: (root) => readWorkload(kind, root) },
];

/** By the kind's name; two readers share one when two API groups do. */
const KIND_READERS: ReadonlyMap<string, readonly KindReader[]> = new Map(
  Object.entries({
    PeerAuthentication: [{ groups: ['security.istio.io'], read: inSpec(readPeerAuthentication) }],
    RequestAuthentication: [{ groups: ['security.istio.io'], read: readRequestAuthentication }],
    AuthorizationPolicy: [{ groups: ['security.istio.io'], read: readAuthorizationPolicy }],
    DestinationRule: [{ groups: NETWORKING, read: inSpec(readDestinationRule) }],
    ServiceEntry: [{ groups: NETWORKING, read: readServiceEntry }],
    WorkloadEntry: [{ groups: NETWORKING, read: inSpec(readWorkloadEntry) }],
    Sidecar: [{ groups: NETWORKING, read: inSpec(readSidecar) }],
    VirtualService: [{ groups: NETWORKING, read: inSpec(readVirtualService) }],
    Gateway: [
      { groups: NETWORKING, read: readGateway },
      { groups: ['gateway.networking.k8s.io'], known: 'KubernetesGateway', read: inSpec(readKubernetesGateway) },
    ],
    BackendTLSPolicy: [{ groups: ['gateway.networking.k8s.io'], read: inSpec(readBackendTlsPolicy) }],
    Service: [{ groups: [''], read: inSpec(readService) }],
    Namespace: [{ groups: [''], clusterScoped: true, read: () => undefined }],
    ConfigMap: [{ groups: [''], read: (root): ConfigMapSpec => ({ data: root.labels('data') ?? {} }) }],
    ...Object.fromEntries(
      Object.entries(LEGACY_KINDS).map(([kind, group]): [string, readonly KindReader[]] => [
        kind,
        [
          {
            groups: [group],
            known: `Legacy${kind}`,
            clusterScoped: kind === 'MeshPolicy' || kind === 'ClusterRbacConfig',
            read: (root) => readLegacy(root.raw('spec')),
          },
        ],
      ]),
    ),
    ...Object.fromEntries(WORKLOAD_KINDS.map((kind) => [kind, workload(kind)])),
  }),
);

/**
 * The known objects of one document, with the items of a `List` (or `DeploymentList` and the like) taken apart.
 * @param uri the file's URI, kept in each object's source
 */
export function readObjects(uri: string, document: YamlDocument): KnownObject[] {
  const objects: KnownObject[] = [];
  collect(document.value, [], { uri, document }, objects, 0);
  return objects;
}

function collect(
  value: unknown,
  prefix: Path,
  file: Omit<Source, 'prefix'>,
  objects: KnownObject[],
  depth: number,
): void {
  if (!isMapping(value) || typeof value.kind !== 'string' || typeof value.apiVersion !== 'string') return;
  if (value.kind.endsWith('List') && Array.isArray(value.items) && depth < 4) {
    for (const [index, item] of value.items.entries())
      collect(item, [...prefix, 'items', index], file, objects, depth + 1);
    return;
  }
  const object = readObject(value, { ...file, prefix });
  if (object) objects.push(object);
}

/** The API group of an `apiVersion`: empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function isIstios(apiVersion: string): boolean {
  return groupOf(apiVersion).endsWith('.istio.io');
}

function readObject(value: Record<string, unknown>, source: Source): KnownObject | undefined {
  const problems: FieldProblem[] = [];
  const kind = value.kind as string;
  const apiVersion = value.apiVersion as string;
  const reader = KIND_READERS.get(kind)?.find((each) => each.groups.includes(groupOf(apiVersion)));
  if (!reader) return undefined;
  const root = Fields.of(value, [], problems);
  const metadata = readMetadata(root, reader.clusterScoped ?? false);
  // a kustomize patch or a template's remains: without a name there is no object
  if (metadata.name === '') return undefined;
  const read = reader.read(root, metadata.namespace);
  if (isIstios(apiVersion)) checkObject(kind, value, root, problems);
  return { kind: reader.known ?? kind, apiVersion, metadata, spec: read, source, problems } as KnownObject;
}

function readMetadata(root: Fields, clusterScoped: boolean): Metadata {
  const metadata = root.object('metadata');
  const namespace = metadata?.string('namespace') || undefined;
  const created = metadata?.raw('creationTimestamp');
  const time = typeof created === 'string' ? Date.parse(created) : Number.NaN;
  return {
    name: metadata?.string('name') ?? metadata?.string('generateName') ?? '',
    namespace: clusterScoped ? '' : (namespace ?? 'default'),
    namespaceStated: clusterScoped || namespace !== undefined,
    labels: metadata?.labels('labels') ?? {},
    annotations: metadata?.labels('annotations') ?? {},
    creationTime: Number.isNaN(time) ? undefined : Math.floor(time / 1000),
  };
}
