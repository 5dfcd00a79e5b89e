// What policies see of a request: paths, hosts, headers, addresses, server names (traps AZ-16 … AZ-18, AZ-20, AZ-21, AZ-26).
import assert from 'node:assert/strict';
import { parseBlock } from '../../../server/src/authorization/address';
import { seenPath } from '../../../server/src/authorization/path';
import { ask, meshConfig, meshWith, PLAINTEXT, policy } from './support';

/** True where a DENY of this operation, or of these conditions, stops a request. */
function denies(rule: string, http: Parameters<typeof ask>[1], ...more: string[]): boolean {
  return ask(meshWith(policy('shop/no', `{action: DENY, rules: [${rule}]}`), ...more), http).startsWith('deny');
}
const onPath = (pattern: string, path: string, ...more: string[]): boolean =>
  denies(`{to: [{operation: {paths: ["${pattern}"]}}]}`, { http: { path } }, ...more);

describe('requests as policies see them', () => {
  it('AZ-16 paths lose their query and their dots, not their slashes', () => {
    assert.ok(onPath('/admin', '/admin?x'));
    assert.ok(onPath('/admin', '/x/../admin'));
    assert.ok(onPath('/admin', '/%61dmin'));
    assert.ok(!onPath('/admin', '/admin/'));
    assert.ok(!onPath('/admin', '//admin'));
    assert.ok(onPath('/admin', '//admin', meshConfig('{pathNormalization: {normalization: MERGE_SLASHES}}')));
    assert.ok(!onPath('/admin', '/x/../admin', meshConfig('{pathNormalization: {normalization: NONE}}')));
  });

  it('each normalisation', () => {
    const sent = '/a%2F..%2Fb/./c//d\\e?x=/../y';
    assert.equal(seenPath(sent, 'NONE'), '/a%2F..%2Fb/./c//d\\e');
    assert.equal(seenPath(sent, 'BASE'), '/a%2F..%2Fb/c//d/e');
    assert.equal(seenPath(sent, 'MERGE_SLASHES'), '/a%2F..%2Fb/c/d/e');
    assert.equal(seenPath(sent, 'DECODE_AND_MERGE_SLASHES'), '/b/c/d/e');
    assert.equal(seenPath('/a/..', 'BASE'), '/');
    assert.equal(seenPath('/../../a', 'DEFAULT'), '/a');
  });

  it('AZ-17 hosts mind the port and not the case', () => {
    const onHost = (host: string): boolean => denies('{to: [{operation: {hosts: [web.shop]}}]}', { http: { host } });
    assert.ok(onHost('WEB.shop'));
    assert.ok(!onHost('web.shop:80'));
    assert.ok(!onHost('web.shop.svc.cluster.local'));
  });

  it('AZ-18 templates take whole segments', () => {
    assert.ok(onPath('/files/{**}', '/files/'));
    assert.ok(onPath('/files/{**}', '/files/a/b.txt'));
    assert.ok(!onPath('/files/{**}', '/files'));
    assert.ok(onPath('/api/{*}/info', '/api/v1/info'));
    assert.ok(!onPath('/api/{*}/info', '/api/v1/v2/info'));
    assert.ok(!onPath('/api/{*}/info', '/api//info'));
    assert.ok(!onPath('/api.v1/{*}', '/apixv1/a'));
  });

  it('AZ-20 a missing header fails values and passes notValues', () => {
    const rule = (name: string): string => `{when: [{key: "request.headers[X-Role]", ${name}: [admin, "gu*"]}]}`;
    const sent = (headers: Record<string, string>) => ({ http: { headers } });
    assert.ok(!denies(rule('values'), sent({})));
    assert.ok(denies(rule('notValues'), sent({})));
    assert.ok(denies(rule('values'), sent({ 'x-role': 'guest' })));
    assert.ok(!denies(rule('values'), sent({ 'x-role': 'Admin' })));
  });

  it('AZ-21 remote addresses are the last of X-Forwarded-For, on HTTP', () => {
    const rule = '{from: [{source: {remoteIpBlocks: [10.9.0.0/16]}}]}';
    const forwarded = (value: string) => ({ http: { headers: { 'x-forwarded-for': value } } });
    assert.ok(denies(rule, forwarded('1.2.3.4, 10.9.8.7')));
    assert.ok(!denies(rule, forwarded('10.9.8.7, 1.2.3.4')));
    assert.ok(denies(rule, { ip: '10.9.8.7' }));
    assert.ok(denies(rule, { ...forwarded('nobody'), ip: '10.9.8.7' }));
    assert.ok(denies(rule, { ...forwarded('1.2.3.4'), ip: '10.9.8.7', port: 9090 }));
    assert.ok(!denies('{from: [{source: {ipBlocks: [10.9.0.0/16]}}]}', forwarded('10.9.8.7')));
  });

  it('AZ-26 the server name is Istio’s name of the cluster', () => {
    const rule = (name: string): string => `{when: [{key: connection.sni, ${name}: ["outbound_.80_*"]}]}`;
    const sni = 'outbound_.80_._.web.shop.svc.cluster.local';
    assert.ok(denies(rule('values'), { sni }));
    assert.ok(!denies(rule('notValues'), { sni }));
    assert.ok(denies(rule('notValues'), { ...PLAINTEXT, sni }));
  });

  // authz/model/generator.go:srcNamespaceGenerator, authz/matcher/string.go:StringMatcherWithPrefix
  it('identities are texts with stars, not expressions', () => {
    const fromNamespace = (value: string, namespace: string): boolean =>
      denies(`{from: [{source: {namespaces: ["${value}"]}}]}`, { principal: `cluster.local/ns/${namespace}/sa/job` });
    assert.ok(fromNamespace('p*y', 'pay'));
    assert.ok(!fromNamespace('p.y', 'pay'));
    assert.ok(!fromNamespace('.*', 'pay'));
    const fromPrincipal = (value: string, principal: string): boolean =>
      denies(`{from: [{source: {principals: ["${value}"]}}]}`, { principal });
    assert.ok(fromPrincipal('*/sa/job.daily', 'cluster.local/ns/pay/sa/job.daily'));
    assert.ok(!fromPrincipal('*/sa/job.daily', 'cluster.local/ns/pay/sa/job-daily'));
    const fromAccount = (value: string, principal: string): boolean =>
      denies(`{from: [{source: {serviceAccounts: ["${value}"]}}]}`, { principal });
    assert.ok(fromAccount('pay/job.daily', 'cluster.local/ns/pay/sa/job.daily'));
    assert.ok(!fromAccount('pay/job.daily', 'cluster.local/ns/pay/sa/job-daily'));
  });

  it('methods mind the case and take one star', () => {
    const onMethod = (pattern: string): boolean => denies(`{to: [{operation: {methods: ["${pattern}"]}}]}`, {});
    assert.ok(!onMethod('get'));
    assert.ok(onMethod('*T'));
    assert.ok(onMethod('G*'));
  });

  it('blocks of addresses', () => {
    assert.ok(parseBlock('0.0.0.0/0')!('1.2.3.4'));
    assert.ok(!parseBlock('0.0.0.0/0')!('::1'));
    assert.ok(parseBlock('2001:db8::/32')!('2001:db8:1::5'));
    assert.ok(parseBlock('::ffff:10.0.0.1')!('::ffff:a00:1'));
    assert.ok(!parseBlock('10.0.0.1')!('10.0.0.2'));
    assert.equal(parseBlock('10.0.0'), undefined);
    assert.equal(parseBlock('1::2::3'), undefined);
  });
});
