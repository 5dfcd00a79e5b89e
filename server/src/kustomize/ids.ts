// How kustomize names objects, and which of them have no namespace.

/** An object by API group, version, kind, namespace and name. */
export interface Id {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  /** As written, empty where it is not. */
  readonly namespace: string;
  /** The namespace that counts: `default` where none is written, NO_NAMESPACE for objects that have none. */
  readonly effective: string;
}

/** What a selector without regular expressions asks for; empty asks for nothing. */
export interface GroupVersionKind {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
}

const NO_NAMESPACE = '_non_namespaceable_';

/** The kinds without namespace that kustomize knows (its Kubernetes schema is that of 1.21). */
const CLUSTER_SCOPED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    v1: 'ComponentStatus Namespace Node NodeProxyOptions PersistentVolume',
    'admissionregistration.k8s.io/v1': 'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
    'admissionregistration.k8s.io/v1beta1': 'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
    'apiextensions.k8s.io/v1': 'CustomResourceDefinition',
    'apiextensions.k8s.io/v1beta1': 'CustomResourceDefinition',
    'apiregistration.k8s.io/v1': 'APIService',
    'apiregistration.k8s.io/v1beta1': 'APIService',
    'certificates.k8s.io/v1': 'CertificateSigningRequest',
    'certificates.k8s.io/v1beta1': 'CertificateSigningRequest',
    'flowcontrol.apiserver.k8s.io/v1beta1': 'FlowSchema PriorityLevelConfiguration',
    'networking.k8s.io/v1': 'IngressClass',
    'networking.k8s.io/v1beta1': 'IngressClass',
    'node.k8s.io/v1': 'RuntimeClass',
    'node.k8s.io/v1beta1': 'RuntimeClass',
    'policy/v1beta1': 'PodSecurityPolicy',
    'rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding',
    'rbac.authorization.k8s.io/v1beta1': 'ClusterRole ClusterRoleBinding',
    'scheduling.k8s.io/v1': 'PriorityClass',
    'scheduling.k8s.io/v1beta1': 'PriorityClass',
    'storage.k8s.io/v1': 'CSIDriver CSINode StorageClass VolumeAttachment',
    'storage.k8s.io/v1beta1': 'CSIDriver CSINode StorageClass VolumeAttachment',
  }).map(([apiVersion, kinds]) => [apiVersion, new Set(kinds.split(' '))]),
);

export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function makeId(gvk: Required<GroupVersionKind>, name: string, namespace: string): Id {
  const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  const effective = CLUSTER_SCOPED.get(apiVersion)?.has(gvk.kind) ? NO_NAMESPACE : namespace || 'default';
  return { ...gvk, name, namespace, effective };
}

export function isClusterScoped(id: Id): boolean {
  return id.effective === NO_NAMESPACE;
}

export function equalIds(a: Id, b: Id): boolean {
  return a.effective === b.effective && equalKindAndName(a, b);
}

export function equalKindAndName(a: Id, b: Id): boolean {
  return a.name === b.name && a.group === b.group && a.version === b.version && a.kind === b.kind;
}

/** True when `id` is of the kind that `selector` asks for. */
export function isOfKind(id: GroupVersionKind, selector: GroupVersionKind): boolean {
  return (
    (!selector.group || selector.group === id.group) &&
    (!selector.version || selector.version === id.version) &&
    (!selector.kind || selector.kind === id.kind)
  );
}

/** An id for people: `Deployment shop/cart`. */
export function printId({ kind, namespace, name }: Id): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}
