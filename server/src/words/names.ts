// How objects, hosts and places are named, everywhere alike.
import { fieldPlace, type KubernetesObject, type ObjectRef, refOf } from '../manifest/object';
import type { Path, TextRange } from '../yaml/range';

/** `PeerAuthentication shop/default`; `Namespace shop` for kinds without namespace. */
export function objectName(object: KubernetesObject | ObjectRef): string {
  const ref = 'metadata' in object ? refOf(object) : object;
  const kind = ref.kind.replace(/^(?:Kubernetes(?=Gateway$)|Legacy)/, '');
  return `${kind} ${ref.namespace === '' ? '' : `${ref.namespace}/`}${ref.name}`;
}

/** `shop/default` */
export function shortName(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** `cart.shop` for `cart.shop.svc.cluster.local`; other hosts stay as they are. */
export function shortHost(host: string, clusterDomain: string): string {
  const suffix = `.svc.${clusterDomain}`;
  return host.endsWith(suffix) && !host.startsWith('*') ? host.slice(0, -suffix.length) : host;
}

/** `spec.portLevelMtls.8080.mode`, `spec.subsets[0].name` */
export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** `1 client`, `7 clients` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A place in a file. */
export interface Place {
  readonly uri: string;
  readonly range: TextRange;
}

/** Where a field of an object is edited; without a path, the object's name. */
export function placeOf(
  object: KubernetesObject,
  path: Path = ['metadata', 'name'],
  part: 'key' | 'value' | 'pair' = 'value',
): Place {
  return fieldPlace(object, path, part);
}

/** As {@link placeOf}, for a path from the root of the object's document. */
export function documentPlace(object: KubernetesObject, path: Path, part: 'key' | 'value' | 'pair' = 'value'): Place {
  return fieldPlace(object, path.slice(object.source.prefix.length), part);
}
