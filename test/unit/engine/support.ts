// Small meshes in YAML, and what their clients send.
import { answerCase } from '../../conformance/cases';

/** A namespace whose pods get sidecars. */
export const injected = (name: string): string => `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {istio-injection: enabled}}
`;

/** A Deployment whose pods carry the label \`app\`. */
export const deployment = (namespace: string, name: string, extra = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  template:
    metadata: {labels: {app: ${name}${extra}}}
    spec: {containers: [{name: app, image: example/app:1}]}
`;

/** A Service with the ports given as `name:number`. */
export const service = (namespace: string, name: string, ports: readonly string[], extra = ''): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {app: ${name}}
  ports: [${ports.map((port) => `{name: ${port.split(':')[0]}, port: ${port.split(':')[1]}}`).join(', ')}]
  ${extra}
`;

/** Every cluster of a client as `host:port/subset rule -> TLS at endpoints`, in order of the text. */
export function sendsOf(client: string, ...documents: readonly string[]): string[] {
  const answers = answerCase({ id: '', manifests: documents.join('\n---\n') });
  const sends = answers.find(({ workload }) => workload === client)?.sends ?? [];
  return sends
    .map(({ host, port, subset, rule, endpoints }) => {
      const tls = endpoints.map((endpoint) => `${endpoint.tls} ${endpoint.to}:${endpoint.port}`).join(', ');
      return `${host}:${port}${subset ? `/${subset}` : ''}${rule ? ` by ${rule}` : ''}${tls ? ` -> ${tls}` : ''}`;
    })
    .sort();
}

/** The hosts and ports that a client has clusters for. */
export function reachableFrom(client: string, ...documents: readonly string[]): string[] {
  return sendsOf(client, ...documents).map((send) => send.split(' ')[0]!);
}
