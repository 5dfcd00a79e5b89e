// Random meshes: every kind and field that bears on who reaches whom, over few names, so that things meet.
import fc, { type Arbitrary } from 'fast-check';

/** A Kubernetes object as JSON has it. */
export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly namespace?: string };
};

/** No name is a part of another word in a mesh, so that one can be renamed in its text. */
export const NAMESPACES = ['alfa', 'bravo', 'charlie'] as const;
const ROOT = 'istio-system';
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
const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
/** Absent as a rule. */
const rarely = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const exportTo = rarely(fc.constantFrom<string[]>(['.'], ['*'], ['alfa'], ['.', 'bravo'], ['alfa', 'bravo']));
const time = maybe(fc.constantFrom(...TIMES));

function object(
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

type Make = (index: number) => Manifest;

const workload: Arbitrary<Make> = fc
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

const service: Arbitrary<Make> = fc
  .record({
    place: namespace,
    name: app,
    selector: rarely(labels),
    kind: fc.constantFrom('plain', 'plain', 'plain', 'headless', 'external'),
    target: rarely(fc.oneof(port, fc.constantFrom('http', 'other'))),
    ports: fc.uniqueArray(port, { minLength: 1, maxLength: 2 }),
    names: fc.uniqueArray(fc.constantFrom('http', 'tcp-db', 'web', 'https-x', 'grpc'), { minLength: 2, maxLength: 2 }),
    exportTo: rarely(fc.constantFrom('.', '*', 'alfa,bravo', '~')),
    time,
  })
  .map((each) => (_index: number) => {
    const { place, name, kind } = each;
    const metadata = {
      ...(each.exportTo && { annotations: { 'networking.istio.io/exportTo': each.exportTo } }),
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

const peerAuthentication: Arbitrary<Make> = fc
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

const destinationRule: Arbitrary<Make> = fc
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

const serviceEntry: Arbitrary<Make> = fc
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

const workloadEntry: Arbitrary<Make> = fc
  .record({ place: namespace, labels, serviceAccount: maybe(fc.constant('reader')) })
  .map(
    ({ place, ...spec }) =>
      (index: number) =>
        object('networking.istio.io/v1', 'WorkloadEntry', place, `we-${index}`, {
          spec: { address: '10.9.8.7', ...spec },
        }),
  );

const sidecar: Arbitrary<Make> = fc
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

const virtualService: Arbitrary<Make> = fc
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

const authorizationPolicy: Arbitrary<Make> = fc
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

const namespaces = fc
  .tuple(
    ...NAMESPACES.map(() =>
      fc.constantFrom(...Array<string>(8).fill('enabled'), 'disabled', 'none', 'canary', undefined),
    ),
  )
  .map((values) =>
    values.flatMap((value, index): Manifest[] => {
      if (value === undefined) return [];
      const key = value === 'canary' ? 'istio.io/rev' : 'istio-injection';
      const own = value === 'none' ? {} : { [key]: value };
      return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACES[index]!, labels: own } }];
    }),
  );

const meshConfig = rarely(
  fc.constantFrom(
    'enableAutoMtls: false',
    'outboundTrafficPolicy: {mode: REGISTRY_ONLY}',
    'defaultDestinationRuleExportTo: ["."]',
    'defaultServiceExportTo: ["."]',
    'trustDomain: example.org',
  ),
).map((mesh) => (mesh ? [object('v1', 'ConfigMap', ROOT, 'istio', { data: { mesh } })] : []));

/** Objects of a mesh, no two of one kind, namespace and name. */
export const mesh: Arbitrary<Manifest[]> = fc
  .tuple(
    namespaces,
    meshConfig,
    ...(
      [
        [workload, 6],
        [service, 5],
        [peerAuthentication, 4],
        [destinationRule, 4],
        [serviceEntry, 2],
        [workloadEntry, 1],
        [sidecar, 2],
        [virtualService, 2],
        [authorizationPolicy, 1],
      ] as const
    ).map(([make, maxLength]) =>
      fc
        .array(make, { maxLength, minLength: maxLength > 3 ? maxLength - 3 : 0 })
        .map((list) => list.map((each, index) => each(index))),
    ),
  )
  .map((lists) => distinct(lists.flat()));

function distinct(objects: readonly Manifest[]): Manifest[] {
  const key = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  return [...new Map(objects.map((each) => [key(each), each])).values()];
}

/** Objects of a namespace that has nothing to do with the others, which show nothing to anybody. */
export const island: Arbitrary<Manifest[]> = fc
  .tuple(
    workload,
    service,
    peerAuthentication,
    destinationRule,
    serviceEntry,
    sidecar,
    virtualService,
    authorizationPolicy,
  )
  .map((makes) =>
    makes.map((make) => {
      const each = make(77);
      const { kind, metadata, spec } = each as Manifest & { readonly spec: object };
      const hidden = ['DestinationRule', 'ServiceEntry', 'VirtualService'].includes(kind) ? { exportTo: ['.'] } : {};
      const annotations = kind === 'Service' ? { 'networking.istio.io/exportTo': '.' } : {};
      return { ...each, metadata: { ...metadata, namespace: 'island', annotations }, spec: { ...spec, ...hidden } };
    }),
  );

/** A file of these objects, as JSON documents. */
export function textOf(objects: readonly Manifest[]): string {
  return objects.map((each) => JSON.stringify(each)).join('\n---\n');
}
