// tls-to-http-port: an application speaks TLS to a port that is declared as HTTP.
import { callersOf } from '../mesh/evidence';
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { documentPlace, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { addEntry, offered, setField } from './fixes';
import type { Finding, Related, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const tlsToHttpPort: Rule = {
  id: 'tls-to-http-port',
  severity: 'warning',
  summary: 'An application speaks TLS to a port that is declared as HTTP.',
  happens:
    'A sidecar takes the name or the `appProtocol` of the port at its word and reads HTTP, on both sides. The TLS handshake of the application is no HTTP, and the connection is closed.',
  remedy:
    'Name the port `https-…`, or set `appProtocol: https`; or let the application speak HTTP, and mTLS do the rest.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const service of here.services) {
      if (service.object.kind !== 'Service' || service.resolution === 'alias') continue;
      for (const port of service.ports) {
        if (port.protocol !== 'http') continue;
        const callers = callersWithTls(view, service, port);
        if (callers.length > 0) yield finding(snapshot, view, service, port, callers);
      }
    }
  },
};

interface Caller {
  readonly client: Workload;
  readonly place: Related;
}

/** Clients with a sidecar whose manifests name the port with `https://`. */
function callersWithTls({ mesh }: MeshView, service: MeshService, port: MeshPort): Caller[] {
  const callers = callersOf(mesh, service, port.port);
  if (callers.length === 0) return [];
  const name = service.host.split('.', 1)[0]!.replace(/[^\w-]/g, '\\$&');
  const url = new RegExp(`https://(?:[^/@\\s]*@)?${name}[\\w.-]*:${port.port}(?!\\d)`);
  // without a port, `https` means 443
  const plain = new RegExp(`https://(?:[^/@\\s]*@)?${name}[\\w.-]*(?![\\w.:-])`);
  return callers.flatMap(({ client, evidence }) => {
    if (client.dataplane !== 'sidecar') return [];
    if (!url.test(evidence.text) && !(port.port === 443 && plain.test(evidence.text))) return [];
    return [
      {
        client,
        place: {
          ...documentPlace(client.object, evidence.path),
          message: `\`${workloadKey(client)}\` says \`https\` in \`${evidence.where}\``,
        },
      },
    ];
  });
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  service: MeshService,
  port: MeshPort,
  callers: readonly Caller[],
): Finding {
  const { object } = service;
  const index = object.kind === 'Service' ? object.spec.ports.indexOf(port.declared as never) : 0;
  const path = ['spec', 'ports', index];
  const declared = object.kind === 'Service' ? object.spec.ports[index] : undefined;
  const field = declared?.appProtocol === undefined ? 'name' : 'appProtocol';
  const names = callers.map(({ client }) => workloadKey(client));
  const host = shortHost(service.host, view.mesh.settings.clusterDomain);
  return {
    ...placeOf(object, [...path, field]),
    message: `${listed(names, 3)} ${names.length === 1 ? 'speaks' : 'speak'} TLS to port ${port.port} of \`${host}\`, which is declared as HTTP: sidecars close the connection.`,
    related: callers.slice(0, 5).map(({ place }) => place),
    fixes: () => {
      if (!declared) return [];
      const title = 'Declare it as TLS (`appProtocol: https`)';
      return offered(
        declared.appProtocol === undefined
          ? addEntry(snapshot, object, path, { appProtocol: 'https' }, title)
          : setField(snapshot, object, [...path, 'appProtocol'], 'https', title),
      );
    },
  };
}
