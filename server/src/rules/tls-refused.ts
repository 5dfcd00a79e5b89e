// tls-refused: clients originate TLS of the application's kind towards a sidecar that takes only Istio's.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { policyBehind } from '../mesh/backend-tls';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered, removeTls, setTlsMode } from './fixes';
import { refusedWords, relatedHalves } from './refused-words';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { byCause, type Cause, decidedBy, failing, rulePathOf, serviceNames, suitsAutoMtls } from './traffic';
import { portWords } from './wording';

export const tlsRefused: Rule = {
  id: 'tls-refused',
  severity: 'error',
  summary: "A rule originates TLS towards a sidecar that takes only Istio's mTLS.",
  happens:
    '`SIMPLE` and `MUTUAL` make TLS without an Istio certificate. A STRICT port refuses it, and so does an HTTP port in any mode. The client sees `503 upstream connect error … connection termination` or `CERTIFICATE_VERIFY_FAILED`.',
  remedy:
    'Towards services of the mesh use `mode: ISTIO_MUTUAL`, or no `tls` block; SIMPLE and MUTUAL are for servers outside.',
  *checkMesh({ snapshot, view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    for (const cause of byCause(failing(view, ['tls-refused']), rulePathOf)) yield finding(snapshot, view, cause);
  },
};

function finding(snapshot: Snapshot, view: MeshView, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  const { decision } = list[0]!.endpoint;
  const ports = portWords(list.map(({ endpoint }) => endpoint.endpoint.port));
  const refuses = list.some(({ mode }) => mode?.mode === 'STRICT')
    ? `the server takes Istio's mTLS alone on ${ports}`
    : list.some(({ endpoint }) => endpoint.ambient)
      ? `an AuthorizationPolicy asks clients for an identity on ${ports}`
      : list.every(({ mode }) => mode?.mode === 'DISABLE')
        ? `the server's sidecar takes plaintext alone on ${ports}, for HTTP`
        : `the server's sidecar takes no TLS but Istio's on ${ports}, for HTTP`;
  const policy = policyBehind(object as DestinationRule, path);
  return {
    ...(policy ? placeOf(policy, ['spec', 'validation'], 'key') : placeOf(object, [...path, 'mode'])),
    message: `This ${policy ? 'policy' : 'rule'} makes clients of ${serviceNames(view, list)} send TLS of mode ${decision!.tls}, but ${refuses}: ${refusedWords(list)}.`,
    related: relatedHalves(list),
    fixes: () => fixes(snapshot, view, cause),
  };
}

function fixes(snapshot: Snapshot, view: MeshView, { object, path }: Cause): Fix[] {
  const rule = object as DestinationRule;
  const decided = decidedBy(view, object, path);
  const allTakeMtls = decided.every(({ endpoint }) => endpoint.accepts?.wire.istio === 'terminated');
  const auto = decided.every((reach) => suitsAutoMtls(view, reach));
  return offered(
    allTakeMtls
      ? setTlsMode(snapshot, rule, path, 'ISTIO_MUTUAL', 'Send Istio mTLS (`mode: ISTIO_MUTUAL`)', true)
      : undefined,
    auto ? removeTls(snapshot, rule, path, 'Remove `tls`, auto mTLS looks at each server', !allTakeMtls) : undefined,
  );
}
