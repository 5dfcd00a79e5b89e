// destination-rule-host-unknown: the host of a DestinationRule is that of no service.
import { gate, memo, perObject } from '../incremental/cells';
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { covers, expandHost, isWildcard } from '../mesh/host';
import { sameItems } from '../mesh/lookup';
import type { Mesh } from '../mesh/mesh';
import { objectName, placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { meshesAround } from './around';
import { offered, setField } from './fixes';
import { isNamespaceHere, isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const destinationRuleHostUnknown: Rule = {
  id: 'destination-rule-host-unknown',
  severity: 'warning',
  summary: 'The host of a DestinationRule is that of no service.',
  happens:
    "Nothing uses the rule, and nothing says so. A name without a dot is completed with the rule's own namespace; a name with a dot, such as `reviews.shop`, is taken as it stands.",
  remedy: 'Write the full name: `reviews.shop.svc.cluster.local`.',
  peers: ['IST0174', 'KIA0202'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const rule of here.destinationRules) {
      if (isPlaceholder(rule.spec.host) || isPatch(snapshot, rule)) continue;
      // a file that several meshes share may find its service in another of them
      if (isKnown(view.mesh, rule) || meshesAround(snapshot, rule).some(({ mesh }) => isKnown(mesh, rule))) continue;
      const guess = judge(view.mesh, rule);
      if (!guess || (guess.suggestions.length === 0 && snapshot.hasServiceTemplates)) continue;
      yield finding(snapshot, view, rule, guess);
    }
  },
};

function isKnown(mesh: Mesh, rule: DestinationRule): boolean {
  const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
  return mesh.servicesByHost.has(host) || isAround(mesh)(host);
}

/**
 * True where some service covers the host or is covered by it: a ServiceEntry for `*.example.com` does not make
 * `api.example.com` a service, but shows that its owner is known.
 */
const isAround = perObject((mesh: Mesh): ((host: string) => boolean) => {
  const patternsIn = memo(
    (namespace: string): readonly string[] =>
      mesh
        .servicesIn(namespace)
        .map(({ host }) => host)
        .filter(isWildcard),
    sameItems,
  );
  const patterns = gate((): readonly string[] => mesh.namespaceNames.flatMap(patternsIn), sameItems);
  const hasServiceFor = memo((pattern: string) =>
    memo((namespace: string) => mesh.servicesIn(namespace).some(({ host }) => covers(pattern, host))),
  );
  const isCovered = memo((pattern: string) => mesh.namespaceNames.some(hasServiceFor(pattern)));
  return (host) => patterns().some((pattern) => covers(pattern, host)) || (isWildcard(host) && isCovered(host));
});

/** The hosts that an unknown one may stand for; undefined where it is known, or nobody can tell. */
export function suggestedHosts(mesh: Mesh, rule: DestinationRule): readonly string[] | undefined {
  return isKnown(mesh, rule) ? undefined : judge(mesh, rule)?.suggestions;
}

interface Guess {
  /** False where another repository may well hold the service. */
  readonly isCertain: boolean;
  /** The host that istiod takes the rule to mean. */
  readonly host: string;
  readonly suggestions: readonly string[];
}

/**
 * Whether the host is wrong, rather than of a service that another repository holds. That is certain where a service
 * of the very name, written otherwise, or of nearly the name shows what was meant, or where the namespace's Services
 * and its Namespace manifest are here, and so probably all of it. With Services alone it is a hint; of any other
 * namespace, and of hosts outside the cluster, nothing is known.
 */
function judge(mesh: Mesh, rule: DestinationRule): Guess | undefined {
  const { clusterDomain, rootNamespace } = mesh.settings;
  const written = rule.spec.host;
  const { namespace: own, namespaceStated } = rule.metadata;
  const host = expandHost(written, own, clusterDomain);
  const suffix = `.svc.${clusterDomain}`;
  if (!host.endsWith(suffix)) {
    // `reviews.shop`, `reviews.shop.svc`, `reviews.shop.svc.cluster.local.`: never completed, so they match nothing
    const bare = host.replace(/\.$/, '');
    const full = [`${bare}${suffix}`, `${bare}.${clusterDomain}`, bare].find((name) => mesh.servicesByHost.has(name));
    return full === undefined ? undefined : { host, suggestions: [full], isCertain: true };
  }
  const [name = '', namespace = '', ...rest] = host.slice(0, -suffix.length).split('.');
  const near = (where: string): string[] =>
    nearMisses(
      name,
      mesh
        .servicesIn(where)
        .filter((service) => service.host.endsWith(suffix))
        .map(firstLabel),
    ).map((candidate) => `${candidate}.${where}${suffix}`);
  if (isWildcard(host)) {
    return rest.length === 0 && name !== '*' && hasServices(mesh, namespace)
      ? { host, suggestions: [], isCertain: isNamespaceHere(mesh, namespace, rule) }
      : undefined;
  }
  if (namespace === '') return undefined;
  // pods of a StatefulSet behind a headless Service have names of their own: pod.service.namespace
  if (rest.length > 0) {
    return hasServices(mesh, rest[0]!) && mesh.servicesByHost.has(`${name}.${namespace}${suffix}`)
      ? { host, suggestions: [`${name}.${namespace}${suffix}`], isCertain: true }
      : undefined;
  }
  const elsewhere = (): string[] =>
    mesh.services
      .map((service) => service.host)
      .filter((candidate) => candidate.startsWith(`${name}.`) && candidate.endsWith(suffix));
  // every cluster has it
  if (host === `kubernetes.default${suffix}`) return undefined;
  const isShort = !written.includes('.');
  if (isShort && (namespaceStated || hasServices(mesh, own))) {
    const suggestions = elsewhere();
    if (suggestions.length > 0) return { host, suggestions, isCertain: true };
  }
  // what Istio and Kubernetes install themselves is rarely in the workspace
  if (namespace === rootNamespace || /^(?:kube|istio|knative|gke|openshift)-/.test(namespace)) return undefined;
  if (!hasServices(mesh, namespace)) {
    const misspelt = nearMisses(
      namespace,
      mesh.namespaceNames.filter((where) => mesh.servicesIn(where).length > 0),
    );
    const meant = misspelt
      .map((where) => `${name}.${where}${suffix}`)
      .filter((candidate) => mesh.servicesByHost.has(candidate));
    if (meant.length > 0 && !mesh.namespaces.has(namespace)) return { host, suggestions: meant, isCertain: true };
    return ofOwnNamespace(mesh, rule, host, name, namespace);
  }
  const misspelt = near(namespace);
  const isCertain = misspelt.length > 0 || isNamespaceHere(mesh, namespace, rule);
  return { host, suggestions: [...misspelt, ...elsewhere()], isCertain };
}

/**
 * A service of the very name is in the rule's own namespace, where no other rule is for it, and nothing shows the
 * namespace that the host names. Where the two namespaces have similar names the host is out of date; else it may well
 * be of another repository.
 */
function ofOwnNamespace(
  mesh: Mesh,
  rule: DestinationRule,
  host: string,
  name: string,
  namespace: string,
): Guess | undefined {
  const { clusterDomain } = mesh.settings;
  const own = rule.metadata.namespace;
  const meant = `${name}.${own}.svc.${clusterDomain}`;
  const isHere =
    mesh.namespaces.has(namespace) ||
    mesh.in(namespace).objects.some(({ metadata }) => metadata.namespace === namespace);
  if (isHere || !mesh.servicesByHost.has(meant)) return undefined;
  const hasRule = mesh
    .namespacesWithRuleFor(meant)
    .flatMap((each) => mesh.in(each).destinationRules)
    .some(({ spec, metadata }) => expandHost(spec.host, metadata.namespace, clusterDomain) === meant);
  const similar = namespace.startsWith(`${own}-`) || own.startsWith(`${namespace}-`);
  return hasRule || !similar ? undefined : { host, suggestions: [meant], isCertain: true };
}

function firstLabel(service: { readonly host: string }): string {
  return service.host.split('.', 1)[0]!;
}

function hasServices(mesh: Mesh, namespace: string): boolean {
  return mesh.servicesIn(namespace).some(({ object }) => object.kind === 'Service');
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  rule: DestinationRule,
  { host, suggestions, isCertain }: Guess,
): Finding {
  const { spec } = rule;
  const path = ['spec', 'host'];
  const where = isCertain ? '' : ' in this workspace';
  const means =
    host === spec.host
      ? `there is no service \`${host}\`${where}`
      : `the host \`${spec.host}\` means \`${host}\` here, and there is no such service${where}`;
  const shown = suggestions.slice(0, 3);
  const question = shown.length > 0 ? ` Did you mean ${listed(shown).replace(' and ', ' or ')}?` : '';
  const related = shown.flatMap((suggestion) =>
    (view.mesh.servicesByHost.get(suggestion) ?? []).map((service) => ({
      ...placeOf(service.object),
      message: `\`${objectName(service.object)}\``,
    })),
  );
  return {
    ...placeOf(rule, path),
    ...(!isCertain && { severity: 'hint' as const }),
    message: `Nothing uses this rule: ${means}.${question}`,
    related,
    fixes: () =>
      offered(
        ...shown.map((suggestion, index) =>
          setField(snapshot, rule, path, suggestion, `Change host to \`${suggestion}\``, index === 0),
        ),
      ),
  };
}
