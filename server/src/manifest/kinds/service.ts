// Service: how clients name a set of pods.
import type { Fields } from '../fields';
import type { KubernetesObject, Labels } from '../object';

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** A number, the name of a container port, or undefined: the same number as `port`. */
  readonly targetPort: number | string | undefined;
  /** TCP unless stated. */
  readonly protocol: string;
  readonly appProtocol: string | undefined;
}
export interface ServiceSpec {
  readonly type: string;
  readonly headless: boolean;
  readonly externalName: string | undefined;
  /** Undefined for a Service without selector: its endpoints are made by hand. */
  readonly selector: Labels | undefined;
  readonly ports: readonly ServicePort[];
}
export type Service = KubernetesObject<'Service', ServiceSpec>;

export function readService(spec: Fields): ServiceSpec {
  const selector = spec.labels('selector');
  return {
    type: spec.string('type') ?? 'ClusterIP',
    headless: spec.string('clusterIP') === 'None',
    externalName: spec.string('externalName'),
    selector: selector && Object.keys(selector).length > 0 ? selector : undefined,
    ports: spec.objects('ports').map(readPort),
  };
}

function readPort(fields: Fields): ServicePort {
  const target = fields.raw('targetPort');
  return {
    name: fields.string('name') ?? '',
    port: fields.integer('port') ?? 0,
    targetPort: typeof target === 'number' || typeof target === 'string' ? numeric(target) : undefined,
    protocol: fields.string('protocol') ?? 'TCP',
    appProtocol: fields.string('appProtocol'),
  };
}

/** `"8080"` in an int-or-string is a port name to Kubernetes, which refuses it; an absent or zero one means `port`. */
function numeric(target: number | string): number | string | undefined {
  return target === 0 || target === '' ? undefined : target;
}
