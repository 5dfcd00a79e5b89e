// Which waypoint stands before a service, and what ztunnel makes of policies' ports and address ranges.
import assert from 'node:assert/strict';
import { waypointOf } from '../../../server/src/mesh/waypoint';
import type { MutualTls } from '../../../server/src/mtls/mutual-tls';
import { Workspace } from '../../../server/src/workspace/workspace';

function ambient(...manifests: string[]): MutualTls {
  const workspace = new Workspace();
  workspace.apply({ files: new Map([['mesh.yaml', manifests.join('\n---\n')]]), assume: { ambient: true } });
  return workspace.snapshot().meshes[0]!.mtls;
}

const place = (name: string, labels = ''): string =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio.io/dataplane-mode: ambient${labels}}}}`;
const service = (labels: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, labels: {${labels}}}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}`;
const waypoint = (namespace: string, allowed = ''): string =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: gate, namespace: ${namespace}}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE${allowed}}]}}`;

function waypointBefore(host: string, ...manifests: string[]): string {
  const { mesh } = ambient(...manifests);
  const found = mesh.services.find((each) => each.host === `${host}.svc.cluster.local`);
  assert.ok(found);
  const workload = waypointOf(mesh, found);
  return workload ? `${workload.namespace}/${workload.name}` : 'none';
}

// ambient/waypoints.go:fetchWaypointForService, makeAllowedRoutes
describe('waypoints', () => {
  const ELSEWHERE = service('istio.io/use-waypoint: gate, istio.io/use-waypoint-namespace: infra');
  const infra = (allowed: string): string =>
    waypointBefore('web.shop', place('shop', ', team: a'), place('infra'), waypoint('infra', allowed), ELSEWHERE);

  it('of another namespace have to allow it', () => {
    assert.equal(infra(''), 'none');
    assert.equal(infra(', allowedRoutes: {namespaces: {from: Same}}'), 'none');
    assert.equal(infra(', allowedRoutes: {namespaces: {from: All}}'), 'infra/gate');
    const selecting = (team: string): string =>
      infra(`, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: ${team}}}}}`);
    assert.equal(selecting('a'), 'infra/gate');
    assert.equal(selecting('b'), 'none');
  });

  it('are those of the namespace unless the service has the label, even an empty one', () => {
    const shop = place('shop', ', istio.io/use-waypoint: gate');
    assert.equal(waypointBefore('web.shop', shop, waypoint('shop'), service('')), 'shop/gate');
    assert.equal(waypointBefore('web.shop', shop, waypoint('shop'), service('istio.io/use-waypoint: ""')), 'none');
    assert.equal(waypointBefore('web.shop', shop, waypoint('shop'), service('istio.io/use-waypoint: none')), 'none');
  });

  it('do not stand before themselves', () => {
    const shop = place('shop', ', istio.io/use-waypoint: gate');
    assert.equal(waypointBefore('gate.shop', shop, waypoint('shop'), service('')), 'none');
  });
});

// ambient/authorization.go:stringToPort, stringToIP
describe('policies as ztunnel has them', () => {
  const POD =
    '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, ports: [{containerPort: 8080}]}]}}}}';
  const takes = (rule: string, port: number): boolean => {
    const policy = `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: some, namespace: shop}, spec: {rules: [${rule}]}}`;
    const mtls = ambient(place('shop'), POD, policy);
    const [pod] = mtls.mesh.podsIn('shop');
    return mtls.ambientAccepts(pod!, port)!.plaintext;
  };

  it('ports are numbers', () => {
    assert.ok(takes('{to: [{operation: {ports: ["08080"]}}]}', 8080));
    assert.ok(!takes('{to: [{operation: {ports: ["08080"]}}]}', 9090));
  });

  it('a range of all addresses fits any', () => {
    assert.ok(takes('{from: [{source: {ipBlocks: [0.0.0.0/0]}}]}', 8080));
    assert.ok(!takes('{from: [{source: {notIpBlocks: [0.0.0.0/0]}}]}', 8080));
    assert.ok(!takes('{from: [{source: {ipBlocks: [192.0.2.7]}}]}', 8080));
  });
});
