// Everything that makes pods: Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, Pod.

import type { Path } from '../../yaml/range';
import type { Fields } from '../fields';
import type { KubernetesObject, Labels } from '../object';

export interface ContainerPort {
  readonly name: string | undefined;
  readonly containerPort: number;
  readonly protocol: string;
}
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly ContainerPort[];
  /** `Always` makes an init container a sidecar in Kubernetes' sense. */
  readonly restartPolicy: string | undefined;
}
export interface PodTemplate {
  /** From the object's root to the pod's `metadata` and `spec`: empty for a Pod. */
  readonly path: Path;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly hostNetwork: boolean;
  readonly serviceAccountName: string;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}
export const WORKLOAD_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
  'Pod',
] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];
export interface WorkloadSpec {
  readonly template: PodTemplate;
  /** 0 where the manifest says so: no pod runs. */
  readonly replicas: number | undefined;
}
export type WorkloadObject = KubernetesObject<WorkloadKind, WorkloadSpec>;

/** @param root the whole object, since a Pod's labels are its own */
export function readWorkload(kind: WorkloadKind, root: Fields): WorkloadSpec {
  const spec = root.object('spec');
  const template =
    kind === 'Pod'
      ? root
      : kind === 'CronJob'
        ? spec?.object('jobTemplate')?.object('spec')?.object('template')
        : spec?.object('template');
  return { template: readTemplate(template ?? root, template !== undefined), replicas: spec?.integer('replicas') };
}

function readTemplate(fields: Fields, present: boolean): PodTemplate {
  const metadata = present ? fields.object('metadata') : undefined;
  const spec = present ? fields.object('spec') : undefined;
  return {
    path: fields.path,
    labels: metadata?.labels('labels') ?? {},
    annotations: metadata?.labels('annotations') ?? {},
    hostNetwork: spec?.boolean('hostNetwork') ?? false,
    serviceAccountName: spec?.string('serviceAccountName') || spec?.string('serviceAccount') || 'default',
    containers: (spec?.objects('containers') ?? []).map(readContainer),
    initContainers: (spec?.objects('initContainers') ?? []).map(readContainer),
  };
}

function readContainer(fields: Fields): Container {
  return {
    name: fields.string('name') ?? '',
    image: fields.string('image') ?? '',
    args: (Array.isArray(fields.raw('args')) ? (fields.raw('args') as unknown[]) : []).filter(
      (arg) => typeof arg === 'string',
    ),
    ports: fields.objects('ports').map((port) => ({
      name: port.string('name'),
      containerPort: port.integer('containerPort') ?? 0,
      protocol: port.string('protocol') ?? 'TCP',
    })),
    restartPolicy: fields.string('restartPolicy'),
  };
}
