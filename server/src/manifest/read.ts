// From YAML documents to the objects that Mutual knows. Everything else in a workspace is passed over.

import type { YamlDocument } from '../yaml/document';
import type { Path } from '../yaml/range';
import { checkObject } from './admission';
import { Fields, isMapping } from './fields';
import { type AuthorizationPolicy, readAuthorizationPolicy } from './kinds/authorization-policy';
import { type BackendTlsPolicy, readBackendTlsPolicy } from './kinds/backend-tls-policy';
import { type DestinationRule, readDestinationRule } from './kinds/destination-rule';
import { type Gateway, readGateway } from './kinds/gateway';
import {
  type ArgoApplication,
  type HelmChart,
  type HelmRelease,
  type HelmValues,
  nameOfFile,
  readArgo,
  readHelmFile,
  readHelmRelease,
} from './kinds/helm';
import {
  type IstioOperator,
  readIstioOperator,
  readMember,
  readMemberRoll,
  readSail,
  readServiceMeshControlPlane,
  SAIL_KINDS,
  type SailObject,
  type ServiceMeshControlPlane,
  type ServiceMeshMember,
  type ServiceMeshMemberRoll,
} from './kinds/install';
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
import { type MutatingWebhookConfiguration, readInjector } from './kinds/webhook';
import { readWorkload, WORKLOAD_KINDS, type WorkloadKind, type WorkloadObject } from './kinds/workload';
import type { FieldProblem, KubernetesObject, Metadata, Source } from './object';
import { isTemplate } from './placeholder';

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
  | IstioOperator
  | SailObject
  | ServiceMeshControlPlane
  | ServiceMeshMemberRoll
  | ServiceMeshMember
  | MutatingWebhookConfiguration
  | ArgoApplication
  | HelmRelease
  | HelmChart
  | HelmValues
  | LegacyObject;

interface KindReader {
  /** API groups whose objects of that kind are meant; another group's kind of the same name is left alone. */
  readonly groups: readonly string[];
  /** The kind it is known by, where two groups share a name. */
  readonly known?: string;
  readonly clusterScoped?: boolean;
  /**
   * It says how Istio is installed: read for the settings of the mesh, never judged. It may lack a name, which only the
   * API server asks for, and is left alone where it reads as undefined, since it installs something else.
   */
  readonly installs?: boolean;
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

const maistra = (read: KindReader['read']): readonly KindReader[] => [{ groups: ['maistra.io'], installs: true, read }];

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
    IstioOperator: [{ groups: ['install.istio.io'], installs: true, read: inSpec(readIstioOperator) }],
    ServiceMeshControlPlane: maistra(readServiceMeshControlPlane),
    ServiceMeshMemberRoll: maistra(inSpec(readMemberRoll)),
    ServiceMeshMember: maistra(inSpec(readMember)),
    MutatingWebhookConfiguration: [
      { groups: ['admissionregistration.k8s.io'], clusterScoped: true, installs: true, read: readInjector },
    ],
    Application: [{ groups: ['argoproj.io'], installs: true, read: readArgo }],
    ApplicationSet: [{ groups: ['argoproj.io'], installs: true, read: readArgo }],
    HelmRelease: [{ groups: ['helm.toolkit.fluxcd.io'], installs: true, read: readHelmRelease }],
    ...Object.fromEntries(
      SAIL_KINDS.map((kind): [string, readonly KindReader[]] => [
        kind,
        [{ groups: ['sailoperator.io'], clusterScoped: true, installs: true, read: inSpec(readSail) }],
      ]),
    ),
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
  const helm = readHelmFile({ uri, document, prefix: [] });
  if (helm) return [helm];
  collect(document.value, [], { uri, document }, objects, 0);
  return objects;
}

/** The object that a plain value is, with its source; undefined for kinds that Mutual does not know. */
export function readValue(value: unknown, source: Source): KnownObject | undefined {
  if (!isMapping(value) || typeof value.kind !== 'string' || typeof value.apiVersion !== 'string') return undefined;
  return readObject(value, source);
}

function collect(
  value: unknown,
  prefix: Path,
  file: Pick<Source, 'uri' | 'document'>,
  objects: KnownObject[],
  depth: number,
): void {
  if (isMapping(value) && isList(value.kind) && Array.isArray(value.items) && depth < 4) {
    for (const [index, item] of value.items.entries())
      collect(item, [...prefix, 'items', index], file, objects, depth + 1);
    return;
  }
  const object = readValue(value, { ...file, prefix });
  if (object) objects.push(object);
}

function isList(kind: unknown): boolean {
  return typeof kind === 'string' && kind.endsWith('List');
}

/** True for a kind that Mutual reads; with an unknown `apiVersion` if it reads that kind of any group. */
export function isKnownKind(kind: string, apiVersion: string | undefined): boolean {
  const readers = KIND_READERS.get(kind) ?? [];
  return readers.some(({ groups }) => apiVersion === undefined || groups.includes(groupOf(apiVersion)));
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
  const named = readMetadata(root, reader.clusterScoped ?? false);
  const metadata = named.name === '' && reader.installs ? { ...named, name: nameOfFile(source.uri) } : named;
  // a kustomize patch or a template's remains: without a name there is no object
  if (metadata.name === '') return undefined;
  // ytt writes the value into a comment: where the object goes nobody knows here
  if (!metadata.namespaceStated && isBlank(value.metadata, 'namespace') && isTemplate(source.document.text))
    return undefined;
  const read = reader.read(root, metadata.namespace);
  if (read === undefined && reader.installs) return undefined;
  if (isIstios(apiVersion)) checkObject(kind, value, root, problems);
  return {
    kind: reader.known ?? kind,
    apiVersion,
    metadata,
    spec: read,
    source,
    problems: reader.installs ? [] : problems,
  } as KnownObject;
}

/** True where a mapping has the key and nothing behind it. */
function isBlank(value: unknown, key: string): boolean {
  return isMapping(value) && value[key] === null;
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
