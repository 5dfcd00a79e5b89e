// A small mesh for authorization tests, and questions to it as one line: `deny http shop/only[0]`.
import {
  type Authorization,
  type AuthorizationAnswer,
  computeAuthorization,
} from '../../../server/src/authorization/authorization';
import type { HttpRequest, Token } from '../../../server/src/authorization/request';
import { findWorkload, type Mesh } from '../../../server/src/mesh/mesh';
import type { Workload } from '../../../server/src/mesh/workload';
import { Workspace } from '../../../server/src/workspace/workspace';

const NAMESPACES = ['shop', 'pay', 'old'].map(
  (name) => `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {istio-injection: ${name === 'old' ? 'disabled' : 'enabled'}}}`,
);

/** A workload `app: web` whose HTTP port is 8080, whose TCP port is 9090 and whose 7070 nothing declares. */
const workload = (namespace: string, name: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  template:
    metadata: {labels: {app: ${name}}}
    spec: {serviceAccountName: ${name}, containers: [{name: app, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {app: ${name}}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: tcp-db, port: 90, targetPort: 9090}`;

/** The answers for the mesh with these policies; `shop/web` and `pay/web` have a sidecar, `old/web` has none. */
export function meshWith(...manifests: readonly string[]): Authorization {
  const all = [...NAMESPACES, workload('shop', 'web'), workload('pay', 'web'), workload('old', 'web'), ...manifests];
  const workspace = new Workspace();
  workspace.apply({ files: new Map([['mesh.yaml', all.join('\n---\n')]]) });
  return computeAuthorization(workspace.snapshot().meshes[0]!.mtls);
}

/** An AuthorizationPolicy with this spec, written as one YAML flow or block. */
export function policy(name: string, spec: string, annotations = '{}'): string {
  const [namespace, short] = name.split('/') as [string, string];
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: "${short}", namespace: ${namespace}, annotations: ${annotations}}
spec: ${spec}`;
}

/** A RequestAuthentication with these rules. */
export function tokens(name: string, jwtRules: string, more = ''): string {
  const [namespace, short] = name.split('/') as [string, string];
  return `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: "${short}", namespace: ${namespace}}
spec: {jwtRules: ${jwtRules}${more}}`;
}

export const STRICT = mode('STRICT');
export const DISABLE = mode('DISABLE');
function mode(name: string): string {
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: ${name}}}`;
}

export const meshConfig = (text: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: '${text}'}`;

/** A token of an issuer that signs well. */
export function token(claims: Readonly<Record<string, unknown>> = {}, more: Partial<Token> = {}): Token {
  return { issuer: 'https://issuer.example', subject: 'alice', claims, invalid: false, ...more };
}

/** What is sent: by default `GET /` to `shop/web:8080` from `pay`'s `job`. */
export interface Sent {
  readonly to?: string;
  readonly port?: number;
  readonly principal?: string | 'plaintext';
  readonly ip?: string;
  readonly sni?: string;
  readonly raw?: boolean;
  readonly http?: Partial<HttpRequest>;
}

export const PLAINTEXT: Sent = { principal: 'plaintext' };

/** One question, and its answer on one line. */
export function ask(authorization: Authorization, sent: Sent = {}): string {
  const { principal = 'cluster.local/ns/pay/sa/job' } = sent;
  const http = { method: 'GET', path: '/', host: 'web.shop', headers: {}, token: undefined, ...sent.http };
  return line(
    authorization.authorize(find(authorization.mesh, sent.to ?? 'shop/web'), sent.port ?? 8080, {
      principal: principal === 'plaintext' ? undefined : principal,
      sourceIp: sent.ip ?? '10.1.0.9',
      destinationIp: '10.1.0.4',
      sni: sent.sni ?? '',
      http: sent.raw ? undefined : http,
    }),
  );
}

/** `decision layer rules` */
export function line({ decision, layer, by }: AuthorizationAnswer): string {
  const rules = by.map(({ rule }) => `${rule.policy.metadata.namespace}/${rule.policy.metadata.name}[${rule.index}]`);
  return [decision, layer ?? '-', ...rules].join(' ');
}

export function find(mesh: Mesh, key: string): Workload {
  const found = findWorkload(mesh, key);
  if (!found) throw new Error(`no workload ${key}`);
  return found;
}
