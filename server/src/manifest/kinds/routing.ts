// VirtualService and the Gateway API's Gateway: where requests are led, as far as it bears on mutual TLS.

import type { Path } from '../../yaml/range';
import { isIpAddress } from '../address';
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { checkExportTo, hostsOverlap, isWildcardDomain } from './common';
import { type LabelSelector, readLabelSelector } from './label-selector';
import { checkGateways, checkHttpRoutes, checkTcpRoutes, checkTlsRoutes } from './route-checks';

export interface Destination {
  /** As written, not expanded. */
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
  /** Client namespaces that the route's matches ask for; undefined where none names any. */
  readonly sourceNamespaces: ReadonlySet<string> | undefined;
  /** From the object's root. */
  readonly path: Path;
}
export interface VirtualServiceSpec {
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[];
  /** Routes and mirrors alike, in file order. */
  readonly destinations: readonly Destination[];
  /** VirtualServices without hosts that HTTP routes leave the rest to. */
  readonly delegates: readonly Delegate[];
}
export interface Delegate extends Pick<Destination, 'sourceNamespaces'> {
  readonly namespace: string;
  readonly name: string;
}
export type VirtualService = KubernetesObject<'VirtualService', VirtualServiceSpec>;

export function readVirtualService(spec: Fields, namespace: string): VirtualServiceSpec {
  const exportTo = spec.strings('exportTo');
  checkExportTo(spec, exportTo, namespace, false);
  const destinations: Destination[] = [];
  const add = (fields: Fields | undefined, sourceNamespaces: ReadonlySet<string> | undefined): void => {
    if (!fields) return;
    const host = fields.string('host') ?? '';
    destinations.push({
      host,
      subset: fields.string('subset') || undefined,
      port: fields.object('port')?.integer('number'),
      sourceNamespaces,
      path: fields.path,
    });
  };
  const http = spec.objects('http');
  const routes = [...http, ...spec.objects('tcp'), ...spec.objects('tls')];
  const actions = ['route', 'redirect', 'directResponse', 'direct_response', 'delegate'];
  const leads = (route: Fields, name: string): boolean =>
    name === 'route' ? route.objects(name).length > 0 : route.has(name);
  for (const route of http) if (!actions.some((name) => leads(route, name))) route.note(undefined, 'route-empty');
  for (const route of routes) {
    const clients = http.includes(route) ? sourceNamespacesOf(route) : undefined;
    for (const target of route.objects('route')) add(target.object('destination'), clients);
    add(route.object('mirror'), clients);
    for (const mirror of route.objects('mirrors')) add(mirror.object('destination'), clients);
  }
  if (routes.length === 0) spec.note(undefined, 'virtual-service-empty');
  const hosts = spec.strings('hosts');
  const gateways = spec.strings('gateways');
  const inMesh = gateways.length === 0 || gateways.includes('mesh');
  // a gateway may be asked for the generated names of SNI routing
  const isHost = (host: string): boolean =>
    (isWildcardDomain(host) && !(host === '*' && inMesh)) ||
    isIpAddress(host) ||
    (!inMesh && host.startsWith('outbound_'));
  for (const host of hosts) if (!isHost(host)) spec.note('hosts', 'host-invalid', { host });
  if (hosts.every(isHost)) checkTwice(spec, hosts);
  checkGateways(spec);
  checkHttpRoutes(http, { isDelegate: hosts.length === 0, inMesh });
  checkTcpRoutes(spec.objects('tcp'));
  checkTlsRoutes(spec.objects('tls'), hosts);
  // without hosts it is a delegate, which only HTTP routes of others lead to
  if (hosts.length === 0 && ['gateways', 'tcp', 'tls'].some((name) => spec.has(name)))
    spec.note(undefined, 'hosts-missing');
  const delegates = http.flatMap((route): Delegate[] => {
    const delegate = route.object('delegate');
    if (!delegate) return [];
    const sourceNamespaces = sourceNamespacesOf(route);
    return [
      { name: delegate.string('name') ?? '', namespace: delegate.string('namespace') || namespace, sourceNamespaces },
    ];
  });
  return { hosts, gateways, exportTo, destinations, delegates };
}

/** No host may be there twice, nor be covered by another. */
function checkTwice(spec: Fields, hosts: readonly string[]): void {
  hosts.forEach((host, index) => {
    const other = hosts.slice(0, index).find((each) => hostsOverlap(each, host));
    if (other === host) spec.note('hosts', 'value-repeated', { found: host });
    else if (other !== undefined) spec.note('hosts', 'hosts-overlap', { host, other });
  });
}

/**
 * The client namespaces that an HTTP route is for. istiod walks its matches in order: the first that names the client's
 * namespace ends the search, else the last that names any decides, so that one that names none changes nothing
 * (model/push_context.go:virtualServiceDestinationsFilteredBySourceNamespace).
 */
function sourceNamespacesOf(route: Fields): ReadonlySet<string> | undefined {
  const named = route.objects('match').flatMap((match) => match.string('sourceNamespace') || []);
  return named.length > 0 ? new Set(named) : undefined;
}

/** `gateway.networking.k8s.io` Gateway: Istio runs pods for it; class `istio-waypoint` makes a waypoint. */
export interface KubernetesGatewaySpec {
  readonly className: string;
  readonly listeners: readonly KubernetesListener[];
}
export interface KubernetesListener {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  /** `allowedRoutes.namespaces`: from where things may attach themselves. */
  readonly from: 'All' | 'Same' | LabelSelector;
}
export type KubernetesGateway = KubernetesObject<'KubernetesGateway', KubernetesGatewaySpec>;

export function readKubernetesGateway(spec: Fields): KubernetesGatewaySpec {
  const listeners = spec.objects('listeners').map((listener) => ({
    name: listener.string('name') ?? '',
    port: listener.integer('port') ?? 0,
    protocol: listener.string('protocol') ?? '',
    from: readAllowed(listener.object('allowedRoutes')?.object('namespaces')),
  }));
  return { className: spec.string('gatewayClassName') ?? '', listeners };
}

/** `Same` unless stated. */
function readAllowed(namespaces: Fields | undefined): KubernetesListener['from'] {
  const from = namespaces?.string('from');
  if (from === 'Selector') return readLabelSelector(namespaces!.object('selector'));
  return from === 'All' ? from : 'Same';
}
