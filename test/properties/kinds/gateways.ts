// Random gateways of both kinds, what leads through them, and waypoints.
import fc, { type Arbitrary } from 'fast-check';
import { app, type Make, namespace, object, port, rarely } from './common';

/** Listens at the pods that are injected as gateways, whatever their names. */
export const gateway: Arbitrary<Make> = fc
  .record({
    place: namespace,
    app,
    number: port,
    server: fc.constantFrom(
      { protocol: 'HTTP' },
      { protocol: 'HTTPS', tls: { mode: 'ISTIO_MUTUAL' } },
      { protocol: 'HTTPS', tls: { mode: 'SIMPLE', credentialName: 'cert' } },
      { protocol: 'TLS', tls: { mode: 'PASSTHROUGH' } },
      { protocol: 'TCP' },
    ),
  })
  .map((each) => (index: number) => {
    const { protocol, ...tls } = each.server;
    const servers = [{ port: { number: each.number, name: 'main', protocol }, hosts: ['*'], ...tls }];
    const spec = { selector: { app: each.app }, servers };
    return object('networking.istio.io/v1', 'Gateway', each.place, `gw-${index}`, { spec });
  });

/** A Gateway of the Gateway API whose pods Istio runs, and which no manifest shows. */
export const kubernetesGateway: Arbitrary<Make> = fc
  .record({ place: namespace, number: port })
  .map(({ place, number }) => (index: number) => {
    const listeners = [{ name: 'main', port: number, protocol: 'HTTP' }];
    const spec = { gatewayClassName: 'istio', listeners };
    return object('gateway.networking.k8s.io/v1', 'Gateway', place, `ingress-${index}`, { spec });
  });

export const httpRoute: Arbitrary<Make> = fc
  .record({ place: namespace, app, number: port })
  .map(({ place, app: name, number }) => (index: number) => {
    const spec = { parentRefs: [{ name: 'ingress-0' }], rules: [{ backendRefs: [{ name, port: number }] }] };
    return object('gateway.networking.k8s.io/v1', 'HTTPRoute', place, `route-${index}`, { spec });
  });

export const waypoint: Arbitrary<Make> = fc
  .record({ place: namespace, serves: rarely(fc.constantFrom('all', 'workload', 'none')) })
  .map(({ place, serves }) => (index: number) => {
    const listeners = [{ name: 'mesh', port: 15008, protocol: 'HBONE' }];
    const spec = { gatewayClassName: 'istio-waypoint', listeners };
    const labels = serves ? { labels: { 'istio.io/waypoint-for': serves } } : {};
    return object('gateway.networking.k8s.io/v1', 'Gateway', place, `waypoint-${index}`, { spec }, labels);
  });
