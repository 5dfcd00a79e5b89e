// tls-without-mode: a `tls` block of a DestinationRule states no mode, which means DISABLE.
import type { ClientTlsSettings, DestinationRule } from '../manifest/kinds/destination-rule';
import { expandHost } from '../mesh/host';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, setTlsMode } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { decidedBy } from './traffic';

export const tlsWithoutMode: Rule = {
  id: 'tls-without-mode',
  severity: 'warning',
  summary: 'A `tls` block of a DestinationRule states no mode.',
  happens:
    'Without `mode` the block means DISABLE: clients send plaintext, whatever else the block says, and auto mTLS is off for the host. Where servers require mTLS, `plaintext-refused` reports it.',
  remedy: 'State the mode: ISTIO_MUTUAL in the mesh, SIMPLE towards TLS servers outside, DISABLE for plaintext.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const rule of here.destinationRules) {
      if (isPatch(snapshot, rule)) continue;
      for (const { tls, path } of tlsBlocks(rule)) {
        if (tls.modeStated) continue;
        // what is refused for it is reported as such
        const decided = decidedBy(view, rule, path);
        if (decided.some(({ endpoint }) => endpoint.failure !== undefined)) continue;
        yield {
          ...placeOf(rule, path, 'key'),
          message: 'A `tls` block without `mode` means DISABLE: clients send plaintext.',
          related: [],
          fixes: () => fixes(snapshot, view, rule, tls, path),
        };
      }
    }
  },
};

/** Every `tls` block of a rule with its path. */
export function tlsBlocks({ spec }: DestinationRule): { tls: ClientTlsSettings; path: Path }[] {
  const policies: { policy: DestinationRule['spec']['trafficPolicy']; path: Path }[] = [
    { policy: spec.trafficPolicy, path: ['spec', 'trafficPolicy'] },
    ...spec.subsets.map((subset, index) => ({
      policy: subset.trafficPolicy,
      path: ['spec', 'subsets', index, 'trafficPolicy'],
    })),
  ];
  return policies.flatMap(({ policy, path }) => [
    ...(policy?.tls ? [{ tls: policy.tls, path: [...path, 'tls'] }] : []),
    ...(policy?.portLevelSettings ?? []).flatMap(({ tls }, index) =>
      tls ? [{ tls, path: [...path, 'portLevelSettings', index, 'tls'] }] : [],
    ),
  ]);
}

function fixes(snapshot: Snapshot, view: MeshView, rule: DestinationRule, tls: ClientTlsSettings, path: Path): Fix[] {
  const { mesh } = view;
  const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
  const services = mesh.servicesByHost.get(host) ?? [];
  const isExternal = services.length > 0 && services.every((service) => service.external);
  const decided = decidedBy(view, rule, path);
  const takesMtls =
    decided.length > 0 && decided.every(({ endpoint }) => endpoint.accepts?.wire.istio === 'terminated');
  const originates = isExternal && (tls.sni !== undefined || tls.subjectAltNames.length > 0 || tls.credentialName);
  return offered(
    takesMtls
      ? setTlsMode(snapshot, rule, path, 'ISTIO_MUTUAL', 'Send Istio mTLS (`mode: ISTIO_MUTUAL`)', true)
      : undefined,
    originates ? setTlsMode(snapshot, rule, path, 'SIMPLE', 'Originate TLS (`mode: SIMPLE`)', true) : undefined,
    setTlsMode(snapshot, rule, path, 'DISABLE', 'Say that plaintext is meant (`mode: DISABLE`)'),
  );
}
