// subset-selects-nothing: no pod behind the host has the labels of a subset.

import type { DestinationRule, Subset } from '../manifest/kinds/destination-rule';
import { type Labels, selects } from '../manifest/object';
import { expandHost } from '../mesh/host';
import type { Mesh } from '../mesh/mesh';
import type { MeshService } from '../mesh/service';
import { objectName, placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { meshesAround } from './around';
import { offered, setField } from './fixes';
import { isNamespaceHere, isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { isGivenAtRunTime, podLabelsIn } from './unselected';
import { listed } from './wording';

export const subsetSelectsNothing: Rule = {
  id: 'subset-selects-nothing',
  severity: 'warning',
  summary: 'No pod behind the host has the labels of a subset.',
  happens: 'Requests that a VirtualService leads to the subset fail: `503 no healthy upstream`.',
  remedy: 'Use labels of the pod template.',
  peers: ['KIA0203', 'IST0173'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const rule of here.destinationRules) {
      if (isPatch(snapshot, rule)) continue;
      for (const [index, subset] of rule.spec.subsets.entries()) {
        const entries = Object.entries(subset.labels);
        if (entries.length === 0 || entries.some(([key, value]) => isGivenAtRunTime(key) || isPlaceholder(value)))
          continue;
        // a file that several meshes share may find its pods in another of them
        const sets = meshesAround(snapshot, rule).map(({ mesh }) => labelSets(mesh, rule));
        const own = labelSets(view.mesh, rule);
        if (own.length === 0 || sets.flat().some((labels) => selects(subset.labels, labels))) continue;
        yield finding(snapshot, view, rule, subset, index, own);
      }
    }
  },
};

/** The labels of all that the rule's host leads to, those without replicas included; empty where nothing is known. */
function labelSets(mesh: Mesh, rule: DestinationRule): Labels[] {
  const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
  return (mesh.servicesByHost.get(host) ?? []).flatMap((service) => labelsBehind(mesh, service));
}

function labelsBehind(mesh: Mesh, service: MeshService): Labels[] {
  return service.sources.flatMap((source): Labels[] => {
    if (source.kind === 'ServiceEntry' && !source.spec.workloadSelector)
      return source.spec.endpoints.map((endpoint) => endpoint.labels);
    const selector = source.kind === 'Service' ? source.spec.selector : source.spec.workloadSelector?.matchLabels;
    if (!selector) return [];
    return podLabelsIn(mesh, service.namespace).filter((labels) => selects(selector, labels));
  });
}

function finding(
  snapshot: Snapshot,
  { mesh }: MeshView,
  rule: DestinationRule,
  subset: Subset,
  index: number,
  here: readonly Labels[],
): Finding {
  const entries = Object.entries(subset.labels);
  const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
  const routes = mesh
    .virtualServicesTo(host)
    .filter(({ spec, metadata }) =>
      spec.destinations.some(
        (each) =>
          each.subset === subset.name &&
          expandHost(each.host, metadata.namespace, mesh.settings.clusterDomain) === host,
      ),
    );
  const wrong = entries.find(([key, value]) => !here.some((labels) => labels[key] === value)) ?? entries[0]!;
  const path: Path = ['spec', 'subsets', index, 'labels', wrong[0]];
  const values = [...new Set(here.flatMap((labels) => labels[wrong[0]] ?? []))];
  // another number is another version, not a misspelling
  const bare = (value: string): string => value.replace(/\d+/g, '');
  const near = nearMisses(wrong[1], values).filter(
    (value) =>
      bare(value) !== bare(wrong[1]) && here.some((labels) => selects({ ...subset.labels, [wrong[0]]: value }, labels)),
  );
  const question = near.length > 0 ? ` Did you mean ${listed(near.slice(0, 2)).replace(' and ', ' or ')}?` : '';
  const text = listed(entries.map(([key, value]) => `${key}: ${value}`));
  const routed =
    routes.length > 0 ? ` Requests of \`${objectName(routes[0]!)}\` to it fail.` : ' Nothing leads to it yet.';
  // a version that is still to come, or that is deployed from elsewhere, is defined ahead
  const isCertain = near.length > 0 || isNamespaceHere(mesh, host.split('.')[1] ?? '', rule);
  const severity = routes.length === 0 || !isCertain ? ('information' as const) : undefined;
  return {
    ...placeOf(rule, path),
    ...(severity && { severity }),
    message: `Subset \`${subset.name}\` selects nothing: no pod behind \`${rule.spec.host}\`${isCertain ? '' : ' in this workspace'} has ${text}.${routed}${question}`,
    related: routes.slice(0, 3).map((route) => {
      const target = route.spec.destinations.find((each) => each.subset === subset.name)!;
      return { ...placeOf(route, [...target.path, 'subset']), message: `\`${objectName(route)}\` leads to it` };
    }),
    fixes: () =>
      offered(
        ...near
          .slice(0, 2)
          .map((value, position) =>
            setField(snapshot, rule, path, value, `Change to \`${wrong[0]}: ${value}\``, position === 0),
          ),
      ),
  };
}
