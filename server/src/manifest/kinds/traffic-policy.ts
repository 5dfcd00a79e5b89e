// What the webhook refuses in a traffic policy beside TLS: outlier detection, connection pools, load balancing
// (pkg/config/validation:validateOutlierDetection, validateConnectionPool, validateLoadBalancer).
import type { Fields } from '../fields';
import { checkDurations, checkNotNegative, checkRange, durationOf } from './values';

/**
 * Checks the three blocks of a policy, for all ports or for one.
 * @param warns false in subsets and for ports, where the webhook throws its warnings away
 */
export function checkPolicyBlocks(policy: Fields, warns: boolean): void {
  const outlier = policy.object('outlierDetection');
  checkOutlierDetection(outlier, warns);
  checkConnectionPool(policy.object('connectionPool'));
  checkLoadBalancer(policy.object('loadBalancer'), outlier !== undefined, warns);
}

function checkOutlierDetection(fields: Fields | undefined, warns: boolean): void {
  if (!fields) return;
  checkDurations(fields, 'interval', 'baseEjectionTime');
  checkRange(fields, 0, 100, 'maxEjectionPercent', 'minHealthPercent');
  if (warns && fields.raw('consecutiveErrors')) fields.note('consecutiveErrors', 'field-deprecated', {}, 'warning');
  const local = fields.raw('consecutiveLocalOriginFailures');
  if (typeof local === 'number' && local > 0 && fields.raw('splitExternalLocalOriginErrors') !== true)
    fields.note('consecutiveLocalOriginFailures', 'needs-field', { field: 'splitExternalLocalOriginErrors' });
}

/** Also the pools of a Sidecar. */
export function checkConnectionPool(fields: Fields | undefined): void {
  if (!fields) return;
  if (!fields.has('http') && !fields.has('tcp')) fields.note(undefined, 'connection-pool-empty');
  const http = fields.object('http');
  checkNotNegative(
    http,
    'http1MaxPendingRequests',
    'http2MaxRequests',
    'maxRequestsPerConnection',
    'maxRetries',
    'maxConcurrentStreams',
  );
  checkDurations(http, 'idleTimeout');
  if (http?.raw('h2UpgradePolicy') === 'UPGRADE' && http.raw('useClientProtocol') === true)
    http.note('h2UpgradePolicy', 'excludes-field', { field: 'useClientProtocol' });
  const keepAlive = http?.object('http2KeepAlive');
  for (const name of ['interval', 'timeout'])
    if (keepAlive && !keepAlive.has(name)) keepAlive.note(undefined, 'needs-field', { field: name });
  checkDurations(keepAlive, 'interval', 'timeout');
  const tcp = fields.object('tcp');
  checkNotNegative(tcp, 'maxConnections');
  // less than a millisecond, or less than nothing, means never
  const idle = tcp?.string('idleTimeout');
  if (idle !== undefined && durationOf(idle.replace(/^-/, '')) === undefined)
    tcp!.note('idleTimeout', 'duration-invalid', { found: idle });
  checkDurations(tcp, 'connectTimeout', 'maxConnectionDuration');
  checkDurations(tcp?.object('tcpKeepalive'), 'time', 'interval');
}

/** Of these the CRD takes one. */
function checkOneOf(fields: Fields | undefined, names: readonly string[]): void {
  const [first, second] = names.filter((name) => fields?.has(name));
  if (first !== undefined && second !== undefined) fields!.note(second, 'excludes-field', { field: first });
}

function checkLoadBalancer(fields: Fields | undefined, hasOutlier: boolean, warns: boolean): void {
  if (!fields) return;
  const hash = fields.object('consistentHash');
  checkOneOf(fields, ['simple', 'consistentHash']);
  checkOneOf(hash, ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName']);
  checkOneOf(hash, ['ringHash', 'maglev']);
  const cookie = hash?.object('httpCookie');
  if (cookie && !cookie.string('name')) cookie.note(undefined, 'needs-field', { field: 'name' });
  const names = new Set<string>();
  for (const attribute of cookie?.objects('attributes') ?? []) {
    const name = attribute.string('name') ?? '';
    if (name === '') attribute.note(undefined, 'needs-field', { field: 'name' });
    else if (names.has(name)) attribute.note('name', 'value-repeated', { found: name });
    names.add(name);
  }
  if (hash?.raw('minimumRingSize')) {
    if (warns) hash.note('minimumRingSize', 'field-deprecated', {}, 'warning');
    for (const other of ['ringHash', 'maglev'])
      if (hash.has(other)) hash.note('minimumRingSize', 'excludes-field', { field: other });
  }
  const table = hash?.object('maglev')?.raw('tableSize');
  if (typeof table === 'number' && (table <= 0 || table >= 5_000_011 || !isPrime(table)))
    hash!.object('maglev')!.note('tableSize', 'table-size-invalid', { found: String(table) });
  if (fields.has('localityLbSetting') && fields.has('zoneAwareLbSetting'))
    fields.note('localityLbSetting', 'excludes-field', { field: 'zoneAwareLbSetting' });
  checkLocalities(fields.object('localityLbSetting'), hasOutlier, warns);
  const zones = fields.object('zoneAwareLbSetting');
  if (zones?.strings('failoverPriority').some(isTopologyLabel))
    zones.note('failoverPriority', 'topology-label-excluded', { field: 'failoverPriority' });
  checkFailover(zones, hasOutlier, warns);
  const warmup = fields.object('warmup');
  if (warmup && !warmup.has('duration')) warmup.note(undefined, 'needs-field', { field: 'duration' });
  checkDurations(warmup, 'duration');
  checkDurations(fields, 'warmupDurationSecs');
  checkRange(warmup, 0, 100, 'minimumPercent');
  const aggression = warmup?.raw('aggression');
  if (typeof aggression === 'number' && aggression < 1)
    warmup!.note('aggression', 'number-too-small', { found: String(aggression), min: 1 });
}

function isPrime(number: number): boolean {
  if (number < 2) return false;
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}

const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

function isTopologyLabel(label: string): boolean {
  return TOPOLOGY.includes(label.split('=', 1)[0]!);
}

/** Each problem ends the search, as it does in the webhook. */
function checkLocalities(fields: Fields | undefined, hasOutlier: boolean, warns: boolean): void {
  if (!fields) return;
  const distribute = fields.objects('distribute');
  const failover = fields.objects('failover');
  if (distribute.length > 0 && failover.length > 0) {
    fields.note('failover', 'excludes-field', { field: 'distribute' });
    return;
  }
  if (failover.length > 0 && fields.strings('failoverPriority').some(isTopologyLabel)) {
    fields.note('failover', 'topology-label-excluded', { field: 'failover' });
    return;
  }
  const sources: string[] = [];
  for (const item of distribute) {
    sources.push(item.string('from') ?? '');
    const to = item.object('to');
    const weights = to?.names().map((name) => Number(to.raw(name))) ?? [];
    if (
      weights.some((weight) => !(weight >= 1 && weight <= 100)) ||
      weights.reduce((sum, each) => sum + each, 0) !== 100
    )
      item.note('to', 'weights-not-100');
    checkOverlap(item, 'to', to?.names() ?? []);
  }
  checkOverlap(fields, 'distribute', sources);
  checkFailover(fields, hasOutlier, warns);
}

function checkFailover(fields: Fields | undefined, hasOutlier: boolean, warns: boolean): void {
  if (!fields) return;
  const failover = fields.objects('failover');
  const field = failover.length > 0 ? 'failover' : 'failoverPriority';
  if (warns && !hasOutlier && (failover.length > 0 || fields.strings('failoverPriority').length > 0))
    fields.note(field, 'failover-without-outlier-detection', {}, 'warning');
  for (const item of failover) {
    const [from = '', to = ''] = [item.string('from'), item.string('to')];
    if (from === to) item.note('to', 'regions-equal', { found: to });
    for (const name of ['from', 'to'])
      if (/[/*]/.test(item.string(name) ?? '')) item.note(name, 'region-invalid', { found: item.string(name) ?? '' });
  }
}

/** pkg/config/validation:validateLocalities: no part may be empty, a star stands at the end, and none covers another. */
function checkOverlap(fields: Fields, name: string, localities: readonly string[]): void {
  const seen: string[][] = [];
  for (const locality of localities) {
    const parts = locality.split('/');
    const star = parts.indexOf('*');
    const isWrong = parts.some((part) => part === '' || (part.includes('*') && part !== '*'));
    if (isWrong || (star >= 0 && star < parts.length - 1)) {
      fields.note(name, 'locality-invalid', { found: locality });
      return;
    }
    const own = star >= 0 ? parts.slice(0, star) : parts;
    for (const other of seen) {
      const shorter = Math.min(own.length, other.length);
      if (own.slice(0, shorter).every((part, index) => part === other[index])) {
        fields.note(name, 'localities-overlap', { found: locality });
        return;
      }
    }
    seen.push(own);
  }
}
