// What the webhook refuses in the routes of a VirtualService, and what it warns about
// (pkg/config/validation/virtualservice.go).
import { isIpAddress, isSubnet } from '../address';
import { type Fields, isMapping } from '../fields';
import { isPlaceholder } from '../placeholder';
import { areLabels, hostCovers, isDnsLabel, isFqdn, isPort, isWildcardDomain } from './common';
import {
  checkCors,
  checkDestinations,
  checkDirectResponse,
  checkExpression,
  checkFault,
  checkMirrors,
  checkRedirect,
  checkRetries,
  checkRewrite,
} from './route-parts';
import { checkDurations } from './values';

/** Names of gateways; one with a dot is the old way to name the namespace. */
export function checkGateways(fields: Fields): void {
  for (const name of fields.strings('gateways')) {
    if (name === 'mesh') continue;
    const parts = name.split('/');
    const isGood = parts.length === 1 ? isFqdn(name) : parts.length === 2 && parts.every(isDnsLabel);
    if (!isGood) fields.note('gateways', 'gateway-name-invalid', { found: name });
    else if (name.includes('.')) {
      fields.note('gateways', 'gateway-name-dotted', { found: name }, 'warning');
      return;
    }
  }
}

/** What an HTTP route is, by its hosts and gateways. */
export interface RouteContext {
  /** The VirtualService has no hosts: others lead here. */
  readonly isDelegate: boolean;
  /** Sidecars read it as well. */
  readonly inMesh: boolean;
}

export function checkHttpRoutes(routes: readonly Fields[], context: RouteContext): void {
  for (const route of routes) checkHttpRoute(route, context);
  checkReachable(routes, ['name']);
}

const TARGETS = ['route', 'redirect', 'directResponse'];

function checkHttpRoute(route: Fields, { isDelegate, inMesh }: RouteContext): void {
  // an empty list of destinations is the same as none
  const targets = TARGETS.filter((name) => (name === 'route' ? route.objects(name).length > 0 : route.has(name)));
  if (targets.length > 1) route.note(targets[1], 'excludes-field', { field: targets[0]! });
  for (const name of ['fault', 'rewrite'])
    for (const other of ['redirect', 'directResponse'])
      if (route.has(name) && route.has(other)) route.note(name, 'excludes-field', { field: other });
  if (route.has('delegate')) {
    if (isDelegate) route.note('delegate', 'delegate-in-delegate');
    for (const other of ['route', 'redirect'])
      if (route.has(other)) route.note('delegate', 'excludes-field', { field: other });
  }
  if (route.has('mirror') && route.has('mirrors')) route.note('mirror', 'excludes-field', { field: 'mirrors' });
  const matches = route.objects('match');
  for (const match of matches) checkHttpMatch(match, inMesh);
  checkRedirect(route.object('redirect'), matches);
  checkDirectResponse(route.object('directResponse'));
  checkRewrite(route.object('rewrite'));
  checkHeaders(route.object('headers'));
  checkAuthority(route);
  checkDestinations(route);
  for (const destination of route.objects('route')) checkHeaders(destination.object('headers'));
  checkFault(route.object('fault'));
  checkDurations(route, 'timeout');
  checkRetries(route.object('retries'));
  checkCors(route.object('corsPolicy'));
  checkMirrors(route);
}

const TEXTS = ['scheme', 'method', 'authority'];

function checkHttpMatch(match: Fields, inMesh: boolean): void {
  for (const name of ['headers', 'withoutHeaders', 'queryParams']) {
    const map = match.object(name);
    for (const key of map?.names() ?? []) {
      if (name !== 'queryParams') checkHeaderName(map!, key, inMesh);
      // without the header is what `*` means there
      if (name !== 'withoutHeaders' || map!.object(key)?.raw('regex') !== '*') checkText(map!.object(key));
    }
  }
  // an empty prefix of a path fits every path
  checkExpression(match.object('uri'), 'regex');
  for (const name of TEXTS) checkText(match.object(name));
  const namespace = match.string('sourceNamespace') ?? '';
  if (namespace !== '' && !isDnsLabel(namespace) && !isPlaceholder(namespace))
    match.note('sourceNamespace', 'namespace-invalid', { found: namespace });
  checkOrigin(match);
}

/** What matches of all protocols have: the port, who asks, and through which gateway. */
function checkOrigin(match: Fields): void {
  const port = match.raw('port');
  if (typeof port === 'number' && port !== 0 && !isPort(port))
    match.note('port', 'port-invalid', { found: String(port) });
  const labels = match.labels('sourceLabels') ?? {};
  if (!areLabels(labels) && !Object.values(labels).some(isPlaceholder)) match.note('sourceLabels', 'labels-invalid');
  for (const found of match.strings('destinationSubnets'))
    if (!isSubnet(found) && !isPlaceholder(found)) match.note('destinationSubnets', 'address-invalid', { found });
  checkGateways(match);
}

function checkHeaderName(headers: Fields, name: string, inMesh: boolean): void {
  if (name.startsWith('@request.auth.claims')) {
    if (inMesh) headers.note(name, 'claims-in-mesh');
    return;
  }
  if (!/^:?[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) headers.note(name, 'header-invalid', { found: name });
}

/** A way to compare; an empty prefix fits everything and is refused, an expression has to be one. */
function checkText(match: Fields | undefined): void {
  if (!match) return;
  if (match.raw('prefix') === '') match.note('prefix', 'empty-value');
  checkExpression(match, 'regex');
}

/** Operations on headers of requests and of answers. */
function checkHeaders(headers: Fields | undefined): void {
  for (const direction of ['request', 'response'] as const) {
    const operations = headers?.object(direction);
    for (const name of ['set', 'add']) {
      const values = operations?.object(name);
      for (const key of values?.names() ?? []) {
        const isPseudo = key.startsWith(':') && !(direction === 'request' && key === ':authority');
        const isHost = direction === 'response' && key.toLowerCase() === 'host';
        if (key === '') values!.note(undefined, 'header-missing');
        else if (isPseudo || isHost) values!.note(key, 'header-invalid', { found: key });
        const value = values!.raw(key);
        if (typeof value === 'string' && !isHeaderValue(value))
          values!.note(key, 'header-value-invalid', { found: value });
      }
    }
    for (const key of operations?.strings('remove') ?? []) {
      if (key === '') operations!.note('remove', 'header-missing');
      else if (key.startsWith(':') || key.toLowerCase() === 'host')
        operations!.note('remove', 'header-invalid', { found: key });
    }
  }
}

/** No control characters, and every `%` doubled or around a command of Envoy's, such as `%START_TIME%`. */
function isHeaderValue(value: string): boolean {
  const rest = value.replaceAll('%%', '').replaceAll(/%[A-Z0-9_]+(?:\([^)]*\))?(?::\d+)?%/g, '');
  return !rest.includes('%') && [...value].every((char) => char >= ' ' && char !== '\u007f');
}

/** The authority can be set in one place. */
function checkAuthority(route: Fields): void {
  const request = route.object('headers')?.object('request');
  const isSet = (name: string): boolean =>
    (request?.object(name)?.names() ?? []).some((key) => key === ':authority' || key.toLowerCase() === 'host');
  const places = [route.object('rewrite')?.has('authority'), isSet('set'), isSet('add')].filter(Boolean);
  if (places.length > 1) route.note('headers', 'authority-twice');
}

/**
 * Routes of TLS connections, told apart by the name in the handshake.
 * @param hosts of the VirtualService: the names have to be among them
 */
export function checkTlsRoutes(routes: readonly Fields[], hosts: readonly string[]): void {
  for (const route of routes) {
    const matches = route.objects('match');
    if (matches.length === 0) route.note(undefined, 'needs-field', { field: 'match' });
    if (route.objects('route').length === 0) route.note(undefined, 'needs-field', { field: 'route' });
    for (const match of matches) {
      const names = match.strings('sniHosts');
      if (names.length === 0) match.note(undefined, 'needs-field', { field: 'sniHosts' });
      for (const host of names) {
        if (isIpAddress(host)) match.note('sniHosts', 'sni-address', { host }, 'warning');
        else if (host !== '*' && !host.startsWith('outbound_') && !isWildcardDomain(host))
          match.note('sniHosts', 'host-invalid', { host });
        else if (!hosts.some((each) => hostCovers(each, host)) && ![host, ...hosts].some(isPlaceholder))
          match.note('sniHosts', 'sni-host-foreign', { host });
      }
      checkOrigin(match);
    }
    checkDestinations(route);
  }
  checkReachable(routes, []);
}

export function checkTcpRoutes(routes: readonly Fields[]): void {
  for (const route of routes) {
    if (route.objects('route').length === 0) route.note(undefined, 'needs-field', { field: 'route' });
    for (const match of route.objects('match')) checkOrigin(match);
    checkDestinations(route);
  }
  checkReachable(routes, []);
}

/** Routes that nothing reaches, since an earlier one takes all of it. */
function checkReachable(routes: readonly Fields[], ignored: readonly string[]): void {
  let takesAll = false;
  const seen: Readonly<Record<string, unknown>>[] = [];
  for (const route of routes) {
    const matches = route.objects('match').map((match) => withoutNames(match, ignored));
    if (takesAll) {
      route.note(undefined, 'route-unreachable', {}, 'warning');
      continue;
    }
    if (matches.length === 0) takesAll = true;
    const hidden = matches.map((match) => seen.some((other) => covers(other, match)));
    if (matches.length > 0 && hidden.every(Boolean)) route.note(undefined, 'route-unreachable', {}, 'warning');
    else
      matches.forEach((match, index) => {
        const within = matches.slice(0, index).some((other) => covers(other, match));
        if (hidden[index] || within) route.objects('match')[index]?.note(undefined, 'match-ineffective', {}, 'warning');
      });
    seen.push(...matches);
  }
}

function withoutNames(match: Fields, ignored: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    match
      .names()
      .filter((name) => !ignored.includes(name) && match.has(name))
      .map((name) => [name, match.raw(name)]),
  );
}

/** True when every request that fits `match` fits `other`: the same, or a shorter prefix and otherwise the same or less. */
function covers(other: Readonly<Record<string, unknown>>, match: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(other).every(([name, wanted]) => {
    const found = match[name];
    if (name === 'uri' && isMapping(wanted) && isMapping(found) && match.ignoreUriCase === other.ignoreUriCase) {
      const { prefix } = wanted;
      if (typeof prefix === 'string' && typeof found.prefix === 'string') return found.prefix.startsWith(prefix);
    }
    return JSON.stringify(found) === JSON.stringify(wanted);
  });
}
