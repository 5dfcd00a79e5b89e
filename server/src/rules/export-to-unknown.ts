// export-to-unknown: exportTo names a namespace that nothing here knows.
import type { ServiceEntry } from '../manifest/kinds/service-entry';
import type { KubernetesObject } from '../manifest/object';
import type { Mesh, MeshNamespace } from '../mesh/mesh';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { perNamespace } from './gather';
import { nearNamespaces } from './near-namespaces';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const exportToUnknown: Rule = {
  id: 'export-to-unknown',
  severity: 'warning',
  summary: '`exportTo` names a namespace that nothing here knows.',
  happens:
    'Clients in the namespace that was meant do not see the object. Of a name that is nearly a known one this is a warning, of any other information: its namespace may be of another repository.',
  remedy: 'Correct the name; `.` is the own namespace, `*` are all.',
  peers: ['KIA0005'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const object of [...here.destinationRules, ...here.virtualServices, ...serviceEntries(mesh, here)]) {
      if (isPatch(snapshot, object)) continue;
      for (const [index, name] of object.spec.exportTo.entries()) {
        if (!isUnknown(view, name)) continue;
        const finding = judge(snapshot, view, object, name, index);
        if (finding) yield finding;
      }
    }
  },
};

/** True where this rule speaks of some entry of `exportTo`, which then need not be said again of its effects. */
export function exportsToUnknown(view: MeshView, { spec }: { spec: { exportTo: readonly string[] } }): boolean {
  return view.mesh.namespaces.size > 0 && spec.exportTo.some((name) => isUnknown(view, name));
}

function isUnknown(view: MeshView, name: string): boolean {
  return !['.', '*', '~'].includes(name) && !isKnown(view, name) && !isPlaceholder(name);
}

function serviceEntries(mesh: Mesh, { objects }: MeshNamespace): ServiceEntry[] {
  return objects.filter(
    (object): object is ServiceEntry => object.kind === 'ServiceEntry' && !mesh.ignoredReason(object),
  );
}

/** True for namespaces with a manifest, or with anything in them. */
const isKnown = perNamespace(
  (_, { name, object, objects }) =>
    name !== '' && (object !== undefined || objects.some(({ metadata }) => metadata.namespace === name)),
);

function judge(
  snapshot: Snapshot,
  view: MeshView,
  object: KubernetesObject,
  name: string,
  index: number,
): Finding | undefined {
  const { mesh } = view;
  const near = nearNamespaces(mesh, name);
  // without Namespace manifests nothing tells which namespaces there are
  if (near.length === 0 && mesh.namespaces.size === 0) return undefined;
  const path = ['spec', 'exportTo', index];
  const question = near.length > 0 ? ` Did you mean \`${near[0]}\`?` : '';
  return {
    ...placeOf(object, path),
    ...(near.length === 0 && { severity: 'information' as const }),
    message: `Nothing here knows namespace \`${name}\`, to which this is exported.${question}`,
    related: [],
    fixes: () =>
      offered(
        ...near
          .slice(0, 2)
          .map((other, position) => setField(snapshot, object, path, other, `Export to \`${other}\``, position === 0)),
      ),
  };
}
