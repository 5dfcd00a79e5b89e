// plaintext-refused: clients with a sidecar send plaintext to a port that takes only mTLS.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { objectName, placeOf } from '../words/names';
import { clientBecause } from '../words/reasons';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { acceptPlaintext, addDestinationRules, offered, removeTls, setTlsMode } from './fixes';
import { plaintextIfInjected } from './plaintext-if-injected';
import { refusedWords, relatedHalves, requiresWords } from './refused-words';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import {
  byCause,
  type Cause,
  decidedBy,
  failing,
  isFreeOfRules,
  type Reach,
  rulePathOf,
  serviceNames,
  servicesOf,
  suitsAutoMtls,
  takesMtlsEverywhere,
} from './traffic';

export const plaintextRefused: Rule = {
  id: 'plaintext-refused',
  severity: 'error',
  summary: 'Clients with a sidecar, or a gateway or waypoint, send plaintext to a port that takes only mTLS.',
  happens:
    "The server's sidecar closes the connection. Over HTTP the client sees `503 upstream connect error or disconnect/reset before headers. reset reason: connection termination`; over TCP the connection is closed. The ztunnel of a server in ambient mode closes it as well.",
  remedy:
    "Make both sides agree: `mode: ISTIO_MUTUAL` or no `tls` block at all on the client's side (auto mTLS then does it), or PERMISSIVE on the server's.",
  peers: ['KIA0207', 'KIA0208', 'KIA0501', 'KIA0401'],
  *checkMesh({ snapshot, view, options }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    // where auto mTLS is off, destination-rule-missing reports the missing rule
    const reportAutoOff =
      options.requireDestinationRule === 'never' || options.severities['destination-rule-missing'] === 'off';
    const plain = failing(view, ['plaintext-refused'], 'cluster');
    for (const cause of byCause(plain.filter(requiresMtls), rulePathOf)) yield byRule(snapshot, view, cause);
    const byPolicy = byCause(plain, (reach) => {
      const { mode } = reach;
      if (!mode?.policy || !requiresMtls(reach) || rulePathOf(reach)) return undefined;
      const code = reach.endpoint.decision?.reason.code;
      return code === 'auto-mtls-off' && !reportAutoOff ? undefined : { object: mode.policy, path: mode.path };
    });
    for (const cause of byPolicy) yield withoutRule(snapshot, view, cause);
    yield* plaintextIfInjected(snapshot, view);
  },
};

/** False where an AuthorizationPolicy is what ztunnel refuses plaintext by: there is no mode to speak of. */
function requiresMtls({ mode }: Reach): boolean {
  return mode?.mode === 'STRICT';
}

/** A rule's `tls` block decides. */
function byRule(snapshot: Snapshot, view: MeshView, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  const services = serviceNames(view, list);
  const refused = refusedWords(list);
  const reason = list[0]!.endpoint.decision!.reason;
  const mode = object.source.document.has([...object.source.prefix, ...path, 'mode']);
  const clause =
    reason.code === 'credential-name-ignored'
      ? `a sidecar ignores \`credentialName\` in a rule without \`workloadSelector\`, and clients of ${services} send plaintext`
      : reason.code === 'hidden-block'
        ? `this block still reaches endpoints behind a port setting without \`tls\`, and clients of ${services} send plaintext`
        : mode
          ? `this rule makes clients of ${services} send plaintext`
          : `a \`tls\` block without \`mode\` means DISABLE, and clients of ${services} send plaintext`;
  const place =
    reason.code === 'credential-name-ignored'
      ? placeOf(object, [...path, 'credentialName'])
      : mode
        ? placeOf(object, [...path, 'mode'])
        : placeOf(object, path, 'key');
  return {
    ...place,
    message: `${requiresWords(list)}, but ${clause}: ${refused}.`,
    related: relatedHalves(list),
    fixes: () => ruleFixes(snapshot, view, cause),
  };
}

function ruleFixes(snapshot: Snapshot, view: MeshView, { object, path, reaches: list }: Cause): Fix[] {
  const rule = object as DestinationRule;
  const decided = decidedBy(view, object, path);
  const allTakeMtls = decided.every(({ endpoint }) => endpoint.accepts?.wire.istio === 'terminated');
  const hidden = list.some((reach) => reach.endpoint.decision?.reason.code === 'hidden-block');
  const auto = decided.every((reach) => suitsAutoMtls(view, reach));
  return offered(
    allTakeMtls && !hidden
      ? setTlsMode(snapshot, rule, path, 'ISTIO_MUTUAL', 'Send Istio mTLS (`mode: ISTIO_MUTUAL`)', true)
      : undefined,
    auto ? removeTls(snapshot, rule, path, 'Remove `tls`, auto mTLS does it', !allTakeMtls || hidden) : undefined,
    ...permissive(snapshot, view, list),
  );
}

/** Clients have no rule; a namespace-wide DISABLE or one pod without sidecar keeps auto mTLS from them. */
function withoutRule(snapshot: Snapshot, view: MeshView, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  const { endpoint, connection } = list[0]!;
  const because = clientBecause(endpoint.decision!, connection.rule);
  const related = relatedHalves(list).filter((each) => each.message !== '`mode: STRICT`');
  if (because.object) related.unshift({ ...placeOf(because.object, because.path), message: because.text });
  return {
    ...placeOf(object, path),
    message: `\`${objectName(object)}\` requires mTLS, but clients of ${serviceNames(view, list)} send plaintext, since ${because.text}: ${refusedWords(list)}.`,
    related,
    fixes: () => {
      const services = servicesOf(list);
      // a waypoint reads no `tls` of Istio's kind
      const readsRules = list.every((reach) => reach.endpoint.decision?.reason.code !== 'waypoint-plaintext');
      const safe =
        readsRules && isFreeOfRules(view, list) && services.every((service) => takesMtlsEverywhere(view, service));
      return [
        ...(safe ? addDestinationRules(snapshot, view, services, object) : []),
        ...permissive(snapshot, view, list),
      ];
    },
  };
}

/** The server's side of the bargain, where it is one port of one workload. */
function permissive(snapshot: Snapshot, view: MeshView, list: readonly Reach[]): Fix[] {
  const { endpoint, connection } = list[0]!;
  const workload = endpoint.endpoint.workload;
  // of ambient pods an exception for a port may open others too, so that none is offered
  const mode = endpoint.accepts?.mode;
  const port = endpoint.endpoint.port;
  if (!workload || !mode?.policy) return [];
  if (list.some(({ endpoint: { endpoint: other } }) => other.workload !== workload || other.port !== port)) return [];
  const policy: PeerAuthentication = mode.policy;
  return acceptPlaintext(snapshot, view, { service: connection.service, workload, port, policy, path: mode.path });
}
