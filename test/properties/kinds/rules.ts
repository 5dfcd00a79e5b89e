// Random objects that say what clients send and whom they know.
import fc, { type Arbitrary } from 'fast-check';
import {
  anywhere,
  app,
  exportTo,
  host,
  labels,
  type Make,
  maybe,
  namespace,
  object,
  port,
  rarely,
  time,
} from './common';

const tls = fc
  .record({
    mode: fc.constantFrom('DISABLE', 'DISABLE', 'ISTIO_MUTUAL', 'ISTIO_MUTUAL', 'SIMPLE', 'MUTUAL', undefined),
    names: rarely(namespace),
  })
  .map(({ mode: stated, names }) => ({
    mode: stated,
    ...(stated === 'MUTUAL' && { clientCertificate: '/c.pem', privateKey: '/k.pem' }),
    ...(names && stated !== 'MUTUAL' && { subjectAltNames: [`spiffe://cluster.local/ns/${names}/sa/default`] }),
  }));
const loadBalancer = fc.constantFrom({ simple: 'ROUND_ROBIN' }, { simple: 'PASSTHROUGH' });
const trafficPolicy = fc.record({
  tls: maybe(tls),
  loadBalancer: rarely(loadBalancer),
  portLevelSettings: rarely(
    fc.uniqueArray(port, { minLength: 1, maxLength: 2 }).chain((ports) =>
      fc.tuple(
        ...ports.map((number) =>
          fc.record({
            port: fc.constant({ number }),
            tls: maybe(tls),
            loadBalancer: fc.constant({ simple: 'ROUND_ROBIN' }),
          }),
        ),
      ),
    ),
  ),
});

/** A traffic policy without any field is refused. */
const notEmpty = <T extends object>(policy: T | undefined): T | undefined =>
  policy && Object.values(policy).some((value) => value !== undefined) ? policy : undefined;

export const destinationRule: Arbitrary<Make> = fc
  .record({
    place: anywhere,
    host,
    trafficPolicy: maybe(trafficPolicy).map(notEmpty),
    subset: rarely(fc.record({ labels, trafficPolicy: maybe(trafficPolicy).map(notEmpty) })),
    exportTo,
    matchLabels: rarely(labels),
    time,
  })
  .map((each) => (index: number) => {
    const spec = {
      host: each.host,
      trafficPolicy: each.trafficPolicy,
      ...(each.subset && { subsets: [{ name: 'one', ...each.subset }] }),
      ...(each.exportTo && !each.matchLabels && { exportTo: each.exportTo }),
      ...(each.matchLabels && { workloadSelector: { matchLabels: each.matchLabels } }),
    };
    return object(
      'networking.istio.io/v1',
      'DestinationRule',
      each.place,
      `dr-${index}`,
      { spec },
      { creationTimestamp: each.time },
    );
  });

export const sidecar: Arbitrary<Make> = fc
  .record({
    place: anywhere,
    hosts: fc.uniqueArray(
      fc.constantFrom('*/*', './*', 'alfa/*', '~bravo/*', '*/api.example.com', 'charlie/web.charlie.svc.cluster.local'),
      { minLength: 1, maxLength: 2 },
    ),
    labels: rarely(labels),
    outbound: rarely(fc.constantFrom('REGISTRY_ONLY', 'ALLOW_ANY')),
    ingress: rarely(port),
    time,
  })
  .map((each) => (index: number) => {
    const spec = {
      egress: [{ hosts: each.hosts }],
      ...(each.labels && { workloadSelector: { labels: each.labels } }),
      ...(each.outbound && { outboundTrafficPolicy: { mode: each.outbound } }),
      ...(each.ingress && {
        ingress: [{ port: { number: each.ingress, protocol: 'HTTP', name: 'in' }, defaultEndpoint: '127.0.0.1:8080' }],
      }),
    };
    return object(
      'networking.istio.io/v1',
      'Sidecar',
      each.place,
      `sc-${index}`,
      { spec },
      { creationTimestamp: each.time },
    );
  });

export const virtualService: Arbitrary<Make> = fc
  .record({
    place: namespace,
    host: fc.oneof(app, fc.constant('store.example.com')),
    to: host,
    subset: rarely(fc.constant('one')),
    exportTo,
  })
  .map((each) => (index: number) => {
    const destination = { host: each.to.replace('*.', 'web.'), subset: each.subset };
    const spec = {
      hosts: [each.host],
      http: [{ route: [{ destination }] }],
      ...(each.exportTo && { exportTo: each.exportTo }),
    };
    return object('networking.istio.io/v1', 'VirtualService', each.place, `vs-${index}`, { spec });
  });

export const backendTlsPolicy: Arbitrary<Make> = fc
  .record({ place: namespace, name: app, port: rarely(fc.constant('http')), system: fc.boolean() })
  .map((each) => (index: number) => {
    const trust = each.system
      ? { wellKnownCACertificates: 'System' }
      : { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }] };
    const spec = {
      targetRefs: [{ group: '', kind: 'Service', name: each.name, sectionName: each.port }],
      validation: { hostname: 'api.example.com', ...trust },
    };
    return object('gateway.networking.k8s.io/v1', 'BackendTLSPolicy', each.place, `bp-${index}`, { spec });
  });
