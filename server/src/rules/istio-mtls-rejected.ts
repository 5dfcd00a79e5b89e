// istio-mtls-rejected: clients send Istio mTLS to a port whose proxy does not end it, or to a pod without sidecar.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { evidenceOf } from '../mesh/evidence';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, removeField, removeTls, setField, setTlsMode } from './fixes';
import { refusedWords, relatedHalves } from './refused-words';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import {
  byCause,
  type Cause,
  decidedBy,
  failing,
  isContested,
  type Reach,
  rulePathOf,
  serviceNames,
  suitsAutoMtls,
} from './traffic';
import { listed, portWords } from './wording';

export const istioMtlsRejected: Rule = {
  id: 'istio-mtls-rejected',
  severity: 'error',
  summary: 'Clients send Istio mTLS to a port that does not take it.',
  happens:
    'The TLS bytes reach an HTTP parser or the application, which cannot read them. The client sees `503 upstream connect error … TLS_error … WRONG_VERSION_NUMBER`, or the connection hangs.',
  remedy:
    'Remove the `tls` block, so that auto mTLS looks at each server, or let the server take mTLS: a sidecar, and PERMISSIVE or STRICT.',
  peers: ['KIA0505', 'KIA0506'],
  *checkMesh({ snapshot, view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    const rejected = failing(view, ['istio-mtls-to-disabled', 'istio-mtls-to-no-sidecar']);
    for (const cause of byCause(rejected, rulePathOf)) yield byRule(snapshot, view, cause);
    const captured = (reach: Reach): boolean => reach.endpoint.accepts?.captured ?? true;
    const byPolicy = byCause(rejected, (reach) => {
      const mode = reach.endpoint.accepts?.mode;
      return !rulePathOf(reach) && captured(reach) && mode?.policy
        ? { object: mode.policy, path: mode.path }
        : undefined;
    });
    for (const cause of byPolicy) yield allOrNothing(snapshot, view, cause);
    // past the sidecar: auto mTLS does not know that, but often nobody in the mesh calls such a port (webhooks)
    const past = byCause(rejected, (reach) => {
      const { workload } = reach.endpoint.endpoint;
      const path = workload && !captured(reach) && !rulePathOf(reach) ? annotationPath(workload) : undefined;
      return path && workload ? { object: workload.object, path } : undefined;
    });
    for (const cause of past) yield pastTheSidecar(view, cause);
    const labelled = byCause(rejected, (reach) => {
      const { workload } = reach.endpoint.endpoint;
      const path = workload && !reach.endpoint.accepts && !rulePathOf(reach) ? labelPath(workload) : undefined;
      return path && workload ? { object: workload.object, path } : undefined;
    });
    for (const cause of labelled) yield falselyLabelled(snapshot, view, cause);
  },
};

function byRule(snapshot: Snapshot, view: MeshView, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  const bare = list.filter(({ endpoint }) => endpoint.accepts === undefined);
  const stated = object.source.document.has([...object.source.prefix, ...path, 'mode']);
  const ambient = bare.filter(({ endpoint }) => endpoint.ambient);
  const without = bare.filter(({ endpoint }) => !endpoint.ambient);
  const why = [
    without.length > 0 &&
      `${listed(podsOf(without), 3)} ${podsOf(without).length === 1 ? 'has' : 'have'} no sidecar to end it`,
    ambient.length > 0 &&
      `${listed(podsOf(ambient), 3)} ${podsOf(ambient).length === 1 ? 'is' : 'are'} in ambient mode, where mTLS counts only inside HBONE, and clients that pick the address themselves send none`,
    bare.length < list.length && disabledWords(list.filter(({ endpoint }) => endpoint.accepts)),
  ].filter((words) => typeof words === 'string');
  return {
    ...(stated ? placeOf(object, [...path, 'mode']) : placeOf(object, path, 'key')),
    message: `This rule makes clients of ${serviceNames(view, list)} send mTLS, but ${why.join(', and ')}: ${refusedWords(list)}.`,
    related: relatedHalves(list),
    fixes: () => ruleFixes(snapshot, view, cause),
  };
}

function podsOf(list: readonly Reach[]): string[] {
  return [...new Set(list.flatMap(({ endpoint }) => endpoint.endpoint.workload ?? []).map(workloadKey))];
}

function disabledWords(list: readonly Reach[]): string {
  const policies = [...new Set(list.flatMap(({ endpoint }) => endpoint.accepts?.mode.policy ?? []))];
  const captured = list.every(({ endpoint }) => endpoint.accepts!.captured);
  if (!captured)
    return `${portWords(list.map(({ endpoint }) => endpoint.endpoint.port))} goes past the server's sidecar`;
  return `${listed(policies.map(objectName), 2)} ${policies.length === 1 ? 'disables' : 'disable'} it`;
}

function ruleFixes(snapshot: Snapshot, view: MeshView, { object, path, reaches: list }: Cause): Fix[] {
  const rule = object as DestinationRule;
  const decided = decidedBy(view, object, path);
  const hidden = list.some(({ endpoint }) => endpoint.decision?.reason.code === 'hidden-block');
  const auto = decided.every((reach) => suitsAutoMtls(view, reach));
  const allTakePlaintext = decided.every(
    ({ endpoint }) => endpoint.accepts?.wire.plaintext ?? endpoint.ambient?.plaintext ?? true,
  );
  return offered(
    auto ? removeTls(snapshot, rule, path, 'Remove `tls`, auto mTLS looks at each server', true) : undefined,
    allTakePlaintext && !hidden
      ? setTlsMode(snapshot, rule, path, 'DISABLE', 'Send plaintext (`mode: DISABLE`)', !auto)
      : undefined,
    ...acceptMtls(snapshot, view, list),
  );
}

/** PERMISSIVE in place of the one field that says DISABLE. */
function acceptMtls(snapshot: Snapshot, view: MeshView, list: readonly Reach[]): (Fix | undefined)[] {
  const modes = list.map(({ endpoint }) => endpoint.accepts?.mode);
  const first = modes[0];
  if (!first?.policy || first.mode !== 'DISABLE' || isContested(view, first.policy)) return [];
  if (modes.some((mode) => mode?.policy !== first.policy || String(mode?.path) !== String(first.path))) return [];
  return [setField(snapshot, first.policy, first.path, 'PERMISSIVE', 'Accept mTLS and plaintext (PERMISSIVE)')];
}

/** Clients pick the address themselves (headless), so mTLS goes to every pod or to none, whatever a port's policy says. */
function allOrNothing(snapshot: Snapshot, view: MeshView, { object, path, reaches: list }: Cause): Finding {
  return {
    ...placeOf(object, path),
    message: `Clients of ${serviceNames(view, list)} send mTLS to this port too: they pick the address themselves, and auto mTLS then goes to every pod or to none. ${capital(refusedWords(list))}.`,
    related: relatedHalves(list).slice(1),
    fixes: () => offered(...acceptMtls(snapshot, view, list)),
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const PREFIX = 'traffic.sidecar.istio.io/';

/** The annotation of a pod that leads ports past the sidecar. */
function annotationPath(workload: Workload): Path | undefined {
  if (workload.object.kind === 'KubernetesGateway') return undefined;
  const names = [`${PREFIX}excludeInboundPorts`, `${PREFIX}includeInboundPorts`, 'sidecar.istio.io/interceptionMode'];
  const name = names.find((each) => workload.annotations[each] !== undefined);
  return name === undefined ? undefined : [...workload.object.spec.template.path, 'metadata', 'annotations', name];
}

function pastTheSidecar(view: MeshView, { object, path, reaches: list }: Cause): Finding {
  const { clusterDomain } = view.mesh.settings;
  const callers = list.flatMap(({ clients, connection }) =>
    clients.filter((client) => evidenceOf(client, connection.service, connection.port.port, clusterDomain)),
  );
  const ports = portWords(list.map(({ endpoint }) => endpoint.endpoint.port));
  const services = serviceNames(view, list);
  const message =
    callers.length > 0
      ? `${listed(callers.map(workloadKey))} ${new Set(callers).size === 1 ? 'sends' : 'send'} mTLS to ${services}, but ${ports} goes past the sidecar here: the application gets TLS that it cannot read.`
      : `Clients with a sidecar send mTLS to ${services}, but ${ports} goes past the sidecar here. Nothing in this workspace shows that one calls it.`;
  return {
    ...placeOf(object, path),
    severity: callers.length > 0 ? 'error' : 'hint',
    message,
    related: relatedHalves(list),
  };
}

const TLS_MODE = 'security.istio.io/tlsMode';

/** The label that the injector adds, written by hand. */
function labelPath(workload: Workload): Path | undefined {
  if (workload.object.kind === 'KubernetesGateway' || workload.labels[TLS_MODE] !== 'istio') return undefined;
  return [...workload.object.spec.template.path, 'metadata', 'labels', TLS_MODE];
}

function falselyLabelled(snapshot: Snapshot, view: MeshView, { object, path, reaches: list }: Cause): Finding {
  return {
    ...placeOf(object, path),
    message: `This label tells clients of ${serviceNames(view, list)} to send mTLS, but ${listed(podsOf(list), 3)} has no sidecar to end it: ${refusedWords(list)}.`,
    related: relatedHalves(list),
    fixes: () => offered(removeField(snapshot, object, path, 'Remove the label; an injected pod gets it by itself')),
  };
}
