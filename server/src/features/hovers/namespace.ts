// Hover of a Namespace: whether its pods get a sidecar, and which policy is in force.
import type { Namespace } from '../../manifest/read';
import { count, objectName } from '../../words/names';
import { dataplaneWords } from '../../words/reasons';
import { code, escapeText, linkName, table } from '../markdown';
import type { HoverContext } from './context';
import { decidedBy, withoutSidecar } from './shared';

export function namespaceHover({ snapshot, view, object }: HoverContext<Namespace>): string[] {
  const { name, labels } = object.metadata;
  const workloads = view.mesh.podsIn(name);
  const withSidecar = workloads.filter((workload) => workload.dataplane === 'sidecar').length;
  const title = `**${escapeText(objectName(object))}**`;
  const amount =
    workloads.length === 0
      ? 'has no workloads in these manifests'
      : `has ${count(workloads.length, 'workload')}, ${howMany(withSidecar, workloads.length)}`;
  const rows = workloads.map((workload) => {
    const policy = view.mtls.policyOf(workload);
    const enforced = workload.dataplane === 'sidecar';
    return [
      linkName(snapshot, workload.object).replace(`${escapeText(name)}/`, ''),
      enforced ? 'sidecar' : withoutSidecar(workload),
      enforced
        ? modes(
            policy.base.mode,
            [...policy.ports].filter(([, mode]) => mode.mode !== policy.base.mode),
          )
        : '',
      enforced ? decidedBy(snapshot, policy.base) : dataplaneWords(workload.reason),
    ];
  });
  return [
    `${title} ${amount}`,
    injection(labels),
    ...table(['workload', 'data plane', 'accepts', 'decided by'], rows),
    inForce({ snapshot, view, name }),
  ];
}

function howMany(some: number, all: number): string {
  if (some === 0) return all === 1 ? 'without a sidecar' : 'none with a sidecar';
  return all === 1 ? 'with a sidecar' : `${some === all ? 'all' : some} with a sidecar`;
}

function modes(base: string, exceptions: readonly (readonly [number, { readonly mode: string }])[]): string {
  return [base, ...exceptions.map(([port, { mode }]) => `${mode} on ${port}`)].join(', ');
}

function injection(labels: Readonly<Record<string, string>>): string {
  for (const label of ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode']) {
    if (labels[label] !== undefined) return `Injection: ${code(`${label}: ${labels[label]}`)}`;
  }
  return `Injection: no label, so only pods with ${code('sidecar.istio.io/inject: "true"')} get a sidecar.`;
}

function inForce({
  snapshot,
  view,
  name,
}: Pick<HoverContext, 'snapshot' | 'view'> & { readonly name: string }): string {
  const { policies } = view.mtls;
  const own = policies.of(name).namespaceWide;
  const mesh = policies.of(policies.rootNamespace).namespaceWide;
  const isSet = (policy: typeof own): boolean => policy?.spec.mode !== undefined && policy.spec.mode !== 'UNSET';
  const policy = isSet(own) ? own : isSet(mesh) ? mesh : undefined;
  if (!policy) return 'Policy in force: none, so PERMISSIVE, the default.';
  const whose = policy === own ? 'of the namespace' : 'of the mesh';
  return `Policy in force: ${policy.spec.mode}, from ${linkName(snapshot, policy, ['spec', 'mtls', 'mode'])} ${whose}.`;
}
