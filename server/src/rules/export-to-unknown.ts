// export-to-unknown: exportTo names a namespace that nothing here knows.
import type { KubernetesObject } from '../manifest/object';
import type { Mesh } from '../mesh/mesh';
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { Snapshot } from '../workspace/workspace';
import { offered, setField } from './fixes';
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
  *checkMesh({ snapshot, view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    const { mesh } = view;
    const known = namespacesOf(mesh);
    for (const object of [...mesh.destinationRules, ...mesh.virtualServices, ...serviceEntries(mesh)]) {
      if (isPatch(snapshot, object)) continue;
      for (const [index, name] of object.spec.exportTo.entries()) {
        if (name === '.' || name === '*' || name === '~' || known.has(name) || isPlaceholder(name)) continue;
        const finding = judge(snapshot, mesh, object, name, index, known);
        if (finding) yield finding;
      }
    }
  },
};

function serviceEntries(mesh: Mesh) {
  return mesh.objects.filter((object) => object.kind === 'ServiceEntry' && !mesh.ignoredReason(object)) as Extract<
    Mesh['objects'][number],
    { kind: 'ServiceEntry' }
  >[];
}

/** Namespaces with a manifest, or with anything in them. */
function namespacesOf(mesh: Mesh): Set<string> {
  const inUse = mesh.objects.map(({ metadata }) => metadata.namespace).filter((name) => name !== '');
  return new Set([...mesh.namespaces.keys(), ...inUse]);
}

function judge(
  snapshot: Snapshot,
  mesh: Mesh,
  object: KubernetesObject,
  name: string,
  index: number,
  known: ReadonlySet<string>,
): Finding | undefined {
  const near = nearMisses(name, known);
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
