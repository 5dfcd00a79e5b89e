// port-level-port-unknown: portLevelMtls names a port that the pods do not have, often the Service's.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { selects } from '../manifest/object';
import { podPort, podPortForEntry } from '../mesh/endpoints';
import type { Mesh } from '../mesh/mesh';
import { sidecarFor } from '../mesh/scope';
import type { MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { setKey } from './fix-fields';
import { offered } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { toleratesMode } from './tolerance';
import { listed } from './wording';

export const portLevelPortUnknown: Rule = {
  id: 'port-level-port-unknown',
  severity: 'warning',
  summary: "A key of portLevelMtls is not a port of the pods, but often the Service's.",
  happens:
    "`portLevelMtls` is keyed by the port that the pod listens on: the Service's `targetPort`. An entry for another port has no effect, and the port that was meant keeps the mode of the policy.",
  remedy: "Use the Service's target port, or remove the entry.",
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const policy of here.peerAuthentications) {
      if (!hasLabels(policy.spec.selector) || isPatch(snapshot, policy)) continue;
      if (policy.spec.portLevelMtls.size === 0) continue;
      const pods = here.workloads.filter((pod) => selects(policy.spec.selector!.matchLabels, pod.labels));
      for (const port of policy.spec.portLevelMtls.keys()) {
        // an entry without a mode, or of a policy that is passed over, is not this mistake
        const inForce = pods.filter((pod) => {
          const mode = view.mtls.policyOf(pod).ports.get(port);
          return mode?.policy === policy && mode.level === 'port';
        });
        if (inForce.length > 0 && !inForce.some((pod) => hasPort(mesh, pod, port)))
          yield* finding(snapshot, view, policy, port, inForce);
      }
    }
  },
};

/** True when the manifest, a Service or a Sidecar says that the pod listens on the port. */
export function hasPort(mesh: Mesh, pod: Workload, port: number): boolean {
  return (
    pod.containers.some((container) => container.ports.some((each) => each.containerPort === port)) ||
    (sidecarFor(mesh, pod.namespace, pod.labels)?.spec.ingress ?? []).some((listener) => listener.port === port) ||
    servicesOf(mesh, pod).some((service) => targetsOf(service, pod).some(({ target }) => target === port))
  );
}

function servicesOf(mesh: Mesh, pod: Workload): MeshService[] {
  return mesh.servicesIn(pod.namespace).filter(({ sources }) =>
    sources.some((source) => {
      const selector = source.kind === 'Service' ? source.spec.selector : source.spec.workloadSelector?.matchLabels;
      return selector !== undefined && selects(selector, pod.labels);
    }),
  );
}

/** Each port of the service with the pod's port that it leads to. */
function targetsOf(service: MeshService, pod: Workload): { port: number; target: number | undefined }[] {
  return service.ports.map(({ port, declared }) => ({
    port,
    target: 'port' in declared ? podPort(pod, declared) : podPortForEntry(pod, declared),
  }));
}

function* finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: PeerAuthentication,
  port: number,
  pods: readonly Workload[],
): Generator<Finding> {
  const { mesh, mtls } = view;
  const path = ['spec', 'portLevelMtls', String(port)];
  const names = listed(pods.map(workloadKey), 3);
  const meant = pods.flatMap((pod) =>
    servicesOf(mesh, pod).flatMap((service) =>
      targetsOf(service, pod).flatMap(({ port: own, target }) =>
        own === port && target !== undefined ? [{ service, target }] : [],
      ),
    ),
  );
  const targets = [...new Set(meant.map(({ target }) => target))];
  const verb = pods.length === 1 ? 'listens' : 'listen';
  if (targets.length > 0) {
    const [only] = targets;
    const mode = mtls.policyOf(pods[0]!).ports.get(port)!.mode;
    yield {
      ...placeOf(policy, path, 'key'),
      message: `\`${port}\` is not a port that ${names} ${verb} on; Service port \`${port}\` leads to ${listed(targets.map(String))}. This exception has no effect.`,
      related: [...new Set(meant.map(({ service }) => service))].slice(0, 3).map(({ object }) => ({
        ...placeOf(object),
        message: `\`${objectName(object)}\``,
      })),
      fixes: () =>
        targets.length === 1 && !policy.spec.portLevelMtls.has(only!) && toleratesMode(view, pods, only!, mode)
          ? offered(setKey(snapshot, policy, path, String(only), `Change to target port \`${only}\``, true))
          : [],
    };
    return;
  }
  // pods may listen on ports that nothing names, so that this is no more than a sign
  const known = pods.flatMap((pod) => servicesOf(mesh, pod).flatMap((service) => targetsOf(service, pod)));
  if (known.length === 0) return;
  yield {
    ...placeOf(policy, path, 'key'),
    severity: 'information',
    message: `No container of ${names} names port \`${port}\`, and no Service leads to it.`,
    related: [],
  };
}
