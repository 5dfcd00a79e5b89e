// What holds for the whole mesh: Istio's defaults, then the mesh configuration found, then what the user states.

import { Fields } from '../manifest/fields';
import type { FieldProblem } from '../manifest/object';
import type { ConfigMap } from '../manifest/read';
import { parseDocuments } from '../yaml/document';
import { NEWEST_VERSION, parseVersion } from './version';

/** `pathNormalization.normalization`; DEFAULT is BASE. */
export const PATH_NORMALIZATIONS = ['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;
export type PathNormalization = (typeof PATH_NORMALIZATIONS)[number];

/** Something that CUSTOM policies can ask, by name. */
export interface ExtensionProvider {
  readonly name: string;
  /** `grpc` can judge TCP connections too; `other` judges nothing. */
  readonly authorizes: 'http' | 'grpc' | 'other';
}

export interface MeshSettings {
  /** The minor version of Istio 1: 31 for 1.31. */
  readonly istioVersion: number;
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  /** Trust domains of `caCertificates`: peers of these pass the handshake too. */
  readonly certificateTrustDomains: readonly string[];
  /** How HTTP paths are rewritten before policies see them. */
  readonly pathNormalization: PathNormalization;
  readonly extensionProviders: readonly ExtensionProvider[];
  readonly clusterDomain: string;
  readonly enableAutoMtls: boolean;
  /** Agents collect the metrics of applications, so that Prometheus need not ask these. */
  readonly prometheusMerge: boolean;
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  /** `ALLOW_ANY` or `REGISTRY_ONLY`. */
  readonly outboundTrafficPolicy: string;
  /** Revisions and revision tags that are installed; `default` is the unnamed one. */
  readonly revisions: readonly string[];
  /** False where that is only what a default installation has. */
  readonly revisionsStated: boolean;
  /** The revision whose istiod is computed; objects labelled for another are not read. */
  readonly revision: string;
  /** istiod, CNI and ztunnel run with ambient on. */
  readonly ambient: boolean;
  /** Sidecars listen for HBONE (`ISTIO_META_ENABLE_HBONE`, on with the ambient profile). */
  readonly sidecarHbone: boolean;
  /** The mesh configuration that was read, if the workspace has one. */
  readonly source: ConfigMap | undefined;
}

/** What a user may state because manifests do not show it. Each beats what was found. */
export interface Assumptions {
  /** Such as `1.28`; what is no version of Istio that Mutual knows counts as not stated. */
  readonly istioVersion?: string;
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  readonly clusterDomain?: string;
  readonly enableAutoMtls?: boolean;
  readonly revisions?: readonly string[];
  readonly ambient?: boolean;
  /** Namespaces whose labels no manifest shows and that are injected; `*` stands for all. */
  readonly injectedNamespaces?: readonly string[];
}

/** pkg/config/mesh/mesh.go:DefaultMeshConfig, and a default installation. */
export const DEFAULT_SETTINGS: MeshSettings = {
  istioVersion: NEWEST_VERSION,
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  certificateTrustDomains: [],
  pathNormalization: 'DEFAULT',
  extensionProviders: [],
  clusterDomain: 'cluster.local',
  enableAutoMtls: true,
  prometheusMerge: true,
  defaultServiceExportTo: ['*'],
  defaultVirtualServiceExportTo: ['*'],
  defaultDestinationRuleExportTo: ['*'],
  outboundTrafficPolicy: 'ALLOW_ANY',
  revisions: ['default'],
  revisionsStated: false,
  revision: 'default',
  ambient: false,
  sidecarHbone: false,
  source: undefined,
};

/**
 * The settings in force.
 * @param configMaps every ConfigMap of the mesh; `istio` (or `istio-REVISION`) with a `mesh` key is Istio's
 */
export function readSettings(configMaps: readonly ConfigMap[], assume: Assumptions): MeshSettings {
  const ambient = assume.ambient ?? false;
  const candidates = configMaps.filter(isMeshConfig);
  const source =
    candidates.find(({ metadata }) => metadata.name === 'istio' && metadata.namespace === 'istio-system') ??
    candidates[0];
  const found: Partial<MeshSettings> = source ? readMeshConfig(source.spec.data.mesh!) : { sidecarHbone: ambient };
  const stated = Object.fromEntries(
    Object.entries(assume).filter(([name, value]) => value !== undefined && name in DEFAULT_SETTINGS),
  );
  const istioVersion = parseVersion(assume.istioVersion ?? '') ?? NEWEST_VERSION;
  const revisions = assume.revisions ?? DEFAULT_SETTINGS.revisions;
  const revisionsStated = assume.revisions !== undefined;
  return { ...DEFAULT_SETTINGS, ...found, ...stated, istioVersion, revisions, revisionsStated, ambient, source };
}

function isMeshConfig(map: ConfigMap): boolean {
  return /^istio(-.+)?$/.test(map.metadata.name) && typeof map.spec.data.mesh === 'string';
}

/** Reads `data.mesh`. A field of the wrong type is left at its default. */
function readMeshConfig(text: string): Partial<MeshSettings> {
  const problems: FieldProblem[] = [];
  const mesh = Fields.of(parseDocuments(text)[0]?.value, [], problems);
  const list = (name: string): readonly string[] | undefined => (mesh.has(name) ? mesh.strings(name) : undefined);
  const metadata = mesh.object('defaultConfig')?.object('proxyMetadata');
  const found = {
    rootNamespace: mesh.string('rootNamespace') || undefined,
    trustDomain: mesh.string('trustDomain') || undefined,
    trustDomainAliases: list('trustDomainAliases'),
    certificateTrustDomains: mesh.objects('caCertificates').flatMap((each) => each.strings('trustDomains')),
    pathNormalization: mesh.object('pathNormalization')?.oneOf('normalization', PATH_NORMALIZATIONS),
    extensionProviders: mesh.objects('extensionProviders').map(readProvider),
    enableAutoMtls: mesh.boolean('enableAutoMtls'),
    prometheusMerge: mesh.boolean('enablePrometheusMerge'),
    defaultServiceExportTo: list('defaultServiceExportTo'),
    defaultVirtualServiceExportTo: list('defaultVirtualServiceExportTo'),
    defaultDestinationRuleExportTo: list('defaultDestinationRuleExportTo'),
    outboundTrafficPolicy: mesh.object('outboundTrafficPolicy')?.string('mode'),
    sidecarHbone: String(metadata?.raw('ISTIO_META_ENABLE_HBONE')) === 'true',
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function readProvider(fields: Fields): ExtensionProvider {
  const authorizes = fields.has('envoyExtAuthzGrpc') ? 'grpc' : fields.has('envoyExtAuthzHttp') ? 'http' : 'other';
  return { name: fields.string('name') ?? '', authorizes };
}
