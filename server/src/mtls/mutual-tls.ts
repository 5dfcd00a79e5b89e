// The answer that everything else reads: for each client, host, port and endpoint what is sent, what is accepted and
// what comes of it. Computed when asked for and kept, since a mesh does not change.

import { memo, memoOfTwo } from '../incremental/cells';
import type { Endpoint } from '../mesh/endpoints';
import { withInstalled } from '../mesh/installed';
import type { Mesh } from '../mesh/mesh';
import type { ScopedService } from '../mesh/scope';
import type { MeshPort, MeshService } from '../mesh/service';
import { waypointOf } from '../mesh/waypoint';
import type { Client, Workload } from '../mesh/workload';
import type { ProxyKind } from './client-tls';
import { type Clusters, createClusters, type Send } from './clusters';
import { type Outcome, outcomeOf } from './outcome';
import { indexRules, type MergedRule, type RuleIndex } from './rule-index';
import { chooseRule, lookUpRules, type RuleCandidates, sameCandidates } from './rule-lookup';
import { createServers, type Servers } from './server';
import { indexPolicies, type PolicyIndex } from './server-mode';

export type { Send } from './clusters';
export type { Accepts } from './server';

export interface MutualTls
  extends Omit<Servers, 'at' | 'modeAt'>,
    Omit<Clusters, 'ztunnelSend' | 'forClient' | 'sends'> {
  readonly mesh: Mesh;
  readonly policies: PolicyIndex;
  readonly rules: RuleIndex;
  /** The rules found for a client's namespace, before its labels choose among them. */
  candidates(clientNamespace: string, service: MeshService): RuleCandidates | undefined;
  /** The rule that a client uses for a service. */
  ruleFor(client: Client, service: MeshService): MergedRule | undefined;
  /** What a client with a proxy sends to one port of a service: the whole port first, then each subset. */
  sendsTo(client: Client, scoped: ScopedService, port: MeshPort): readonly Send[];
  /** Everything that a client with a proxy, or ztunnel for it, can send by name. */
  sends(client: Workload): readonly Send[];
  /** What a client without proxy meets when its application speaks plaintext. */
  rawOutcome(endpoint: Endpoint): Outcome;
}

/** The answers for a mesh. */
export function computeMutualTls(mesh: Mesh): MutualTls {
  const { settings } = mesh;
  const policies: PolicyIndex = {
    rootNamespace: settings.rootNamespace,
    of: memo((namespace: string) =>
      indexPolicies(withInstalled(settings, namespace, mesh.in(namespace).peerAuthentications)),
    ),
  };
  const rules = memo((namespace: string) => {
    const { synthesisedRules, destinationRules } = mesh.in(namespace);
    return indexRules([...synthesisedRules, ...destinationRules], settings);
  });
  const servers = createServers(mesh, policies);
  const clusters = createClusters(mesh, policies, servers);
  const lookedUp = memoOfTwo(
    (service: MeshService, clientNamespace: string) =>
      lookUpRules(rules, clientNamespace, service, settings.rootNamespace),
    sameCandidates,
  );
  // most services have no rule anywhere
  const candidates: MutualTls['candidates'] = (clientNamespace, service) =>
    mesh.namespacesWithRuleFor(service.host).length > 0 ? lookedUp(service, clientNamespace) : undefined;

  /** A waypoint has clusters for every service behind it; those that are not exported to it have no endpoints there. */
  const waypointSends = (client: Workload): Send[] => {
    const scope = mesh.scopeOf(client);
    return mesh.services
      .filter((service) => service.resolution !== 'alias' && waypointOf(mesh, service) === client)
      .flatMap((service) => {
        const ports = service.ports.filter(isProxied);
        if (scope.services.get(service.host)?.service === service) {
          return ports.flatMap((port) => mutual.sendsTo(client, { service, ports }, port));
        }
        return ports.map((port) => ({
          ...clusters.send(service, port, undefined, undefined, 'waypoint'),
          endpoints: [],
        }));
      });
  };

  const mutual: MutualTls = {
    mesh,
    policies,
    rules,
    ...servers,
    ...clusters,
    candidates,
    ruleFor: (client, service) => chooseRule(candidates(client.namespace, service), client.namespace, client.labels),
    sendsTo(client, { service }, port) {
      if (client.dataplane === 'ambient') return [clusters.forClient(clusters.ztunnelSend(service, port), client)];
      const sends = clusters.sends(service, port, mutual.ruleFor(client, service), proxyKindOf(client));
      return sends.some((send) => send.tellsClientsApart)
        ? sends.map((send) => clusters.forClient(send, client))
        : sends;
    },
    sends(client) {
      if (client.dataplane === 'none' || client.dataplane === 'unknown' || client.dataplane === 'proxyless') return [];
      if (client.dataplane === 'waypoint') return waypointSends(client);
      return [...mesh.scopeOf(client).services.values()]
        .filter(({ service }) => service.resolution !== 'alias')
        .flatMap((scoped) => scoped.ports.filter(isProxied).flatMap((port) => mutual.sendsTo(client, scoped, port)));
    },
    rawOutcome: (endpoint) => outcomeOf('PLAINTEXT', servers.at(endpoint)),
  };
  return mutual;
}

function proxyKindOf({ dataplane }: Client): ProxyKind {
  return dataplane === 'gateway' || dataplane === 'waypoint' || dataplane === 'proxyless' ? dataplane : 'sidecar';
}

function isProxied(port: MeshPort): boolean {
  return port.protocol !== 'udp';
}
