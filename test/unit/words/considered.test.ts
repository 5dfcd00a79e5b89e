// Every object that could have decided is named with the reason why it did not.
import assert from 'node:assert/strict';
import type { LostRuleReason } from '../../../server/src/mtls/considered';
import { app, destinationRule, explanationOf, namespace, peerAuthentication, service } from '../report/workspace';

const MESH = namespace('shop') + namespace('pay') + app('shop', 'web') + app('pay', 'api') + service('pay', 'api');
const HOST = 'api.pay.svc.cluster.local';
const DISABLE = 'trafficPolicy: {tls: {mode: DISABLE}}';

function lost(...rules: string[]): Record<string, LostRuleReason> {
  const { explanation } = explanationOf(MESH + rules.join(''), { client: 'shop/web', host: 'api.pay' });
  return Object.fromEntries(
    explanation.rules!.lost.map(({ rule, reason }) => [`${rule.metadata.namespace}/${rule.metadata.name}`, reason]),
  );
}
const text = (...rules: string[]): string =>
  explanationOf(MESH + rules.join(''), { client: 'shop/web', host: 'api.pay' }).text;

describe('rules that lost', () => {
  it('were merged into a rule that the client may not see', () => {
    const narrow = destinationRule('pay', 'a-narrow', HOST, 'exportTo: [pay]');
    const wide = destinationRule('pay', 'b-wide', HOST, `exportTo: [pay, shop], ${DISABLE}`);
    const alone = text(wide);
    assert.match(alone, /DestinationRule pay\/b-wide for host \S+: spec\.trafficPolicy\.tls\.mode DISABLE/);
    // `exportTo: [pay]` is private and stays out of the way; two lists of others do not
    const first = destinationRule('pay', 'a-other', HOST, 'exportTo: [other, pay]');
    const second = destinationRule('pay', 'b-wide', HOST, `exportTo: [other, pay, shop], ${DISABLE}`);
    assert.deepEqual(lost(first, second), { 'pay/a-other': 'not-exported', 'pay/b-wide': 'swallowed' });
    assert.match(
      text(first, second),
      /pay\/b-wide for host \S+ is swallowed: it was merged into DestinationRule pay\/a-other/,
    );
    assert.deepEqual(lost(narrow, wide), { 'pay/a-narrow': 'not-exported' });
  });

  it('stand behind a more specific one that is kept from the client', () => {
    const hidden = destinationRule('pay', 'exact', HOST, 'exportTo: [pay, other]');
    const wide = destinationRule('pay', 'wide', '*.pay.svc.cluster.local', DISABLE);
    assert.deepEqual(lost(hidden, wide), { 'pay/exact': 'not-exported', 'pay/wide': 'hidden-by-more-specific' });
    assert.match(text(hidden, wide), /pay\/wide .* is not found: DestinationRule pay\/exact has a more specific host/);
  });

  it('are of another revision, or refused by the API server', () => {
    const rule = destinationRule('pay', 'canary', HOST, DISABLE);
    const other = rule.replace('name: canary', 'name: canary, labels: {istio.io/rev: canary}');
    const broken = destinationRule('pay', 'broken', HOST, 'trafficPolicy: {tls: {mode: NONE}}');
    assert.deepEqual(lost(other, broken), { 'pay/canary': 'revision', 'pay/broken': 'rejected' });
    assert.match(text(other), /pay\/canary .* is not read: its label istio\.io\/rev hands it to another revision/);
    assert.match(text(broken), /pay\/broken .* does not exist: the API server refuses it/);
  });

  it('have a subset whose name is taken', () => {
    const subset = (name: string): string =>
      destinationRule('pay', name, HOST, 'subsets: [{name: v1, labels: {app: api}}]');
    assert.deepEqual(lost(subset('a'), subset('b')), { 'pay/b': 'merged-subset-unused' });
  });

  it('are for other clients of the namespace', () => {
    const mine = destinationRule('shop', 'mine', HOST, `workloadSelector: {matchLabels: {app: other}}, ${DISABLE}`);
    assert.deepEqual(lost(mine), { 'shop/mine': 'not-selected' });
  });

  it('are listed in the order of looking up', () => {
    const found = lost(
      destinationRule('elsewhere', 'd', HOST, DISABLE),
      destinationRule('istio-system', 'c', '*.local', DISABLE),
      destinationRule('pay', 'b', HOST, DISABLE),
      destinationRule('shop', 'a', '*.pay.svc.cluster.local', DISABLE),
      destinationRule('shop', 'win', HOST, DISABLE),
    );
    assert.deepEqual(Object.entries(found), [
      ['shop/a', 'less-specific'],
      ['pay/b', 'later-namespace'],
      ['istio-system/c', 'later-namespace'],
      ['elsewhere/d', 'namespace-not-looked-at'],
    ]);
  });

  it('hide their outer block behind a port setting without tls', () => {
    const settings = 'tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]';
    const outside = `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: out, namespace: shop}, spec: {hosts: [out.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}}\n---\n`;
    const rule = destinationRule('shop', 'out', 'out.example', `trafficPolicy: {${settings}}`);
    const told = explanationOf(MESH + outside + rule, { client: 'shop/web', host: 'out.example' }).text;
    assert.match(
      told,
      /portLevelSettings\[0\] has no tls and replaces the outer block whole: mode: SIMPLE does not count/,
    );
  });
});

describe('the block of a subset', () => {
  it('is found in the rule that it was merged from', () => {
    const first = destinationRule('pay', 'a', HOST, 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}');
    const second = destinationRule('pay', 'b', HOST, `subsets: [{name: v1, labels: {app: api}, ${DISABLE}}]`);
    const told = explanationOf(MESH + first + second, { client: 'shop/web', host: 'api.pay', subset: 'v1' }).text;
    assert.match(told, /DestinationRule pay\/b for host \S+: spec\.subsets\[0\]\.trafficPolicy\.tls\.mode DISABLE/);
  });
});

describe('policies that lost', () => {
  it('are of another revision, or refused', () => {
    const other = peerAuthentication('pay', 'canary', 'mtls: {mode: STRICT}').replace(
      'name: canary',
      'name: canary, labels: {istio.io/rev: canary}',
    );
    const broken = peerAuthentication('pay', 'broken', 'mtls: {mode: ON}');
    const { text: told, explanation } = explanationOf(MESH + other + broken, { client: 'shop/web', host: 'api.pay' });
    assert.deepEqual(explanation.policies.map(({ reason }) => reason).sort(), ['rejected', 'revision']);
    assert.match(told, /PeerAuthentication pay\/canary is not read: its label istio\.io\/rev/);
  });
});
