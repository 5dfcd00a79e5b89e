// Which traffic of a pod goes through its sidecar, inbound and outbound. What does not is neither checked nor encrypted.
// istiod: the istio-init arguments of inject/…/injection-template.yaml; tools/istio-iptables/pkg/capture/run.go.
import { isMapping } from '../manifest/fields';
import type { Mesh } from '../mesh/mesh';
import { sidecarFor } from '../mesh/scope';
import type { MeshService } from '../mesh/service';
import type { Client, Workload } from '../mesh/workload';
import { parseDocuments } from '../yaml/document';

const PREFIX = 'traffic.sidecar.istio.io/';
const INTERCEPTION = 'sidecar.istio.io/interceptionMode';

/** Ports of the proxy itself: health, readiness and merged metrics. They are never captured. */
const PROXY_PORTS = [15020, 15021, 15090];

function listOf(workload: Client, name: string): string[] | undefined {
  return workload.annotations[PREFIX + name]
    ?.split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** Interception mode NONE: nothing is redirected. The pod's annotation goes over its own proxy configuration. */
function listensOnly({ annotations }: Client): boolean {
  const stated = annotations[INTERCEPTION];
  if (stated !== undefined) return stated === 'NONE';
  const config = annotations['proxy.istio.io/config'];
  const value = config === undefined ? undefined : parseDocuments(config)[0]?.value;
  return isMapping(value) && value.interceptionMode === 'NONE';
}

/**
 * Which ports of a pod are reached through its sidecar (capture/run.go:handleInboundPortsInclude). Ports are excluded
 * from `*` alone: beside a list of included ports, excluded ones have no effect. Without redirection (mode NONE) the
 * proxy has only the ports that a Sidecar's `ingress` binds.
 */
export function inboundCapture(mesh: Mesh, workload: Workload): (port: number) => boolean {
  if (listensOnly(workload)) {
    const ingress = sidecarFor(mesh, workload.namespace, workload.labels)?.spec.ingress ?? [];
    return (port) => ingress.some((listener) => listener.port === port);
  }
  const included = listOf(workload, 'includeInboundPorts');
  const excluded = listOf(workload, 'excludeInboundPorts');
  return (port) => {
    if (PROXY_PORTS.includes(port)) return false;
    if (included && !included.includes('*')) return included.includes(String(port));
    return !excluded?.includes(String(port));
  };
}

/** Whether a pod's own traffic goes through its sidecar, with the annotation that keeps it out. */
export interface OutboundCapture {
  readonly captured: boolean | 'unknown';
  /** The annotation that decides, where one does. */
  readonly annotation: string | undefined;
}

const CAPTURED: OutboundCapture = { captured: true, annotation: undefined };

/**
 * Whether what a pod sends to a port of a service goes through its sidecar: excluded ports, excluded addresses, included
 * ports, included addresses, in that order (capture/run.go:Run). Manifests do not show addresses, so that a range which
 * may well hold the service's gives `unknown`.
 */
export function outboundCapture(workload: Client, service: MeshService, port: number): OutboundCapture {
  if (workload.dataplane !== 'sidecar') return CAPTURED;
  if (listensOnly(workload)) return { captured: false, annotation: INTERCEPTION };
  const by = (name: string, captured: boolean | 'unknown'): OutboundCapture => ({
    captured,
    annotation: PREFIX + name,
  });
  if (listOf(workload, 'excludeOutboundPorts')?.includes(String(port))) return by('excludeOutboundPorts', false);
  const excluded = holds(listOf(workload, 'excludeOutboundIPRanges') ?? [], service);
  if (excluded === true) return by('excludeOutboundIPRanges', false);
  if (listOf(workload, 'includeOutboundPorts')?.includes(String(port))) return CAPTURED;
  const ranges = listOf(workload, 'includeOutboundIPRanges');
  const included = !ranges || ranges.includes('*') || isClusterRange(ranges, service) || holds(ranges, service);
  if (included === false) return by('includeOutboundIPRanges', false);
  if (included === 'unknown') return by('includeOutboundIPRanges', 'unknown');
  return excluded === 'unknown' ? by('excludeOutboundIPRanges', 'unknown') : CAPTURED;
}

/** The annotations of a pod that bear on what it sends, as one string: equal for pods that are captured alike. */
export function outboundKey(workload: Client): string {
  if (workload.dataplane !== 'sidecar') return '';
  const names = ['excludeOutboundPorts', 'excludeOutboundIPRanges', 'includeOutboundPorts', 'includeOutboundIPRanges'];
  const stated = names.map((name) => workload.annotations[PREFIX + name] ?? '*');
  return listensOnly(workload) ? 'NONE' : stated.every((text) => text === '*') ? '' : stated.join(';');
}

/** `includeOutboundIPRanges` is there to name the cluster's own ranges, so a private one is taken to hold its Services. */
function isClusterRange(ranges: readonly string[], service: MeshService): boolean {
  return service.object.kind === 'Service' && ranges.some((range) => isPrivate(range) && !isSingle(range));
}

/** Whether one of the ranges holds the addresses of a service. A single address is taken to be somebody else's. */
function holds(ranges: readonly string[], service: MeshService): boolean | 'unknown' {
  if (ranges.some((range) => range.endsWith('/0'))) return true;
  const cluster = service.object.kind === 'Service';
  return ranges.some((range) => !isSingle(range) && (!cluster || isPrivate(range))) ? 'unknown' : false;
}

function isSingle(range: string): boolean {
  return !range.includes('/') || range.endsWith('/32') || range.endsWith('/128');
}

/** Where clusters have their addresses: RFC 1918, RFC 6598, and unique local IPv6. */
function isPrivate(range: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd])/i.test(
    range,
  );
}
