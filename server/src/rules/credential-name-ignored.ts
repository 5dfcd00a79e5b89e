// credential-name-ignored: a rule takes its certificates from a Secret, which only gateways do.
import { evidenceOf } from '../mesh/evidence';
import { expandHost } from '../mesh/host';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { byCause, type Cause, rulePathOf, underRules } from './traffic';
import { listed } from './wording';

export const credentialNameIgnored: Rule = {
  id: 'credential-name-ignored',
  severity: 'warning',
  summary: 'A DestinationRule with credentialName is used by sidecars, which ignore its TLS.',
  happens:
    'Gateways load `credentialName`. A sidecar does so only for a rule with `workloadSelector`; without one it builds no TLS at all and sends plaintext.',
  remedy: 'Add a `workloadSelector` for the clients, or mount the certificates and name their files.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const ignored = underRules(view, here.name).filter(
      ({ endpoint }) => endpoint.decision?.reason.code === 'credential-name-ignored',
    );
    for (const cause of byCause(ignored, rulePathOf)) {
      // what is refused for it is plaintext-refused
      if (isPatch(snapshot, cause.object) || cause.reaches.some(({ endpoint }) => endpoint.failure)) continue;
      yield finding(view, cause);
    }
  },
};

function finding(view: MeshView, { object, path, reaches: list }: Cause): Finding {
  const { clusterDomain } = view.mesh.settings;
  const { service } = list[0]!.connection;
  const callers = callersOf(list, clusterDomain);
  // with a gateway on the way the rule is for that gateway, and only a client seen to call the host is wrong
  const certain = callers.length > 0;
  const mild = certain ? undefined : leadsThroughGateway(view, service.host) ? 'hint' : 'information';
  const who = certain ? listed(callers.map(workloadKey), 3) : 'Clients with a sidecar';
  return {
    ...placeOf(object, [...path, 'credentialName']),
    ...(mild && { severity: mild }),
    message: `${who} ${callers.length === 1 ? 'sends' : 'send'} plaintext to \`${shortHost(service.host, clusterDomain)}\`: a sidecar ignores the TLS of a rule with \`credentialName\` and without \`workloadSelector\`.`,
    related: callers.slice(0, 5).map((client) => ({ ...placeOf(client.object), message: objectName(client.object) })),
  };
}

function callersOf(list: Cause['reaches'], clusterDomain: string): Workload[] {
  return [
    ...new Set(
      list.flatMap(({ clients, connection: { service, port } }) =>
        clients.filter((client) => evidenceOf(client, service, port.port, clusterDomain) !== undefined),
      ),
    ),
  ];
}

/** True when a VirtualService of a gateway leads there. */
function leadsThroughGateway({ mesh }: MeshView, host: string): boolean {
  return mesh
    .virtualServicesTo(host)
    .some(
      ({ spec, metadata }) =>
        spec.gateways.some((gateway) => gateway !== 'mesh') &&
        spec.destinations.some(
          (each) => expandHost(each.host, metadata.namespace, mesh.settings.clusterDomain) === host,
        ),
    );
}
