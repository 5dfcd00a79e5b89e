// The fields that kustomize changes unless it is told more (its builtinpluginconsts), as a table.
import type { FieldSpec } from './fieldspec';
import type { GroupVersionKind } from './ids';

const of = (kind: string, group?: string, version?: string): GroupVersionKind => ({ kind, group, version });

const specs = (kinds: readonly GroupVersionKind[], paths: readonly string[], create: boolean): FieldSpec[] =>
  kinds.flatMap((kind) => paths.map((path) => ({ ...kind, path, create })));

const TEMPLATES = [
  of('ReplicationController', undefined, 'v1'),
  of('Deployment'),
  of('ReplicaSet'),
  of('DaemonSet'),
] as const;
const STATEFUL_SET = of('StatefulSet', 'apps');
const JOB = of('Job', 'batch');
const CRON_JOB = of('CronJob', 'batch');

const METADATA_LABELS: readonly FieldSpec[] = [
  { path: 'metadata/labels', create: true },
  ...specs([...TEMPLATES, STATEFUL_SET, JOB], ['spec/template/metadata/labels'], true),
  ...specs([STATEFUL_SET], ['spec/volumeClaimTemplates[]/metadata/labels'], true),
  ...specs([CRON_JOB], ['spec/jobTemplate/metadata/labels', 'spec/jobTemplate/spec/template/metadata/labels'], true),
];

const AFFINITY = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
  `spec/template/spec/affinity/${kind}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `spec/template/spec/affinity/${kind}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
]);

const SELECTORS: readonly FieldSpec[] = [
  ...specs([of('Service', undefined, 'v1'), of('ReplicationController', undefined, 'v1')], ['spec/selector'], true),
  ...specs([of('Deployment'), of('ReplicaSet'), of('DaemonSet'), STATEFUL_SET], ['spec/selector/matchLabels'], true),
  ...specs(
    [of('Deployment', 'apps'), STATEFUL_SET],
    [...AFFINITY, 'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels'],
    false,
  ),
  ...specs([JOB, of('PodDisruptionBudget', 'policy')], ['spec/selector/matchLabels'], false),
  ...specs([CRON_JOB], ['spec/jobTemplate/spec/selector/matchLabels'], false),
  ...specs(
    [of('NetworkPolicy', 'networking.k8s.io')],
    [
      'spec/podSelector/matchLabels',
      'spec/ingress/from/podSelector/matchLabels',
      'spec/egress/to/podSelector/matchLabels',
    ],
    false,
  ),
];

const ANNOTATIONS: readonly FieldSpec[] = [
  { path: 'metadata/annotations', create: true },
  ...specs([...TEMPLATES, of('StatefulSet'), JOB], ['spec/template/metadata/annotations'], true),
  ...specs(
    [CRON_JOB],
    ['spec/jobTemplate/metadata/annotations', 'spec/jobTemplate/spec/template/metadata/annotations'],
    true,
  ),
];

const IMAGES: readonly FieldSpec[] = ['spec', 'spec/template/spec'].flatMap((pod) =>
  ['containers[]/image', 'initContainers[]/image', 'volumes[]/image/reference'].map((path) => ({
    path: `${pod}/${path}`,
    create: true,
  })),
);

const VARIABLES_OF_CONTAINERS = ['containers', 'initContainers'].flatMap((list) =>
  ['args', 'command', 'env/value', 'volumeMounts/mountPath'].map((field) => `${list}/${field}`),
);
const variablesIn = (kind: string, pod: string, volumes = `${pod}/volumes`): FieldSpec[] =>
  [...VARIABLES_OF_CONTAINERS.map((path) => `${pod}/${path}`), `${volumes}/nfs/server`].map((path) => ({ kind, path }));

const VARIABLES: readonly FieldSpec[] = [
  // the path of a CronJob's volumes is as kustomize has it
  ...variablesIn('CronJob', 'spec/jobTemplate/spec/template/spec', 'spec/jobTemplate/spec/template/volumes'),
  ...['DaemonSet', 'Deployment', 'Job', 'ReplicaSet'].flatMap((kind) => variablesIn(kind, 'spec/template/spec')),
  ...variablesIn('StatefulSet', 'spec/template/spec', 'spec/volumeClaimTemplates/spec'),
  ...variablesIn('Pod', 'spec'),
  { kind: 'Deployment', path: 'spec/template/metadata/annotations' },
  ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].map((path) => ({ kind: 'Ingress', path })),
  ...['spec/ports/port', 'spec/ports/targetPort'].map((path) => ({ kind: 'Service', path })),
  { kind: 'PersistentVolume', path: 'spec/nfs/server' },
  { path: 'metadata/labels' },
  { path: 'metadata/annotations' },
];

export const DEFAULT_FIELDS = {
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    { path: 'metadata/name', kind: 'Namespace', create: true },
    { path: 'spec/service/namespace', group: 'apiregistration.k8s.io', kind: 'APIService', create: true },
    {
      path: 'spec/conversion/webhook/clientConfig/service/namespace',
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
    },
  ],
  commonLabels: [...SELECTORS, ...METADATA_LABELS],
  labels: [],
  templateLabels: METADATA_LABELS,
  commonAnnotations: ANNOTATIONS,
  varReference: VARIABLES,
  images: IMAGES,
  replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    path: 'spec/replicas',
    create: true,
  })),
} satisfies Record<string, readonly FieldSpec[]>;
