// tls-lost-on-port: a port item without `tls` takes the TLS of the rule away from its port.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { type Tree, valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { addEntry, offered } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { type Reach, reachedByRules } from './traffic';
import { listed } from './wording';

export const tlsLostOnPort: Rule = {
  id: 'tls-lost-on-port',
  severity: 'warning',
  summary: 'An item of portLevelSettings without `tls` takes away the TLS that the rule sets.',
  happens:
    'An item of `portLevelSettings` takes the place of the whole traffic policy for its port: what it leaves out is not inherited. Clients send plaintext there, though the block above says TLS.',
  remedy: 'Repeat the `tls` block in the item.',
  peers: ['KIA0204'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const found = new Map<string, { rule: DestinationRule; item: Path; outer: Path; reaches: Reach[] }>();
    for (const reach of reachedByRules(view, here.name)) {
      const lost = lostBlock(reach);
      if (lost?.rule.metadata.namespace !== here.name) continue;
      const key = `${lost.rule.source.uri} ${placeOf(lost.rule, lost.item).range.start}`;
      const known = found.get(key);
      if (known) known.reaches.push(reach);
      else found.set(key, { ...lost, reaches: [reach] });
    }
    for (const { rule, item, outer, reaches: list } of found.values()) {
      // refused plaintext is reported as such
      if (isPatch(snapshot, rule) || list.some(({ endpoint }) => endpoint.failure !== undefined)) continue;
      yield finding(snapshot, view, rule, item, outer, list);
    }
  },
};

/** The item and the block that it hides, where clients send plaintext for it. */
function lostBlock({ connection, endpoint }: Reach): { rule: DestinationRule; item: Path; outer: Path } | undefined {
  const { rule: merged, subset, port } = connection;
  const rule = merged?.policyFrom;
  if (!merged || !rule || endpoint.decision?.tls !== 'PLAINTEXT' || subset !== undefined) return undefined;
  const { reason } = endpoint.decision;
  if (!['hidden-block', 'external', 'auto-mtls-off', 'endpoint-takes-no-mtls'].includes(reason.code)) return undefined;
  const policy = rule.spec.trafficPolicy;
  const index = policy?.portLevelSettings.findIndex((each) => each.port === port.port) ?? -1;
  const mode = policy?.tls?.mode;
  if (index < 0 || policy?.portLevelSettings[index]?.tls || mode === undefined || mode === 'DISABLE') return undefined;
  const base = ['spec', 'trafficPolicy'];
  return { rule, item: [...base, 'portLevelSettings', index], outer: [...base, 'tls'] };
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  rule: DestinationRule,
  item: Path,
  outer: Path,
  list: readonly Reach[],
): Finding {
  const { mode } = rule.spec.trafficPolicy!.tls!;
  const { port, service } = list[0]!.connection;
  const host = shortHost(service.host, view.mesh.settings.clusterDomain);
  return {
    ...placeOf(rule, [...item, 'port', 'number']),
    message: `This item has no \`tls\`, so clients of \`${host}\` send plaintext to port ${port.port}: a port item inherits nothing, not even \`mode: ${mode}\` from above.`,
    related: [
      { ...placeOf(rule, [...outer, 'mode']), message: `\`mode: ${mode}\` for the other ports` },
      { ...placeOf(service.object), message: listed([objectName(service.object)]) },
    ],
    fixes: () => repeat(snapshot, rule, item, outer, list),
  };
}

/** The block once more, where it is made of scalars and breaks nothing. */
function repeat(snapshot: Snapshot, rule: DestinationRule, item: Path, outer: Path, list: readonly Reach[]): Fix[] {
  const block = valueAt(rule.source.document.value, [...rule.source.prefix, ...outer]);
  const values = Object.values(block ?? {});
  if (!values.every((value) => typeof value === 'string' || typeof value === 'number')) return [];
  // servers that end no TLS, or not of this kind, would refuse it
  if (list.some(({ endpoint: { accepts, endpoint } }) => accepts !== undefined || endpoint.workload !== undefined))
    return [];
  const title = `Repeat \`tls\` in the port item`;
  return offered(addEntry(snapshot, rule, item, { tls: block as Tree }, title, true));
}
