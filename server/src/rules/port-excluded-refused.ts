// port-excluded-refused: a client leads calls past its sidecar to a server that takes only mTLS.
import { evidenceOf } from '../mesh/evidence';
import { type Workload, workloadKey } from '../mesh/workload';
import { outboundCapture } from '../mtls/capture';
import { count, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, removeField, setField } from './fixes';
import { relatedHalves } from './refused-words';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { failing, type Reach, serviceNames } from './traffic';
import { portWords } from './wording';

export const portExcludedRefused: Rule = {
  id: 'port-excluded-refused',
  severity: 'warning',
  summary: 'A client leads calls past its sidecar to a server that takes only mTLS.',
  happens:
    'What annotations such as `excludeOutboundPorts` lead past the sidecar leaves as the application sends it. A STRICT server closes the connection: `Connection reset by peer`.',
  remedy: 'Take the port out of the annotation, or accept plaintext on that one port of the server.',
  *checkMesh({ snapshot, view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    const calls = new Map<Workload, Map<string, Reach[]>>();
    for (const reach of failing(view, ['plaintext-refused'], 'excluded')) {
      const { connection } = reach;
      for (const client of reach.clients) {
        const { annotation } = outboundCapture(client, connection.service, connection.port.port);
        // a service that nobody is seen to call proves nothing
        if (annotation === undefined || !isCalled(view, client, reach)) continue;
        const own = calls.get(client) ?? new Map<string, Reach[]>();
        own.set(annotation, [...(own.get(annotation) ?? []), reach]);
        calls.set(client, own);
      }
    }
    for (const [client, byAnnotation] of calls) {
      for (const [annotation, list] of byAnnotation) yield finding(snapshot, view, client, annotation, list);
    }
  },
};

function isCalled(view: MeshView, client: Workload, { connection: { service, port } }: Reach): boolean {
  return evidenceOf(client, service, port.port, view.mesh.settings.clusterDomain) !== undefined;
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  client: Workload,
  annotation: string,
  list: readonly Reach[],
): Finding {
  const { object } = client;
  const ports = portWords(list.map(({ connection }) => connection.port.port));
  const services = new Set(list.map(({ connection }) => connection.service)).size;
  const who =
    services === 1 ? 'the server requires mTLS and closes' : `${count(services, 'service')} require mTLS and close`;
  const path =
    object.kind === 'KubernetesGateway' ? [] : [...object.spec.template.path, 'metadata', 'annotations', annotation];
  return {
    ...placeOf(object, path),
    message: `\`${workloadKey(client)}\` calls ${serviceNames(view, list)} on ${ports} past its sidecar, in plaintext; ${who} the connection.`,
    related: relatedHalves(list),
    fixes: () => offered(throughTheSidecar(snapshot, client, annotation, path, list)),
  };
}

/** The list of ports without those that are called, where the annotation is such a list. */
function throughTheSidecar(
  snapshot: Snapshot,
  { object, annotations }: Workload,
  annotation: string,
  path: Path,
  list: readonly Reach[],
): Fix | undefined {
  if (!annotation.endsWith('/excludeOutboundPorts')) return undefined;
  const called = new Set(list.map(({ connection }) => String(connection.port.port)));
  const ports = (annotations[annotation] ?? '').split(',').map((each) => each.trim());
  const left = ports.filter((each) => !called.has(each));
  const title = `Send ${portWords([...called].map(Number))} through the sidecar`;
  return left.length === 0
    ? removeField(snapshot, object, path, title, true)
    : setField(snapshot, object, path, left.join(','), title, true);
}
