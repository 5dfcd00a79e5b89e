// What holds for a whole mesh, and who says so.
import type { LabelSelector } from '../../manifest/kinds/label-selector';
import type { KnownObject } from '../../manifest/read';
import type { Path } from '../../yaml/range';

/** `pathNormalization.normalization`; DEFAULT is BASE. */
export const PATH_NORMALIZATIONS = ['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;
export type PathNormalization = (typeof PATH_NORMALIZATIONS)[number];

/** Something that CUSTOM policies can ask, by name. */
export interface ExtensionProvider {
  readonly name: string;
  /** `grpc` can judge TCP connections too; `other` judges nothing. */
  readonly authorizes: 'http' | 'grpc' | 'other';
}

/** A webhook that injects, as it stands in the manifests. */
export interface Injector {
  /** The revision or the tag that labels name to be injected by it. */
  readonly asked: string;
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
}

/** The namespaces of an OpenShift mesh. */
export interface Members {
  readonly namespaces: readonly string[];
  /** True where further ones may be members: selectors choose them, or no manifest lists any. */
  readonly open: boolean;
}

/** Every setting that bears on an answer. */
export interface SettingValues {
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
  /** What an installer makes mesh-wide besides the manifests: OpenShift's `dataPlane.mtls`. Undefined for nothing. */
  readonly meshMtls: 'STRICT' | 'PERMISSIVE' | undefined;
  /** Agents collect the metrics of applications, so that Prometheus need not ask these. */
  readonly prometheusMerge: boolean;
  /** Probes are led past mTLS by the agent, unless a pod's annotation says otherwise. */
  readonly rewriteProbes: boolean;
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  /** `ALLOW_ANY` or `REGISTRY_ONLY`. */
  readonly outboundTrafficPolicy: string;
  /** Namespaces that istiod sees; empty for all. One of the selectors has to fit. */
  readonly discoverySelectors: readonly LabelSelector[];
  /** Revisions and revision tags that are installed; `default` is the unnamed one. */
  readonly revisions: readonly string[];
  /** The revision whose istiod is computed; objects labelled for another are not read. */
  readonly revision: string;
  /** Pods of namespaces without any label are injected; unknown where control planes differ. */
  readonly enableNamespacesByDefault: boolean | 'unknown';
  /** Pods that a webhook selects and that say nothing themselves are injected. */
  readonly autoInject: boolean;
  readonly neverInjectSelector: readonly LabelSelector[];
  readonly alwaysInjectSelector: readonly LabelSelector[];
  /** The webhooks that inject; empty where no manifest shows them, and Istio's own selectors are meant. */
  readonly injectors: readonly Injector[];
  /** Undefined but for OpenShift's meshes, to which namespaces belong by name. */
  readonly members: Members | undefined;
  /** istiod, CNI and ztunnel run with ambient on. */
  readonly ambient: boolean;
  /** Sidecars listen for HBONE (`ISTIO_META_ENABLE_HBONE`, on with the ambient profile). */
  readonly sidecarHbone: boolean;
}
export type SettingName = keyof SettingValues;

/** Where a setting is written. */
export interface SettingPlace {
  readonly object: KnownObject;
  /** From the object's root. */
  readonly path: Path;
  /** Inside the text at `path`, where that is YAML of its own, such as `data.mesh`. */
  readonly inner?: Path;
}

/** Who says what a setting is. */
export type SettingSource =
  /** Istio's default. `object` is the mesh configuration that leaves it at that. */
  | { readonly by: 'default'; readonly object?: KnownObject }
  /** The user, by that setting of Mutual. */
  | { readonly by: 'assumption'; readonly setting: string }
  | ({ readonly by: 'manifest' } & SettingPlace)
  /** Manifests of equal weight differ, so that nobody knows: what causes the fewest false alarms is in force. */
  | { readonly by: 'contradiction'; readonly places: readonly SettingPlace[] };

export interface MeshSettings extends SettingValues {
  /** False where `revisions` is only what a default installation and the manifests have; others may be installed. */
  readonly revisionsStated: boolean;
  readonly sources: Readonly<Record<SettingName, SettingSource>>;
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
