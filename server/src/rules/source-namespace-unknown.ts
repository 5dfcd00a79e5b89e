// source-namespace-unknown: an AuthorizationPolicy names a client namespace that is nowhere to be seen.
import type { Mesh } from '../mesh/mesh';
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { meshesAround } from './around';
import { offered, setField } from './fixes';
import { nearNamespaces } from './near-namespaces';
import { isPlaceholder } from './placeholders';
import { askedBy, wholePolicies } from './policies';
import type { Finding, Rule, RuleContext } from './rule';

export const sourceNamespaceUnknown: Rule = {
  id: 'source-namespace-unknown',
  severity: 'warning',
  summary: 'An AuthorizationPolicy names a client namespace that does not exist.',
  happens: 'A rule that allows the namespace lets nobody in, and one that denies it stops nobody.',
  remedy: 'Correct the name.',
  peers: ['IST0101', 'KIA0101'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      // a file that several meshes share may find its namespace in another of them
      const meshes = meshesAround(snapshot, policy).map(({ mesh }) => mesh);
      for (const asked of policy.spec.rules.flatMap(askedBy)) {
        if (asked.name !== 'namespaces' && asked.name !== 'source.namespace') continue;
        for (const [index, value] of asked.values.entries()) {
          if (value.includes('*') || isPlaceholder(value) || isOutside(value)) continue;
          if (meshes.some((mesh) => isKnown(mesh, value))) continue;
          const near = nearestNamespace(meshes, value);
          // the Namespaces that are here are rarely all of them, and to keep out one that is not there harms nobody
          if (near === undefined && (asked.negated || view.mesh.namespaces.size === 0)) continue;
          const path = [...asked.path, index];
          yield {
            ...placeOf(policy, path),
            ...(near === undefined && { severity: 'information' as const }),
            message:
              near === undefined
                ? `No namespace \`${value}\` is in this workspace.`
                : `There is no namespace \`${value}\`. Did you mean \`${near}\`?`,
            related: [],
            fixes: () =>
              near === undefined
                ? []
                : offered(setField(snapshot, policy, path, near, `Change it to \`${near}\``, true)),
          };
        }
      }
    }
  },
};

/** Namespaces that clusters have and workspaces do not. */
function isOutside(name: string): boolean {
  return name === 'default' || /^(?:kube|istio|knative|gke|openshift|cert-manager|monitoring)(?:-|$)/.test(name);
}

function nearestNamespace(meshes: readonly Mesh[], name: string): string | undefined {
  const roots = meshes.map(({ settings }) => settings.rootNamespace);
  return nearMisses(name, [...meshes.flatMap((mesh) => nearNamespaces(mesh, name)), ...roots])[0];
}

/** True for a namespace that is defined, or where something runs. */
function isKnown(mesh: Mesh, name: string): boolean {
  const { object, workloads, services } = mesh.in(name);
  return object !== undefined || workloads.length > 0 || services.length > 0 || name === mesh.settings.rootNamespace;
}
