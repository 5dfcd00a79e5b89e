// backend-tls-policy-ignored: the target of a BackendTLSPolicy is not there, or something else decides for it.
import type { BackendTlsPolicy, BackendTlsTarget } from '../manifest/kinds/backend-tls-policy';
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { Service } from '../manifest/kinds/service';
import { byCreation } from '../manifest/object';
import { expandHost } from '../mesh/host';
import { objectName, placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { offered, setField } from './fixes';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const backendTlsPolicyIgnored: Rule = {
  id: 'backend-tls-policy-ignored',
  severity: 'warning',
  summary: 'The target of a BackendTLSPolicy is not there, or something else decides for it.',
  happens:
    'istiod makes a DestinationRule of each BackendTLSPolicy. Of several policies for one Service or port the oldest counts. A DestinationRule of the namespace with a `tls` block for the host goes before all of them. A `sectionName` is the name of a port of the Service; with any other the target does not count.',
  remedy: 'Correct the target, and say once what TLS clients send to it.',
  *check(context: RuleContext): Iterable<Finding> {
    const { snapshot, here } = context;
    const policies = here.objects.filter((each) => each.kind === 'BackendTLSPolicy').sort(byCreation);
    for (const policy of policies) {
      if (isPatch(snapshot, policy)) continue;
      for (const target of policy.spec.targets) {
        if (isPlaceholder(target.service)) continue;
        const finding = judge(context, policies, policy, target);
        if (finding) yield finding;
      }
    }
  },
};

function judge(
  context: RuleContext,
  policies: readonly BackendTlsPolicy[],
  policy: BackendTlsPolicy,
  target: BackendTlsTarget,
): Finding | undefined {
  const { here } = context;
  const services = here.objects.filter((each) => each.kind === 'Service');
  const service = services.find(({ metadata }) => metadata.name === target.service);
  if (!service) {
    const path = pathOf(policy, target, 'name');
    const names = services.map(({ metadata }) => metadata.name);
    const near = nearMisses(target.service, names)[0];
    const text = `There is no Service \`${target.service}\` in namespace \`${here.name}\``;
    return near === undefined
      ? undefined
      : misspelt(context, policy, path, `${text}: this target does not count`, near);
  }
  const port = service.spec.ports.find(({ name }) => name === target.port);
  if (target.port !== undefined && !port) return portUnknown(context, policy, target, target.port, service);
  const winner = policies.find((each) =>
    each.spec.targets.some((other) => other.service === target.service && other.port === target.port),
  );
  if (winner !== policy && winner) {
    const dated = winner.metadata.creationTime !== policy.metadata.creationTime;
    return {
      ...placeOf(policy, pathOf(policy, target, 'name')),
      message: `This policy is ignored for \`${objectName(service)}\`: \`${objectName(winner)}\` is for the same target and ${dated ? 'is older' : 'comes first by name if both are applied together, else the older one counts'}.`,
      related: [{ ...placeOf(winner), message: `\`${objectName(winner)}\` counts` }],
    };
  }
  const ruling = ruleWithTls(context, service, port?.port);
  return (
    ruling && {
      ...placeOf(policy, pathOf(policy, target, 'name')),
      message: `This policy is ignored for \`${objectName(service)}\`: \`${objectName(ruling.rule)}\` sets \`tls\` for the host itself.`,
      related: [{ ...placeOf(ruling.rule, ruling.path, 'key'), message: `\`${objectName(ruling.rule)}\` counts` }],
    }
  );
}

function portUnknown(
  context: RuleContext,
  policy: BackendTlsPolicy,
  target: BackendTlsTarget,
  name: string,
  service: Service,
): Finding {
  const { ports } = service.spec;
  const names = ports.flatMap((port) => port.name ?? []);
  const numbered = ports.find((port) => String(port.port) === name)?.name;
  const text = `\`${objectName(service)}\` has no port named \`${name}\`${names.length > 0 ? `, but ${listed(names)}` : ''}: this target does not count`;
  return misspelt(context, policy, pathOf(policy, target, 'sectionName'), text, numbered ?? nearMisses(name, names)[0]);
}

function misspelt(
  { snapshot }: RuleContext,
  policy: BackendTlsPolicy,
  path: Path,
  text: string,
  near: string | undefined,
): Finding {
  return {
    ...placeOf(policy, path),
    message: near === undefined ? `${text}.` : `${text}. Did you mean \`${near}\`?`,
    related: [],
    fixes: () =>
      near === undefined ? [] : offered(setField(snapshot, policy, path, near, `Change it to \`${near}\``, true)),
  };
}

/** A user's rule whose own `tls` istiod keeps (model/destination_rule.go:mergeBackendPolicyTrafficPolicy). */
function ruleWithTls(
  { view, here }: RuleContext,
  { metadata }: Service,
  port: number | undefined,
): { rule: DestinationRule; path: Path } | undefined {
  const { clusterDomain } = view.mesh.settings;
  const host = `${metadata.name}.${metadata.namespace}.svc.${clusterDomain}`;
  for (const rule of here.destinationRules) {
    if (expandHost(rule.spec.host, here.name, clusterDomain) !== host || rule.spec.workloadSelector) continue;
    const { trafficPolicy } = rule.spec;
    if (port === undefined) {
      if (trafficPolicy?.tls) return { rule, path: ['spec', 'trafficPolicy', 'tls'] };
      continue;
    }
    const index = trafficPolicy?.portLevelSettings.findIndex((item) => item.port === port && item.tls) ?? -1;
    if (index >= 0) return { rule, path: ['spec', 'trafficPolicy', 'portLevelSettings', index, 'tls'] };
  }
  return undefined;
}

function pathOf(policy: BackendTlsPolicy, target: BackendTlsTarget, field: string): Path {
  const { document, prefix } = policy.source;
  const list = valueAt(document.value, [...prefix, 'spec', 'targetRefs']) as readonly Record<string, unknown>[];
  const index = list.findIndex(
    ({ name, sectionName }) => name === target.service && (sectionName || undefined) === target.port,
  );
  return ['spec', 'targetRefs', index, field];
}
