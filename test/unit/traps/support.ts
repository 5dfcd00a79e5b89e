// Small meshes for traps: manifests in, answers out, through the workspace.
import assert from 'node:assert/strict';
import { findWorkload } from '../../../server/src/mesh/mesh';
import type { MeshPort, MeshService } from '../../../server/src/mesh/service';
import type { Assumptions } from '../../../server/src/mesh/settings';
import type { Workload } from '../../../server/src/mesh/workload';
import { type Connection, connectionsFrom } from '../../../server/src/mtls/connections';
import type { MutualTls } from '../../../server/src/mtls/mutual-tls';
import { Workspace } from '../../../server/src/workspace/workspace';
import { onlyMesh } from '../report/workspace';

/** The answers for manifests that belong together. */
export function meshOf(manifests: string, assume: Assumptions = {}): MutualTls {
  const workspace = new Workspace();
  workspace.apply({ files: new Map([['mesh.yaml', manifests]]), assume });
  return onlyMesh(workspace.snapshot()).mtls;
}

export function workloadOf(mtls: MutualTls, key: string): Workload {
  const found = findWorkload(mtls.mesh, key);
  assert.ok(found, `no workload ${key}`);
  return found;
}

export function serviceOf(mtls: MutualTls, host: string): MeshService {
  const found = mtls.mesh.services.find((service) => service.host === host || service.host.startsWith(`${host}.svc.`));
  assert.ok(found, `no service ${host}`);
  return found;
}

export function portOf(service: MeshService, number: number): MeshPort {
  const found = service.ports.find(({ port }) => port === number);
  assert.ok(found, `no port ${number}`);
  return found;
}

/** How one client reaches one port of a service. */
export function connection(mtls: MutualTls, client: string, host: string, number: number): Connection {
  const service = serviceOf(mtls, host);
  const own = workloadOf(mtls, client);
  const [found] = connectionsFrom(mtls, own, service, portOf(service, number));
  assert.ok(found, `${client} has no way to ${host}:${number}`);
  return found;
}

/** A Deployment whose pod template has these annotations, and whose container has these fields. */
export const pods = (place: string, name: string, annotations = '', container = ''): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: ${place}}, spec: {template: {metadata: {labels: {app: ${name}}, annotations: {${annotations}}}, spec: {containers: [{name: app, image: a${container && `, ${container}`}}]}}}}\n---\n`;

/** A Service with one port for the pods labelled `app: NAME`. */
export const serviceWith = (place: string, name: string, port: string, more = ''): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${place}}, spec: {selector: {app: ${name}}, ports: [{${port}}]${more}}}\n---\n`;

export const meshConfig = (text: string): string =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: '${text}'}}\n---\n`;
