// What the hovers of several kinds say alike: what a port accepts, and which object decided it.
import { type Workload, workloadKey } from '../../mesh/workload';
import type { Connection } from '../../mtls/connections';
import type { Accepts, MutualTls } from '../../mtls/mutual-tls';
import { possibleCases } from '../../mtls/possible';
import type { ModeDecision } from '../../mtls/server-mode';
import { tlsWord } from '../../words/reasons';
import { bothCases } from '../../words/unknown';
import type { MeshView, Snapshot } from '../../workspace/workspace';
import { linkName } from '../markdown';

/** The ports of a workload that anything names, in order. */
export function portsOf(view: MeshView, workload: Workload): number[] {
  const ports = new Set<number>(view.mtls.protocolsOf(workload).keys());
  for (const container of workload.containers) {
    if (container.name === 'istio-proxy') continue;
    for (const port of container.ports) if (port.protocol !== 'UDP') ports.add(port.containerPort);
  }
  for (const [port, mode] of view.mtls.policyOf(workload).ports) if (mode.level === 'port') ports.add(port);
  return [...ports].sort((a, b) => a - b);
}

/** `STRICT`, `PERMISSIVE (exception)`, `no sidecar` … */
export function acceptsText(
  workload: Workload,
  accepts: Accepts | undefined,
  ambient?: ModeDecision | undefined,
): string {
  if (ambient) return ambient.mode === 'STRICT' ? 'HBONE only (ambient)' : 'HBONE and plaintext (ambient)';
  if (!accepts) return withoutSidecar(workload);
  if (!accepts.captured) return 'anything: the port goes past the sidecar';
  return accepts.mode.level === 'port' ? `${accepts.mode.mode} (exception)` : accepts.mode.mode;
}

/** What stands in place of a mode where no sidecar enforces one. */
export function withoutSidecar(workload: Workload): string {
  switch (workload.dataplane) {
    case 'gateway':
      return 'what its Gateway says';
    case 'ambient':
      return 'ambient';
    case 'unknown':
      return 'unknown';
    case 'sidecar':
      return '';
    case 'proxyless':
      return 'proxyless gRPC';
    case 'waypoint':
      return 'waypoint';
    case 'none':
      return 'no sidecar';
  }
}

/** The policy that decided, as a link; `default` where none did. */
export function decidedBy(snapshot: Snapshot, mode: ModeDecision): string {
  return mode.policy ? linkName(snapshot, mode.policy, mode.path) : 'Istio’s default';
}

/** `mTLS`, `plaintext`, `mTLS or plaintext` for what leaves the clients of a connection. */
export function sendsText(mtls: MutualTls, connection: Connection): string {
  if (connection.route === 'blocked') return 'nothing: unknown hosts are blocked';
  if (connection.route === 'unknown') return 'mTLS with a sidecar, plaintext without';
  if (connection.route === 'no-sidecar') return 'plaintext (no sidecar)';
  if (connection.route === 'excluded') return 'plaintext (past the sidecar)';
  if (connection.route === 'passthrough') return 'plaintext (host not in scope)';
  const waypoint = connection.send?.waypoint;
  if (waypoint) return `mTLS (HBONE) to the waypoint \`${workloadKey(waypoint)}\``;
  const words = new Set(
    connection.endpoints.flatMap(({ endpoint }) =>
      possibleCases(mtls, connection, endpoint).map(({ tls }) => tlsWord(tls)),
    ),
  );
  if (words.size === 0 && connection.send?.whole) words.add(tlsWord(connection.send.whole.tls));
  return [...words].join(' or ') || 'nothing: no endpoints';
}

/** What comes of a connection; where files do not show a fact, of each case, with the fact. */
export function connectionText(mtls: MutualTls, connection: Connection): string {
  return (connection.outcome === 'unknown' && bothCases(mtls, connection)) || outcomeText(connection.outcome);
}

/** What comes of a connection, bold where it fails. */
function outcomeText(outcome: Connection['outcome']): string {
  switch (outcome) {
    case 'fail':
      return '**refused**';
    case 'mtls':
      return 'mTLS';
    case 'mtls-unknown':
      return 'mTLS, to an address that no manifest describes';
    case 'plaintext':
      return 'plaintext';
    case 'app-tls':
      return 'works if the application speaks TLS';
    case 'unknown':
      return 'unknown';
    case 'mixed':
      return 'differs by endpoint';
    case 'no-endpoints':
      return 'no endpoints';
    case 'blocked':
      return 'blocked';
  }
}
