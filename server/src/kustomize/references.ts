// The fields in which objects name others, so that a renamed object is found again (kustomize's nameReference table).
import type { NameReference } from './config';
import type { FieldSpec } from './fieldspec';

const RBAC = 'rbac.authorization.k8s.io';

/** Where each kind keeps its pod. */
const POD_OF: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};
/** The kinds whose pods' sources are followed, and those whose accounts, claims and priorities are. */
const WITH_SOURCES = ['Pod', 'PodTemplate', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'CronJob'];
const WITH_NAMES = ['Pod', 'StatefulSet', 'Deployment', 'ReplicationController', 'CronJob', 'Job', 'DaemonSet'];

const inPods = (kinds: readonly string[], paths: readonly string[]): FieldSpec[] =>
  kinds.flatMap((kind) => paths.map((path) => ({ kind, path: `${POD_OF[kind]}/${path}` })));

const field = (kind: string, path: string, group?: string): FieldSpec => ({ kind, path, group });

/** Ways in which a container takes its environment from a ConfigMap or Secret. */
const environment = (name: string): string[] =>
  ['containers', 'initContainers'].flatMap((list) => [
    `${list}/env/valueFrom/${name}KeyRef/name`,
    `${list}/envFrom/${name}Ref/name`,
  ]);

const RESOURCE_NAMES = [field('Role', 'rules/resourceNames'), field('ClusterRole', 'rules/resourceNames')];
const WEBHOOKS = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map((kind) =>
  field(kind, 'webhooks/clientConfig/service', 'admissionregistration.k8s.io'),
);
const INGRESS_ANNOTATIONS = [
  'ingress.kubernetes.io\\/auth-secret',
  'nginx.ingress.kubernetes.io\\/auth-secret',
  'nginx.ingress.kubernetes.io\\/auth-tls-secret',
];

export const NAME_REFERENCES: readonly NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    referrers: [field('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name')],
  })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    referrers: [
      ...inPods(WITH_SOURCES, [
        'volumes/configMap/name',
        ...environment('configMap'),
        'volumes/projected/sources/configMap/name',
      ]),
      field('Node', 'spec/configSource/configMap'),
      ...RESOURCE_NAMES,
      field('Ingress', 'metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap'),
    ],
  },
  {
    kind: 'Secret',
    version: 'v1',
    referrers: [
      ...inPods(WITH_SOURCES, [
        'volumes/secret/secretName',
        ...environment('secret'),
        'imagePullSecrets/name',
        'volumes/projected/sources/secret/name',
      ]),
      field('Ingress', 'spec/tls/secretName'),
      ...INGRESS_ANNOTATIONS.map((name) => field('Ingress', `metadata/annotations/${name}`)),
      field('ServiceAccount', 'imagePullSecrets/name'),
      ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map((name) =>
        field('StorageClass', `parameters/${name}`),
      ),
      ...RESOURCE_NAMES,
      {
        kind: 'Service',
        group: 'serving.knative.dev',
        version: 'v1',
        path: 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
      },
      field('PersistentVolume', 'spec/azureFile/secretName'),
    ],
  },
  {
    kind: 'Service',
    version: 'v1',
    referrers: [
      field('StatefulSet', 'spec/serviceName', 'apps'),
      ...[
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name',
      ].map((path) => field('Ingress', path)),
      field('APIService', 'spec/service/name', 'apiregistration.k8s.io'),
      ...WEBHOOKS,
    ],
  },
  { kind: 'Role', group: RBAC, referrers: [field('RoleBinding', 'roleRef/name', RBAC)] },
  {
    kind: 'ClusterRole',
    group: RBAC,
    referrers: [field('RoleBinding', 'roleRef/name', RBAC), field('ClusterRoleBinding', 'roleRef/name', RBAC)],
  },
  {
    kind: 'ServiceAccount',
    version: 'v1',
    referrers: [
      field('RoleBinding', 'subjects', RBAC),
      field('ClusterRoleBinding', 'subjects', RBAC),
      ...inPods(WITH_NAMES, ['serviceAccountName']),
    ],
  },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    referrers: inPods(WITH_NAMES, ['volumes/persistentVolumeClaim/claimName']),
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    referrers: [field('PersistentVolumeClaim', 'spec/volumeName'), field('ClusterRole', 'rules/resourceNames')],
  },
  {
    kind: 'StorageClass',
    version: 'v1',
    group: 'storage.k8s.io',
    referrers: [
      field('PersistentVolume', 'spec/storageClassName'),
      field('PersistentVolumeClaim', 'spec/storageClassName'),
      field('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName'),
    ],
  },
  {
    kind: 'PriorityClass',
    version: 'v1',
    group: 'scheduling.k8s.io',
    referrers: inPods(WITH_NAMES, ['priorityClassName']),
  },
  {
    kind: 'IngressClass',
    version: 'v1',
    // as kustomize has it: no object is of such a group
    group: 'networking.k8s.io/v1',
    referrers: [field('Ingress', 'spec/ingressClassName')],
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: 'admissionregistration.k8s.io',
    referrers: [field('ValidatingAdmissionPolicyBinding', 'spec/policyName', 'admissionregistration.k8s.io')],
  },
];
