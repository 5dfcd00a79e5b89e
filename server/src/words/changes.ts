// The changes that remedies speak of, as data: which field of which object, or which new object.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { type KubernetesObject, type Labels, selects } from '../manifest/object';
import type { Workload } from '../mesh/workload';
import type { MutualTls } from '../mtls/mutual-tls';
import { modeForPort, type ServerMode } from '../mtls/server-mode';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import type { Because } from './reasons';

/** One change of the manifests. Paths lead from the object's root. */
export type Change =
  | { readonly op: 'set'; readonly object: KubernetesObject; readonly path: Path; readonly value: unknown }
  /** Adds an item to the end of a list, which is made where it is missing. */
  | { readonly op: 'append'; readonly object: KubernetesObject; readonly path: Path; readonly value: unknown }
  | { readonly op: 'remove'; readonly object: KubernetesObject; readonly path: Path }
  | { readonly op: 'create'; readonly manifest: Manifest };

/** An object to add. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: unknown;
}

/** What to change, in words and, where one change is enough and its value is known, as data. */
export interface Remedy extends Because {
  readonly change?: Change;
}

/** The removal of a block, together with what would be left empty around it, which the API server refuses. */
export function removal(object: KubernetesObject, path: Path): Change {
  const { document, prefix } = object.source;
  let top = path;
  for (;;) {
    const parent = top.slice(0, -1);
    const step = parent.at(-1);
    const isItem = typeof step === 'number' && parent.at(-2) === 'portLevelSettings';
    if (step !== 'trafficPolicy' && step !== 'portLevelSettings' && !isItem) break;
    const value = valueAt(document.value, [...prefix, ...parent]);
    const names = Object.keys((value as object | undefined) ?? {}).filter((name) => !(isItem && name === 'port'));
    if (names.length > 1) break;
    top = parent;
  }
  return { op: 'remove', object, path: top };
}

/** A mode for one port of a workload: in the policy that selects it, or in a new one that leaves its other ports alone. */
export function portMode(mtls: MutualTls, workload: Workload, port: number, wanted: ServerMode): Change {
  const { namespace, name, labels } = workload;
  const mode = { mode: wanted };
  const own = mtls.policies.of(namespace).selecting.find((policy) => isFor(policy, labels));
  // in the root namespace a selector has no effect, so that nothing there selects
  if (own && namespace !== mtls.policies.rootNamespace)
    return { op: 'set', object: own, path: ['spec', 'portLevelMtls', String(port)], value: mode };
  const spec = {
    selector: { matchLabels: written(workload) },
    mtls: { mode: modeForPort(mtls.policyOf(workload), port).mode },
    portLevelMtls: { [String(port)]: mode },
  };
  return create('security.istio.io/v1', 'PeerAuthentication', `${name}-port`, namespace, spec);
}

function isFor({ spec }: PeerAuthentication, labels: Labels): boolean {
  return hasLabels(spec.selector) && selects(spec.selector!.matchLabels, labels);
}

/** The labels that the pod template has; without any, those that the injector adds. */
function written({ object, labels }: Workload): Labels {
  const own = 'template' in object.spec ? object.spec.template.labels : {};
  return Object.keys(own).length > 0 ? own : labels;
}

/** A rule for a host in the client's namespace, which is looked up first. */
export function hostRule(clientNamespace: string, host: string, mode: 'ISTIO_MUTUAL' | 'DISABLE'): Change {
  const spec = { host, trafficPolicy: { tls: { mode } } };
  const name = `${host.replace(/^\*\./, '').split('.')[0]}-${mode === 'DISABLE' ? 'plaintext' : 'mtls'}`;
  return create('networking.istio.io/v1', 'DestinationRule', name, clientNamespace, spec);
}

function create(apiVersion: string, kind: string, name: string, namespace: string, spec: unknown): Change {
  return { op: 'create', manifest: { apiVersion, kind, metadata: { name, namespace }, spec } };
}
