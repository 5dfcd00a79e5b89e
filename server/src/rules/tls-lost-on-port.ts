// tls-lost-on-port: a port item without `tls` takes the TLS of the rule away from its port.
import type { ClientTlsSettings, DestinationRule } from '../manifest/kinds/destination-rule';
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

interface Lost {
  readonly rule: DestinationRule;
  readonly item: Path;
  readonly outer: Path;
}

/** The item and the block that it hides, where clients send plaintext for it. */
function lostBlock({ connection, endpoint }: Reach): Lost | undefined {
  const { rule: merged, subset, port } = connection;
  const rule = merged?.policyFrom;
  if (!merged || endpoint.decision?.tls !== 'PLAINTEXT') return undefined;
  const { reason } = endpoint.decision;
  if (!['hidden-block', 'external', 'auto-mtls-off', 'endpoint-takes-no-mtls'].includes(reason.code)) return undefined;
  const top: Path = ['spec', 'trafficPolicy'];
  const outer = rule?.spec.trafficPolicy?.tls && {
    rule,
    path: [...top, 'tls'],
    mode: rule.spec.trafficPolicy.tls.mode,
  };
  const inner = merged.subsets.find((each) => each.subset.name === subset);
  if (inner?.subset.trafficPolicy) {
    const { from, subset: own } = inner;
    const at: Path = ['spec', 'subsets', from.spec.subsets.indexOf(own), 'trafficPolicy'];
    const { tls, portLevelSettings } = inner.subset.trafficPolicy;
    const index = portLevelSettings.findIndex((each) => each.port === port.port);
    // an item of the subset hides the subset's block, and the rule's where the subset has none
    const hidden = tls ? { rule: from, path: [...at, 'tls'], mode: tls.mode } : outer;
    if (index >= 0) return lost(from, [...at, 'portLevelSettings', index], portLevelSettings[index]!.tls, hidden);
    if (tls) return undefined;
  }
  const items = rule?.spec.trafficPolicy?.portLevelSettings ?? [];
  const index = items.findIndex((each) => each.port === port.port);
  return rule && index >= 0 ? lost(rule, [...top, 'portLevelSettings', index], items[index]!.tls, outer) : undefined;
}

function lost(
  rule: DestinationRule,
  item: Path,
  own: ClientTlsSettings | undefined,
  hidden: { readonly rule: DestinationRule; readonly path: Path; readonly mode: string } | undefined,
): Lost | undefined {
  // of merged rules each is edited by itself
  if (own || !hidden || hidden.rule !== rule || hidden.mode === 'DISABLE') return undefined;
  return { rule, item, outer: hidden.path };
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  rule: DestinationRule,
  item: Path,
  outer: Path,
  list: readonly Reach[],
): Finding {
  const { mode } = valueAt(rule, outer) as ClientTlsSettings;
  const { port, service, subset } = list[0]!.connection;
  const host = shortHost(service.host, view.mesh.settings.clusterDomain);
  const of = item.includes('subsets') ? `, subset \`${subset}\`,` : '';
  return {
    ...placeOf(rule, [...item, 'port', 'number']),
    message: `This item has no \`tls\`, so clients of \`${host}\`${of} send plaintext to port ${port.port}: a port item inherits nothing, not even \`mode: ${mode}\` from above.`,
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
