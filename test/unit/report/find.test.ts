// What a user means by a client and a host.
import assert from 'node:assert/strict';
import { findClients, findService, nearest, splitHostPort } from '../../../server/src/report/find';
import { app, namespace, onlyMesh, service, snapshotOf } from './workspace';

const { mesh } = onlyMesh(
  snapshotOf(
    namespace('shop') +
      namespace('test') +
      app('shop', 'web') +
      app('test', 'web') +
      app('shop', 'cart') +
      service('shop', 'cart') +
      service('test', 'cart') +
      '{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: partners, namespace: shop}, spec: {hosts: ["*.example.com"], ports: [{name: tls, number: 443, protocol: TLS}]}}\n',
  ),
);

describe('finding what was meant', () => {
  it('takes a client by namespace and name, by kind and name, and by name alone', () => {
    const keys = (text: string): string[] =>
      findClients(mesh, text).map(({ namespace: place, name }) => `${place}/${name}`);
    assert.deepEqual(keys('shop/web'), ['shop/web']);
    assert.deepEqual(keys('cart'), ['shop/cart']);
    assert.deepEqual(keys('deploy/cart'), ['shop/cart']);
    assert.deepEqual(keys('web'), ['shop/web', 'test/web']);
    assert.deepEqual(keys('shop/nobody'), []);
  });

  it('reads a host as DNS would for that client', () => {
    const [shopWeb] = findClients(mesh, 'shop/web');
    const [testWeb] = findClients(mesh, 'test/web');
    const hostOf = (text: string, client = shopWeb): string | undefined => findService(mesh, text, client)?.host;
    assert.equal(hostOf('cart'), 'cart.shop.svc.cluster.local');
    assert.equal(hostOf('cart', testWeb), 'cart.test.svc.cluster.local');
    assert.equal(hostOf('cart.test'), 'cart.test.svc.cluster.local');
    assert.equal(hostOf('cart.test.svc'), 'cart.test.svc.cluster.local');
    assert.equal(hostOf('cart.test.svc.cluster.local'), 'cart.test.svc.cluster.local');
    assert.equal(hostOf('api.example.com'), '*.example.com');
    assert.equal(hostOf('web'), undefined);
  });

  it('splits host and port, also out of a URL', () => {
    assert.deepEqual(splitHostPort('cart.shop:80'), { host: 'cart.shop', port: 80 });
    assert.deepEqual(splitHostPort('cart'), { host: 'cart', port: undefined });
    assert.deepEqual(splitHostPort('http://cart.shop:8080/items'), { host: 'cart.shop', port: 8080 });
  });

  it('suggests what comes near and nothing else', () => {
    assert.deepEqual(nearest('shop/wbe', ['shop/web', 'shop/cart']), ['shop/web']);
    assert.deepEqual(nearest('web', ['shop/web', 'test/web', 'shop/cart']), ['shop/web', 'test/web']);
    assert.deepEqual(nearest('warehouse', ['shop/web', 'shop/cart']), []);
  });
});
