// What Istio takes a port's protocol to be (pkg/config/kube/conversion.go:ConvertProtocol, pkg/config/protocol).

/** How a sidecar treats a port: as HTTP, as plain bytes, or by looking at the first bytes. */
export type ProtocolClass = 'http' | 'tcp' | 'auto' | 'udp';

const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const TCP = new Set(['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql']);
/** Ports whose protocols let the server speak first, so that sniffing would hang. */
const WELL_KNOWN_TCP = new Set([25, 53, 3306, 27017]);

/** The class of a Kubernetes Service's port. */
export function serviceProtocol(port: {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string | undefined;
}): ProtocolClass {
  if (port.protocol === 'UDP') return 'udp';
  if (port.appProtocol === 'kubernetes.io/h2c' || port.appProtocol === 'kubernetes.io/ws') return 'http';
  if (port.appProtocol === 'kubernetes.io/wss') return 'tcp';
  const found = namedProtocol(port.appProtocol ?? port.name);
  return found === 'auto' && WELL_KNOWN_TCP.has(port.port) ? 'tcp' : found;
}

/** The class of a name such as `http-web`, or of a ServiceEntry's `protocol`. */
export function namedProtocol(name: string): ProtocolClass {
  const lower = name.toLowerCase();
  if (lower.startsWith('grpc-web')) return 'http';
  const word = lower.split('-', 1)[0]!;
  if (word === 'udp') return 'udp';
  return HTTP.has(word) ? 'http' : TCP.has(word) ? 'tcp' : 'auto';
}
