// outside-client-refused: a Service is open to clients outside the cluster, and its pods take only mTLS.
import type { MeshService } from '../mesh/service';
import { callFromOutside } from '../mtls/addresses';
import type { ModeDecision } from '../mtls/server-mode';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { acceptPlaintext } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { portWords } from './wording';

export const outsideClientRefused: Rule = {
  id: 'outside-client-refused',
  severity: 'warning',
  summary: 'A Service is open to clients outside the cluster, and its pods take only mTLS.',
  happens:
    'What comes through a `LoadBalancer` or `NodePort` goes to the pods without a gateway in between. It cannot be mTLS of the mesh, be it plaintext or TLS, so the sidecar closes the connection.',
  remedy:
    'Lead outside clients through an ingress gateway and make the Service `ClusterIP`, or accept plaintext on that one port (`portLevelMtls`).',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const service of here.services) {
      const { object } = service;
      if (object.kind !== 'Service' || isPatch(snapshot, object)) continue;
      const refused = service.ports.filter((port) => isRefused(view, service, port));
      const [first] = refused;
      const mode = first && modeOf(view, service, first);
      if (!mode?.policy) continue;
      yield {
        ...placeOf(object, ['spec', 'type']),
        message: `\`${objectName(mode.policy)}\` requires mTLS, which clients outside the mesh cannot send: this ${object.spec.type} refuses them on ${portWords(refused.map(({ port }) => port))}.`,
        related: [{ ...placeOf(mode.policy, mode.path), message: `\`mode: ${mode.mode}\`` }],
        fixes: () => exception(snapshot, view, service, refused),
      };
    }
  },
};

type Port = MeshService['ports'][number];

/** True where every pod behind the port closes the connection for certain. */
function isRefused({ mtls }: MeshView, service: MeshService, port: Port): boolean {
  const answers = port.protocol === 'udp' ? undefined : callFromOutside(mtls, service, port);
  if (!answers || answers.length === 0) return false;
  return answers.every(({ failure, outcome }) => outcome === 'fail' && failure === 'plaintext-refused');
}

/** The exception for the one port of the one workload that is open to the outside. */
function exception(snapshot: Snapshot, view: MeshView, service: MeshService, refused: readonly Port[]): Fix[] {
  const servers = refused.flatMap((port) => view.mtls.endpoints(service, port));
  const [server] = servers;
  const mode = refused[0] && modeOf(view, service, refused[0]);
  if (!server?.workload || !mode?.policy || servers.length > 1) return [];
  const { workload, port } = server;
  return acceptPlaintext(snapshot, view, { service, workload, port, policy: mode.policy, path: mode.path });
}

function modeOf({ mtls }: MeshView, service: MeshService, port: Port): ModeDecision | undefined {
  const [endpoint] = mtls.endpoints(service, port);
  return endpoint?.workload && mtls.accepts(endpoint.workload, endpoint.port)?.mode;
}
