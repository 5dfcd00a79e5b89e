// Hover of a DestinationRule: which hosts and ports it reaches, for which clients, what they send and what comes of it.
import type { DestinationRule } from '../../manifest/kinds/destination-rule';
import { covers, expandHost } from '../../mesh/host';
import { workloadKey } from '../../mesh/workload';
import type { Connection } from '../../mtls/connections';
import { failureWords } from '../../words/failures';
import { count, objectName, shortHost } from '../../words/names';
import { clientBecause, lookupWords } from '../../words/reasons';
import type { MeshView } from '../../workspace/workspace';
import { code, escapeText, linkBecause, list, sentence, table } from '../markdown';
import type { HoverContext } from './context';
import { connectionText, sendsText } from './shared';

export function destinationRuleHover(context: HoverContext<DestinationRule>): string[] {
  const { object, view } = context;
  const { clusterDomain } = view.mesh.settings;
  const name = `**${escapeText(objectName(object))}**`;
  const written = object.spec.host;
  const host = expandHost(written, object.metadata.namespace, clusterDomain);
  const uses = usesOf(context);
  if (uses.length === 0) {
    const meaning = host === written ? '' : ` ${code(written)} means ${code(host)} here.`;
    return [`${name} is used by nobody: no client in these manifests takes it for ${code(written)}.${meaning}`];
  }
  const hosts = new Set(uses.map((use) => use.service.host));
  const clients = new Set(uses.flatMap((use) => use.clients));
  const subsets = uses.some((use) => use.subset !== undefined);
  const rows = uses.map((use) => {
    const target = code(`${shortHost(use.service.host, clusterDomain)}:${use.port.port}`);
    const names =
      use.clients.length === clients.size && clients.size > 3
        ? `all ${clients.size}`
        : list(use.clients.map((client) => code(workloadKey(client))));
    return [
      target,
      ...(subsets ? [use.subset === undefined ? '' : code(use.subset)] : []),
      names,
      sendsText(view.mtls, use),
      connectionText(view.mtls, use),
    ];
  });
  return [
    `${name} decides for ${count(hosts.size, 'host')} and ${count(clients.size, 'client')}`,
    ...table(['host', ...(subsets ? ['subset'] : []), 'clients', 'send', 'outcome'], rows),
    ...reasons(context, uses),
  ];
}

/** The connections that take this rule, the failing ones first. */
function usesOf({ object, view, callers }: HoverContext<DestinationRule>): Connection[] {
  const uses = view.mesh.services.flatMap((service) =>
    service.ports.flatMap((port) =>
      port.protocol === 'udp'
        ? []
        : callers.connections(service, port).filter((each) => each.rule?.from.includes(object)),
    ),
  );
  return uses.sort((a, b) => Number(b.outcome === 'fail') - Number(a.outcome === 'fail'));
}

/** Why, each reason once: what decided the client's side, why it fails, and why this rule was found. */
function reasons({ snapshot, view, object }: HoverContext<DestinationRule>, uses: readonly Connection[]): string[] {
  const texts = new Set<string>();
  for (const use of uses) {
    for (const { endpoint, accepts, decision, failure } of use.endpoints) {
      if (decision) texts.add(sentence(linkBecause(snapshot, clientBecause(decision, use.rule, use.subset))));
      if (failure)
        texts.add(
          `**Refused**: ${sentence(failureWords(failure, endpoint.workload?.dataplane, accepts?.mode.mode)).replace(/^T/, 't')}`,
        );
    }
    if (hasRivals(view, use)) {
      const steps = use.clients.map((client) => view.mtls.candidates(client.namespace, use.service)?.step);
      for (const step of new Set(steps)) if (step) texts.add(sentence(lookupWords(step)));
    }
    const others = use.rule?.from.filter((other) => other !== object) ?? [];
    if (others.length > 0)
      texts.add(
        `It acts as one with ${list(others.map((other) => code(objectName(other))))}: rules of one host are merged.`,
      );
  }
  return [...texts].slice(0, 6);
}

/** True when another rule covers the host as well, so that the order of looking up matters. */
function hasRivals({ mesh }: MeshView, use: Connection): boolean {
  return mesh.destinationRules.some(
    (rule) =>
      !use.rule?.from.includes(rule) &&
      covers(expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain), use.service.host),
  );
}
