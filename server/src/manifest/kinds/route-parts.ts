// What the webhook refuses in the parts of an HTTP route beside its matches: retries, faults, CORS, redirects, rewrites
// and destinations (pkg/config/validation:validateHTTPRetry, validateHTTPFaultInjection, validateCORSPolicy and others).
import type { Fields } from '../fields';
import { isExpression } from '../pattern';
import { isPlaceholder } from '../placeholder';
import { isDnsLabel, isPort, isWildcardDomain } from './common';
import { checkDurations, checkNotNegative, checkRange, durationOf } from './values';

const LONGEST_EXPRESSION = 1024;

/** An expression that Envoy is given: RE2, of bounded length. */
export function checkExpression(fields: Fields | undefined, name: string): void {
  const found = fields?.raw(name);
  if (typeof found !== 'string' || isPlaceholder(found)) return;
  if (found === '') fields!.note(name, 'expression-empty');
  else if (found.length > LONGEST_EXPRESSION) fields!.note(name, 'expression-long', { limit: LONGEST_EXPRESSION });
  else if (!isExpression(found)) fields!.note(name, 'expression-invalid', { found });
}

/** Where requests are sent; `destination` holds host, subset and port. */
export function checkDestination(destination: Fields | undefined): void {
  if (!destination) return;
  const host = destination.string('host') ?? '';
  if (host === '*' || host === '' || !(isWildcardDomain(host) || isPlaceholder(host)))
    destination.note(host === '' ? undefined : 'host', 'destination-host-invalid', { host });
  const subset = destination.string('subset') ?? '';
  if (subset !== '' && !isDnsLabel(subset) && !isPlaceholder(subset))
    destination.note('subset', 'subset-name-invalid', { name: subset });
  const port = destination.object('port');
  const number = port?.integer('number') ?? 0;
  if (port && (port.raw('number') === undefined || typeof port.raw('number') === 'number') && !isPort(number))
    port.note(port.has('number') ? 'number' : undefined, 'port-invalid', { found: String(number) });
}

/** The destinations of a route of any protocol: with several, some weight has to be above 0. */
export function checkDestinations(route: Fields): void {
  const destinations = route.objects('route');
  for (const destination of destinations) {
    checkNotNegative(destination, 'weight');
    if (!destination.has('destination')) destination.note(undefined, 'destination-host-invalid', { host: '' });
    checkDestination(destination.object('destination'));
  }
  if (destinations.length > 1 && destinations.every((each) => !each.raw('weight'))) route.note('route', 'weights-zero');
}

/** Copies of requests. */
export function checkMirrors(route: Fields): void {
  checkDestination(route.object('mirror'));
  checkRange(route, 0, 100, 'mirrorPercent');
  checkRange(route.object('mirrorPercentage'), 0, 100, 'value');
  for (const mirror of route.objects('mirrors')) {
    if (!mirror.has('destination')) mirror.note(undefined, 'needs-field', { field: 'destination' });
    checkDestination(mirror.object('destination'));
    checkRange(mirror.object('percentage'), 0, 100, 'value');
  }
}

/** What Envoy retries on, as the webhook knows it. */
export const RETRY_CONDITIONS: readonly string[] = [
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'retriable-4xx', 'refused-stream'],
  ...['retriable-status-codes', 'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
];

/** Ranges of the status codes that Go has a text for. */
const STATUS_CODES = [
  ...[100, 103, 200, 208, 226, 226, 300, 305, 307, 308, 400, 418, 421, 426, 428, 429, 431, 431, 451, 451],
  ...[500, 508, 510, 511],
];

/** True for one condition of `retryOn`: its name, or the code of a response. Spaces around it are part of it. */
export function isRetryCondition(text: string): boolean {
  if (RETRY_CONDITIONS.includes(text)) return true;
  if (!/^[+-]?\d+$/.test(text)) return false;
  const code = Number(text);
  return STATUS_CODES.some((from, index) => index % 2 === 0 && from <= code && code <= STATUS_CODES[index + 1]!);
}

export function checkRetries(retries: Fields | undefined): void {
  if (!retries) return;
  checkNotNegative(retries, 'attempts');
  checkDurations(retries, 'perTryTimeout', 'backoff');
  const conditions = retries.string('retryOn') ?? '';
  for (const name of ['perTryTimeout', 'retryOn', 'retryRemoteLocalities']) {
    if (!retries.has(name) || retries.raw(name) === '') continue;
    if (!retries.has('attempts')) retries.note(name, 'needs-field', { field: 'attempts' });
    else if (retries.raw('attempts') === 0) retries.note(name, 'excludes-field', { field: 'attempts: 0' });
  }
  if (conditions === '' || isPlaceholder(conditions)) return;
  const unknown = conditions.split(',').filter((each) => !isRetryCondition(each));
  if (unknown.length > 0) retries.note('retryOn', 'retry-condition-unknown', { found: unknown[0]!, whole: conditions });
}

const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'];

export function checkCors(cors: Fields | undefined): void {
  if (!cors) return;
  for (const origin of cors.objects('allowOrigins')) {
    const text = ['exact', 'prefix', 'regex'].map((name) => origin.raw(name)).find((value) => value !== undefined);
    if (text === undefined || text === '') origin.note(undefined, 'origin-empty');
    else checkExpression(origin, 'regex');
  }
  for (const method of cors.strings('allowMethods'))
    if (!CORS_METHODS.includes(method) && !isPlaceholder(method))
      cors.note('allowMethods', 'method-unknown', { found: method, allowed: CORS_METHODS });
  for (const name of ['allowHeaders', 'exposeHeaders'])
    for (const header of cors.strings(name))
      if (!isHeaderName(header) && !isPlaceholder(header)) cors.note(name, 'header-invalid', { found: header });
  checkDurations(cors, 'maxAge');
  const age = cors.raw('maxAge');
  if (typeof age === 'string' && (durationOf(age) ?? 0) % 1000 !== 0)
    cors.note('maxAge', 'not-seconds', { found: age });
}

/** A token of RFC 7230; pseudo headers such as `:method` are none. */
function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

const GRPC_STATUSES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'UNAUTHENTICATED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE'],
  ...['UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
];

export function checkFault(fault: Fields | undefined): void {
  if (!fault) return;
  const [abort, delay] = [fault.object('abort'), fault.object('delay')];
  if (!abort && !delay) fault.note(undefined, 'fault-empty');
  for (const part of [abort, delay]) {
    const percentage = part?.object('percentage');
    const share = percentage?.raw('value');
    if (typeof share === 'number' && share > 0 && share < 0.0001)
      percentage!.note('value', 'number-too-small', { found: String(share), min: 0.0001 });
    else checkRange(percentage, 0, 100, 'value');
  }
  checkDurations(delay, 'fixedDelay');
  if (delay?.has('exponentialDelay')) delay.note('exponentialDelay', 'not-supported');
  if (!abort) return;
  checkRange(abort, 200, 600, 'httpStatus');
  if (abort.has('http2Error')) abort.note('http2Error', 'not-supported');
  const status = abort.string('grpcStatus');
  if (status !== undefined && !GRPC_STATUSES.includes(status) && !isPlaceholder(status))
    abort.note('grpcStatus', 'unknown-value', { found: status, allowed: GRPC_STATUSES });
  if (!['httpStatus', 'grpcStatus', 'http2Error'].some((name) => abort.has(name)))
    abort.note(undefined, 'abort-empty', {}, 'warning');
}

export function checkRedirect(redirect: Fields | undefined, matches: readonly Fields[]): void {
  if (!redirect) return;
  if (redirect.has('uri') && redirect.has('prefixRewrite'))
    redirect.note('uri', 'excludes-field', { field: 'prefixRewrite' });
  const byPrefix = matches.every((match) => !match.has('uri') || match.object('uri')!.has('prefix'));
  if (redirect.has('prefixRewrite') && !byPrefix)
    redirect.note('prefixRewrite', 'needs-field', { field: 'match.uri.prefix' });
  const isSet = (name: string): boolean => redirect.has(name) && redirect.raw(name) !== '';
  if (!['uri', 'prefixRewrite', 'authority', 'scheme', 'port', 'derivePort'].some(isSet))
    redirect.note(undefined, 'redirect-empty');
  if (redirect.raw('redirectCode') !== 0) checkRange(redirect, 300, 399, 'redirectCode');
  const scheme = redirect.string('scheme') ?? '';
  if (!['', 'http', 'https'].includes(scheme) && !isPlaceholder(scheme))
    redirect.note('scheme', 'unknown-value', { found: scheme, allowed: ['http', 'https'] });
  checkRange(redirect, 0, 65535, 'port');
}

const WARNED_BODY = 100 * 1024;
const LARGEST_BODY = 1024 * 1024;

/** An answer of the proxy's own. */
export function checkDirectResponse(response: Fields | undefined): void {
  if (!response) return;
  if (response.has('status')) checkRange(response, 200, 600, 'status');
  else response.note(undefined, 'needs-field', { field: 'status' });
  const body = response.object('body');
  const text = body?.raw('string');
  if (typeof text !== 'string' || text.length <= WARNED_BODY) return;
  const severity = text.length > LARGEST_BODY ? 'error' : 'warning';
  body!.note('string', 'body-large', { limit: severity === 'error' ? '1 MB' : '100 kB' }, severity);
}

export function checkRewrite(rewrite: Fields | undefined): void {
  if (!rewrite) return;
  if (rewrite.has('uri') && rewrite.has('uriRegexRewrite'))
    rewrite.note('uri', 'excludes-field', { field: 'uriRegexRewrite' });
  if (!['uri', 'authority', 'uriRegexRewrite'].some((name) => rewrite.has(name)))
    rewrite.note(undefined, 'rewrite-empty');
  const byExpression = rewrite.object('uriRegexRewrite');
  for (const name of ['match', 'rewrite'])
    if (byExpression && !byExpression.string(name)) byExpression.note(undefined, 'needs-field', { field: name });
  if (byExpression?.string('match')) checkExpression(byExpression, 'match');
}
