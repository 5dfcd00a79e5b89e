// Random policies of servers.
import fc, { type Arbitrary } from 'fast-check';
import { anywhere, app, labels, type Make, maybe, mode, namespace, object, port, rarely, time } from './common';

export const peerAuthentication: Arbitrary<Make> = fc
  .record({
    place: anywhere,
    matchLabels: maybe(labels),
    mode: maybe(mode),
    ports: fc.dictionary(port.map(String), mode, { maxKeys: 2 }),
    time,
  })
  .map((each) => (index: number) => {
    const selector = each.matchLabels && { selector: { matchLabels: each.matchLabels } };
    const ports = Object.entries(each.ports).map(([number, stated]) => [number, { mode: stated }] as const);
    const portLevel = each.matchLabels && ports.length > 0 ? { portLevelMtls: Object.fromEntries(ports) } : {};
    const spec = { ...selector, ...(each.mode && { mtls: { mode: each.mode } }), ...portLevel };
    return object(
      'security.istio.io/v1',
      'PeerAuthentication',
      each.place,
      `pa-${index}`,
      { spec },
      { creationTimestamp: each.time },
    );
  });

export const authorizationPolicy: Arbitrary<Make> = fc
  .record({
    place: anywhere,
    matchLabels: maybe(labels),
    target: rarely(
      fc.oneof(
        app.map((name) => ({ group: '', kind: 'Service', name })),
        fc.constantFrom(
          { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'waypoint-0' },
          { group: 'gateway.networking.k8s.io', kind: 'GatewayClass', name: 'istio-waypoint' },
        ),
      ),
    ),
    action: fc.constantFrom('ALLOW', 'ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT'),
    dryRun: rarely(fc.constant({ annotations: { 'istio.io/dry-run': 'true' } })),
    revision: rarely(fc.constantFrom('default', 'canary')),
    source: maybe(
      fc.oneof(
        namespace.map((name) => ({ namespaces: [name] })),
        fc.constantFrom({ principals: ['*'] }, { notPrincipals: ['*'] }, { requestPrincipals: ['*'] }),
      ),
    ),
    operation: rarely(
      fc.oneof(
        fc.constantFrom({ methods: ['GET'] }, { paths: ['/admin*'] }),
        port.map((number) => ({ ports: [String(number)] })),
      ),
    ),
  })
  .map((each) => (index: number) => {
    const target = each.target
      ? { targetRefs: [each.target] }
      : each.matchLabels && { selector: { matchLabels: each.matchLabels } };
    const rule = {
      ...(each.source && { from: [{ source: each.source }] }),
      ...(each.operation && { to: [{ operation: each.operation }] }),
    };
    const spec = { ...target, action: each.action, rules: [rule] };
    const own = { ...each.dryRun, ...(each.revision && { labels: { 'istio.io/rev': each.revision } }) };
    return object('security.istio.io/v1', 'AuthorizationPolicy', each.place, `ap-${index}`, { spec }, own);
  });

export const requestAuthentication: Arbitrary<Make> = fc
  .record({ place: anywhere, matchLabels: maybe(labels) })
  .map(({ place, matchLabels }) => (index: number) => {
    const selector = matchLabels && { selector: { matchLabels } };
    const spec = { ...selector, jwtRules: [{ issuer: 'https://issuer.example' }] };
    return object('security.istio.io/v1', 'RequestAuthentication', place, `ra-${index}`, { spec });
  });
