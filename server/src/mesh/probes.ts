// What the kubelet asks of a pod: probes and lifecycle hooks, read from the manifest when somebody asks.
import { Fields } from '../manifest/fields';
import type { Path } from '../yaml/range';
import type { Workload } from './workload';

/** How the kubelet asks; `exec` runs inside the container and touches no network. */
export type ProbeHandler = 'httpGet' | 'tcpSocket' | 'grpc' | 'exec';

export interface Probe {
  readonly container: string;
  readonly field: 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'postStart' | 'preStop';
  readonly handler: ProbeHandler;
  /** The pod's port; undefined for `exec` and for a name that no port of the container has. */
  readonly port: number | undefined;
  /** `httpGet` with `scheme: HTTPS`: the kubelet starts TLS, without a certificate of its own. */
  readonly https: boolean;
  /** From the document's root to the handler. */
  readonly path: Path;
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const HOOKS = ['postStart', 'preStop'] as const;
const HANDLERS = ['httpGet', 'tcpSocket', 'grpc', 'exec'] as const;

/** Every probe and hook of a pod's containers, in the order of the manifest. */
export function probesOf({ object }: Workload): Probe[] {
  if (object.kind === 'KubernetesGateway') return [];
  const { document, prefix } = object.source;
  const steps = [...prefix, ...object.spec.template.path, 'spec'];
  const value = steps.reduce<unknown>(
    (found, step) => (found as Record<string | number, unknown>)?.[step],
    document.value,
  );
  const spec = Fields.of(value, steps, []);
  return [...spec.objects('containers'), ...spec.objects('initContainers')].flatMap(probesIn);
}

function probesIn(container: Fields): Probe[] {
  const lifecycle = container.object('lifecycle');
  const holders = [
    ...PROBES.map((field) => ({ field, fields: container.object(field) })),
    ...HOOKS.map((field) => ({ field, fields: lifecycle?.object(field) })),
  ];
  return holders.flatMap(({ field, fields }) => {
    const handler = HANDLERS.find((each) => fields?.has(each));
    if (!fields || !handler) return [];
    const settings = fields.section(handler);
    const port = handler === 'exec' ? undefined : portOf(container, settings.raw('port'));
    const https = handler === 'httpGet' && settings.string('scheme') === 'HTTPS';
    return [{ container: container.string('name') ?? '', field, handler, port, https, path: settings.path }];
  });
}

/** The kubelet looks for a name among the ports of the same container. */
function portOf(container: Fields, port: unknown): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.objects('ports').find((each) => each.string('name') === port);
  return named?.integer('containerPort') ?? (typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : undefined);
}
