// Which lists a strategic merge patch merges, and by which keys: the patch extensions of the Kubernetes schema.

/** What is known of a field; undefined means nothing, and then lists are replaced whole. */
export interface Schema {
  /** The keys by which a list's elements are told apart; empty where the elements are scalars. */
  readonly mergeKeys?: readonly string[];
  readonly items?: Schema;
  readonly fields?: Readonly<Record<string, Schema>>;
}

const by = (keys: readonly string[], items: Schema = {}): Schema => ({ mergeKeys: keys, items });

const METADATA: Schema = { fields: { finalizers: by([]), ownerReferences: by(['uid']) } };

const ENVIRONMENT = {
  env: by(['name']),
  volumeDevices: by(['devicePath']),
  volumeMounts: by(['mountPath']),
} as const;
const CONTAINER: Schema = { fields: { ...ENVIRONMENT, ports: by(['containerPort', 'protocol']) } };

const POD: Schema = {
  fields: {
    containers: by(['name'], CONTAINER),
    initContainers: by(['name'], CONTAINER),
    // their ports have no keys in the schema
    ephemeralContainers: by(['name'], { fields: ENVIRONMENT }),
    hostAliases: by(['ip']),
    imagePullSecrets: by(['name']),
    topologySpreadConstraints: by(['topologyKey', 'whenUnsatisfiable']),
    volumes: by(['name']),
  },
};
const POD_TEMPLATE: Schema = { fields: { metadata: METADATA, spec: POD } };
const STATUS: Schema = { fields: { conditions: by(['type']) } };

/** The schema of an object whose other fields have no lists to merge. */
const object = (fields: Readonly<Record<string, Schema>>): Schema => ({ fields: { metadata: METADATA, ...fields } });

const WORKLOAD = object({ spec: { fields: { template: POD_TEMPLATE } }, status: STATUS });
const STATEFUL_SET = object({
  spec: { fields: { template: POD_TEMPLATE, volumeClaimTemplates: { items: { fields: { metadata: METADATA } } } } },
  status: STATUS,
});
const CRON_JOB = object({
  spec: {
    fields: { jobTemplate: { fields: { metadata: METADATA, spec: { fields: { template: POD_TEMPLATE } } } } },
  },
});
const WEBHOOKS = object({ webhooks: by(['name']) });

const SCHEMAS: ReadonlyMap<string, Schema> = new Map(
  Object.entries({
    'v1 Pod': object({ spec: POD, status: STATUS }),
    'v1 PodTemplate': object({ template: POD_TEMPLATE }),
    'v1 ReplicationController': WORKLOAD,
    'v1 Service': object({ spec: { fields: { ports: by(['port', 'protocol']) } }, status: STATUS }),
    'v1 ServiceAccount': object({ secrets: by(['name']) }),
    'v1 Node': object({ spec: { fields: { podCIDRs: by([]) } } }),
    'apps/v1 DaemonSet': WORKLOAD,
    'apps/v1 Deployment': WORKLOAD,
    'apps/v1 ReplicaSet': WORKLOAD,
    'apps/v1 StatefulSet': STATEFUL_SET,
    'batch/v1 Job': WORKLOAD,
    'batch/v1 CronJob': CRON_JOB,
    'batch/v1beta1 CronJob': CRON_JOB,
    'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration': WEBHOOKS,
    'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration': WEBHOOKS,
    'admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration': WEBHOOKS,
    'admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration': WEBHOOKS,
  }),
);

/** Kinds of these groups are part of Kubernetes: their metadata is known even where nothing else is listed above. */
const KUBERNETES_GROUPS = new Set([
  'apps',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
]);
const PLAIN = object({});

/** What is known of the objects of a kind; undefined for custom resources. */
export function schemaOf(apiVersion: string, kind: string): Schema | undefined {
  const known = SCHEMAS.get(`${apiVersion} ${kind}`);
  if (known) return known;
  const slash = apiVersion.indexOf('/');
  const isKubernetes = slash < 0 || KUBERNETES_GROUPS.has(apiVersion.slice(0, slash));
  return isKubernetes ? PLAIN : undefined;
}
