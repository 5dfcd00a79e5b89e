// Random pods and the services in front of them.
import fc, { type Arbitrary } from 'fast-check';
import { app, exportTo, labels, type Make, maybe, namespace, object, port, ROOT, rarely, time } from './common';

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
