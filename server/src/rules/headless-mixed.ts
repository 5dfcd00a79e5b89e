// headless-mixed: one pod without a sidecar keeps mTLS from all pods of a headless Service.
import type { MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { count, placeOf, shortHost } from '../words/names';
import { dataplaneWords } from '../words/reasons';
import type { Finding, Rule, RuleContext } from './rule';
import { connectionsIn } from './traffic';

export const headlessMixed: Rule = {
  id: 'headless-mixed',
  severity: 'information',
  summary: 'One pod without a sidecar keeps mTLS from all pods of a headless Service.',
  happens:
    'Clients of a headless Service pick the address themselves. Auto mTLS then goes to every pod or to none, and one pod without a sidecar is enough for none. Pods that require mTLS refuse that, which `plaintext-refused` reports.',
  remedy: 'Give the pod a sidecar, or a Service of its own.',
  *check({ view, here }: RuleContext): Iterable<Finding> {
    const found = new Map<MeshService, { without: Workload; others: Set<Workload> }>();
    const failing = new Set<MeshService>();
    for (const { service, endpoints } of connectionsIn(view, here.name)) {
      if (endpoints.some(({ failure }) => failure !== undefined)) failing.add(service);
      for (const { decision, endpoint } of endpoints) {
        if (decision?.reason.code !== 'passthrough-mixed') continue;
        const without = decision.reason.endpoint.workload;
        if (without?.dataplane !== 'none' || endpoint.workload?.dataplane !== 'sidecar') continue;
        const known = found.get(service);
        if (known) known.others.add(endpoint.workload);
        else found.set(service, { without, others: new Set([endpoint.workload]) });
      }
    }
    for (const [service, { without, others }] of found) {
      if (failing.has(service)) continue;
      yield {
        ...placeOf(without.object),
        message: `\`${workloadKey(without)}\` has no sidecar, so that clients of headless \`${shortHost(service.host, view.mesh.settings.clusterDomain)}\` send plaintext to all its pods, also to ${count(others.size, 'workload')} with a sidecar: ${dataplaneWords(without.reason)}.`,
        related: [{ ...placeOf(service.object), message: 'the headless Service' }],
      };
    }
  },
};
