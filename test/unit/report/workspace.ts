// A snapshot of manifests that a test writes, without a disk.
import assert from 'node:assert/strict';
import type { Assumptions } from '../../../server/src/mesh/settings';
import { explainText } from '../../../server/src/report/explain';
import { findClients, findPort, findService } from '../../../server/src/report/find';
import { PLAIN } from '../../../server/src/report/style';
import { type Explanation, explainConnection } from '../../../server/src/words/explain';
import { type MeshView, type Snapshot, Workspace } from '../../../server/src/workspace/workspace';

/** The snapshot of one file `mesh.yaml`. */
export function snapshotOf(manifests: string, assume: Assumptions = {}): Snapshot {
  const workspace = new Workspace();
  workspace.apply({ files: new Map([['mesh.yaml', manifests]]), assume });
  return workspace.snapshot();
}

/** The only mesh of a snapshot. */
export function onlyMesh(snapshot: Snapshot): MeshView {
  assert.equal(snapshot.meshes.length, 1);
  return snapshot.meshes[0]!;
}

/** An injected namespace, unless its label says otherwise. */
export const namespace = (name: string, value = 'enabled'): string =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: ${value}}}}\n---\n`;

/** A Deployment and its Service, port 80 leading to 8080; `labels` go onto the pods. */
export const app = (place: string, name: string, labels = ''): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: ${place}}, spec: {template: {metadata: {labels: {app: ${name.split('-')[0]}${labels}}}, spec: {containers: [{name: a, image: a}]}}}}\n---\n`;

/** A Service for the pods labelled `app: NAME`. */
export const service = (place: string, name: string, more = ''): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${place}}, spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]${more}}}\n---\n`;

export const peerAuthentication = (place: string, name: string, spec: string): string =>
  `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: ${name}, namespace: ${place}}, spec: {${spec}}}\n---\n`;

export const destinationRule = (place: string, name: string, host: string, spec: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: ${name}, namespace: ${place}}, spec: {host: '${host}', ${spec}}}\n---\n`;

export const sidecar = (place: string, name: string, spec: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: ${name}, namespace: ${place}}, spec: {${spec}}}\n---\n`;

/** What is asked of {@link explanationOf}. */
export interface Asked {
  readonly client: string;
  readonly host: string;
  readonly port?: number;
  readonly subset?: string;
  readonly assume?: Assumptions;
}

/** The explanation of one connection, and how the command line prints it. */
export function explanationOf(manifests: string, asked: Asked): { explanation: Explanation; text: string } {
  const snapshot = snapshotOf(manifests, asked.assume);
  const view = onlyMesh(snapshot);
  const [workload] = findClients(view.mesh, asked.client);
  const found = workload && findService(view.mesh, asked.host, workload);
  const port = found && findPort(found, asked.port);
  assert.ok(port, `${asked.client} and ${asked.host} are in the manifests`);
  const explanation = explainConnection(view, workload, found, port, asked.subset);
  assert.ok(explanation);
  return { explanation, text: explainText(explanation, snapshot, (uri) => uri, PLAIN) };
}
