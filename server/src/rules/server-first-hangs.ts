// server-first-hangs: a protocol in which the server speaks first, where a sidecar waits for the client's first bytes.
import { evidenceOf } from '../mesh/evidence';
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { type ServerFirst, serverFirst } from '../mtls/server-first';
import { placeOf, shortHost } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import type { Finding, Rule, RuleContext } from './rule';
import { reachesIn } from './traffic';
import { listed } from './wording';

export const serverFirstHangs: Rule = {
  id: 'server-first-hangs',
  severity: 'hint',
  summary: 'A server that speaks first is called where a sidecar waits for the client.',
  happens:
    'With MySQL, SMTP, SSH and the like the client waits for the server. A sidecar that still has to find out the protocol, or whether TLS comes (PERMISSIVE), waits for the client. Nothing is sent, and the connection hangs until somebody gives up.',
  remedy: 'Declare the port as `tcp-…`, and let clients send mTLS: STRICT, or DISABLE for the one port.',
  *check({ view, here }: RuleContext): Iterable<Finding> {
    const found = new Map<MeshPort, { service: MeshService; first: ServerFirst; clients: Set<Workload> }>();
    for (const reach of reachesIn(view, here.name)) {
      const { connection, endpoint } = reach;
      const first = serverFirst(connection, endpoint);
      if (first?.hint === undefined || endpoint.outcome === 'unknown') continue;
      const { clients } = reach;
      if (clients.length === 0) continue;
      const { service, port } = connection;
      const known = found.get(port) ?? { service, first, clients: new Set<Workload>() };
      found.set(port, known);
      for (const client of clients) known.clients.add(client);
    }
    for (const [port, { service, first, clients }] of found) yield finding(view, service, port, first, [...clients]);
  },
};

function finding(
  view: MeshView,
  service: MeshService,
  port: MeshPort,
  { where, hint }: ServerFirst,
  clients: readonly Workload[],
): Finding {
  const { clusterDomain } = view.mesh.settings;
  const callers = clients.filter((client) => evidenceOf(client, service, port.port, clusterDomain));
  const { object } = service;
  const index = object.spec.ports.indexOf(port.declared as never);
  const path = ['spec', 'ports', Math.max(index, 0), object.kind === 'Service' ? 'port' : 'number'];
  const why =
    where === 'client'
      ? "the port's protocol is not declared, and the client's sidecar waits for the client's first bytes"
      : 'clients send plaintext, and the sidecar of the server waits to see whether TLS comes';
  const who = callers.length > 0 ? ` of ${listed(callers.map(workloadKey), 3)}` : '';
  return {
    ...placeOf(object, path),
    ...(callers.length > 0 && { severity: 'warning' as const }),
    message: `${hint} lets the server speak first, and connections${who} to \`${shortHost(service.host, clusterDomain)}\` hang: ${why}.`,
    related: callers
      .slice(0, 5)
      .map((client) => ({ ...placeOf(client.object), message: `\`${workloadKey(client)}\`` })),
  };
}
