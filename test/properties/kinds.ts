// Random objects of every kind that bears on who reaches whom, over few names, so that things meet.
import fc, { type Arbitrary } from 'fast-check';

/** A Kubernetes object as JSON has it. */
export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly namespace?: string };
};

/** No name is a part of another word in a mesh, so that one can be renamed in its text. */
export const NAMESPACES = ['alfa', 'bravo', 'charlie'] as const;
export const ROOT = 'istio-system';
const APPS = ['web', 'api', 'db'] as const;
const PORTS = [80, 443, 3306, 8080, 9090] as const;
const TIMES = ['2024-01-01T00:00:00Z', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'] as const;

const namespace = fc.constantFrom('alfa', 'alfa', 'alfa', 'bravo', 'bravo', 'charlie');
const anywhere = fc.oneof({ weight: 4, arbitrary: namespace }, { weight: 1, arbitrary: fc.constant(ROOT) });
const app = fc.constantFrom(...APPS);
const port = fc.constantFrom(...PORTS);
const mode = fc.constantFrom('STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET');
const labels = fc.oneof(
  app.map((name) => ({ app: name })),
  fc.record({ app, version: fc.constantFrom('v1', 'v2') }),
);
/** Absent as often as not. */
export const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
/** Absent as a rule. */
export const rarely = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const exportTo = rarely(fc.constantFrom<string[]>(['.'], ['*'], ['alfa'], ['.', 'bravo'], ['alfa', 'bravo']));
const time = maybe(fc.constantFrom(...TIMES));

export function object(
  apiVersion: string,
  kind: string,
  place: string,
  name: string,
  rest: object,
  metadata: object = {},
): Manifest {
  return { apiVersion, kind, metadata: { name, namespace: place, ...metadata }, ...rest } as Manifest;
}

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

/** A host as rules and routes name it. */
const host = fc.oneof(
  fc.tuple(app, namespace).map(([name, place]) => `${name}.${place}.svc.cluster.local`),
  namespace.map((place) => `*.${place}.svc.cluster.local`),
  app,
  fc.constantFrom('*.cluster.local', 'api.example.com', '*.example.com'),
);

export type Make = (index: number) => Manifest;

export const workload: Arbitrary<Make> = fc
  .record({
    kind: fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet'),
    place: fc.oneof({ weight: 9, arbitrary: namespace }, { weight: 1, arbitrary: fc.constant(ROOT) }),
    labels,
    inject: rarely(fc.constantFrom('true', 'false', 'no')),
    revision: rarely(fc.constantFrom('default', 'canary')),
    tlsMode: rarely(fc.constantFrom('istio', 'disabled')),
    annotations: fc.dictionary(
      fc.constantFrom(
        'traffic.sidecar.istio.io/excludeInboundPorts',
        'traffic.sidecar.istio.io/includeInboundPorts',
        'traffic.sidecar.istio.io/excludeOutboundPorts',
        'traffic.sidecar.istio.io/excludeOutboundIPRanges',
        'traffic.sidecar.istio.io/includeOutboundIPRanges',
      ),
      fc.constantFrom('80', '8080,443', '*', '', '10.0.0.0/8', '0.0.0.0/0'),
      { maxKeys: 1 },
    ),
    special: rarely(
      fc.constantFrom(
        { 'inject.istio.io/templates': 'gateway' },
        { 'sidecar.istio.io/interceptionMode': 'NONE' },
        { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' },
        { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090' },
      ),
    ),
    hostNetwork: rarely(fc.constant(true)),
    account: rarely(fc.constantFrom('reader', 'writer')),
    ports: fc.uniqueArray(port, { maxLength: 2 }),
    probe: rarely(port.map((number) => ({ httpGet: { port: number } }))),
  })
  .map((each) => (index: number) => {
    const { kind, place, ports } = each;
    const own = {
      ...each.labels,
      ...(each.inject && { 'sidecar.istio.io/inject': each.inject }),
      ...(each.revision && { 'istio.io/rev': each.revision }),
      ...(each.tlsMode && { 'security.istio.io/tlsMode': each.tlsMode }),
    };
    const container = {
      name: 'app',
      image: 'example/app:1',
      ports: ports.map((containerPort, position) => ({ name: ['http', 'other'][position], containerPort })),
      livenessProbe: each.probe,
    };
    const spec = { containers: [container], serviceAccountName: each.account, hostNetwork: each.hostNetwork };
    const template = { metadata: { labels: own, annotations: { ...each.annotations, ...each.special } }, spec };
    return object('apps/v1', kind, place, `${each.labels.app}-${index}`, { spec: { template } });
  });

export const service: Arbitrary<Make> = fc
  .record({
    place: namespace,
    name: app,
    selector: rarely(labels),
    kind: fc.constantFrom('plain', 'plain', 'plain', 'headless', 'external'),
    target: rarely(fc.oneof(port, fc.constantFrom('http', 'other'))),
    ports: fc.uniqueArray(port, { minLength: 1, maxLength: 2 }),
    names: fc.uniqueArray(fc.constantFrom('http', 'tcp-db', 'web', 'https-x', 'grpc'), { minLength: 2, maxLength: 2 }),
    exportTo: rarely(fc.constantFrom('.', '*', 'alfa,bravo', '~')),
    waypoint: rarely(fc.constantFrom('waypoint-0', 'none')),
    time,
  })
  .map((each) => (_index: number) => {
    const { place, name, kind } = each;
    const metadata = {
      ...(each.exportTo && { annotations: { 'networking.istio.io/exportTo': each.exportTo } }),
      ...(each.waypoint && { labels: { 'istio.io/use-waypoint': each.waypoint } }),
      creationTimestamp: each.time,
    };
    const ports = each.ports.map((number, index) => ({
      name: each.names[index],
      port: number,
      targetPort: each.target,
    }));
    const spec =
      kind === 'external'
        ? { type: 'ExternalName', externalName: `web.${place}.svc.cluster.local`, ports }
        : { selector: each.selector ?? { app: name }, ports, ...(kind === 'headless' && { clusterIP: 'None' }) };
    return object('v1', 'Service', place, name, { spec }, metadata);
  });

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

export const serviceEntry: Arbitrary<Make> = fc
  .record({
    place: namespace,
    host: fc.oneof(
      fc.constantFrom('api.example.com', 'db.example.com'),
      fc.tuple(app, namespace).map(([name, place]) => `${name}.${place}.svc.cluster.local`),
    ),
    location: fc.constantFrom('MESH_INTERNAL', 'MESH_EXTERNAL'),
    resolution: fc.constantFrom('NONE', 'STATIC', 'DNS'),
    number: port,
    protocol: fc.constantFrom('HTTP', 'TCP', 'TLS', 'HTTPS'),
    by: fc.constantFrom('nothing', 'endpoints', 'selector'),
    account: rarely(fc.constant('reader')),
    labels,
    exportTo,
    time,
  })
  .map((each) => (index: number) => {
    const endpoints = { endpoints: [{ address: '10.1.2.3', labels: each.labels, serviceAccount: each.account }] };
    const spec = {
      hosts: [each.host],
      location: each.location,
      resolution: each.resolution,
      ports: [{ number: each.number, name: 'main', protocol: each.protocol }],
      ...(each.by === 'endpoints' && each.resolution !== 'NONE' && endpoints),
      ...(each.by === 'selector' && each.resolution !== 'NONE' && { workloadSelector: { labels: each.labels } }),
      ...(each.exportTo && { exportTo: each.exportTo }),
    };
    return object(
      'networking.istio.io/v1',
      'ServiceEntry',
      each.place,
      `se-${index}`,
      { spec },
      { creationTimestamp: each.time },
    );
  });

export const workloadEntry: Arbitrary<Make> = fc
  .record({ place: namespace, labels, serviceAccount: maybe(fc.constant('reader')) })
  .map(
    ({ place, ...spec }) =>
      (index: number) =>
        object('networking.istio.io/v1', 'WorkloadEntry', place, `we-${index}`, {
          spec: { address: '10.9.8.7', ...spec },
        }),
  );

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

export const authorizationPolicy: Arbitrary<Make> = fc
  .record({
    place: anywhere,
    matchLabels: maybe(labels),
    action: fc.constantFrom('ALLOW', 'DENY'),
    source: fc.oneof(
      namespace.map((name) => ({ namespaces: [name] })),
      fc.constantFrom({ principals: ['*'] }, { notPrincipals: ['*'] }),
    ),
  })
  .map((each) => (index: number) => {
    const selector = each.matchLabels && { selector: { matchLabels: each.matchLabels } };
    const spec = { ...selector, action: each.action, rules: [{ from: [{ source: each.source }] }] };
    return object('security.istio.io/v1', 'AuthorizationPolicy', each.place, `ap-${index}`, { spec });
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

export const waypoint: Arbitrary<Make> = namespace.map((place) => (index: number) => {
  const listeners = [{ name: 'mesh', port: 15008, protocol: 'HBONE' }];
  const spec = { gatewayClassName: 'istio-waypoint', listeners };
  return object('gateway.networking.k8s.io/v1', 'Gateway', place, `waypoint-${index}`, { spec });
});
