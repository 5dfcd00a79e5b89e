// What is sure of a client without looking at its requests, and what policies say about why.
import assert from 'node:assert/strict';
import type { Access } from '../../../server/src/authorization/authorization';
import { find, line, meshWith, policy, STRICT } from './support';

function access(port: number, ...manifests: string[]): Access {
  const authorization = meshWith(...manifests);
  return authorization.access(find(authorization.mesh, 'pay/web'), find(authorization.mesh, 'shop/web'), port);
}
const lines = (answers: Access['mutualTls']): string => answers.map(line).join(', ');

describe('access of a client to a port', () => {
  const byNamespace = policy('shop/pay', '{rules: [{from: [{source: {namespaces: [pay]}}]}]}');

  it('is sure where only the identity is asked', () => {
    const found = access(8080, byNamespace);
    assert.equal(lines(found.mutualTls), 'allow http shop/pay[0]');
    assert.equal(lines(found.plaintext), 'deny http');
    assert.ok(found.dependsOnIdentity);
  });

  it('does not depend on the identity where plaintext is refused, or where no policy asks', () => {
    assert.ok(!access(8080, byNamespace, STRICT).dependsOnIdentity);
    assert.ok(!access(8080, policy('shop/all', '{rules: [{}]}')).dependsOnIdentity);
  });

  it('names the fields that leave it open', () => {
    const { mutualTls } = access(
      8080,
      policy('shop/get', '{rules: [{to: [{operation: {methods: [GET], paths: ["*"]}}]}]}'),
    );
    const { reason, decision } = mutualTls[0]!;
    assert.equal(decision, 'depends');
    assert.ok(reason.code === 'open');
    assert.deepEqual(
      reason.rules.map(({ fields }) => fields),
      [[['spec', 'rules', 0, 'to', 0, 'operation', 'methods']]],
    );
  });

  it('names the fields that do not hold', () => {
    const [answer] = access(8080, policy('shop/only', '{rules: [{from: [{source: {namespaces: [a]}}]}]}')).mutualTls;
    assert.ok(answer?.reason.code === 'no-allow-matches');
    assert.deepEqual(answer.reason.rules[0]?.fields, [['spec', 'rules', 0, 'from', 0, 'source', 'namespaces']]);
  });

  it('answers for both layers where the protocol is sniffed', () => {
    const deny = policy('shop/no', '{action: DENY, rules: [{to: [{operation: {methods: [PUT]}}]}]}');
    assert.equal(lines(access(7070, deny).mutualTls), 'depends http, deny tcp shop/no[0]');
    assert.equal(lines(access(9090, deny).mutualTls), 'deny tcp shop/no[0]');
  });

  it('is sure of a denial whatever the request', () => {
    const deny = policy('shop/no', '{action: DENY, rules: [{from: [{source: {namespaces: [pay]}}]}]}');
    const maybe = policy('shop/put', '{rules: [{to: [{operation: {methods: [PUT]}}]}]}');
    assert.equal(lines(access(8080, deny, maybe).mutualTls), 'deny http shop/no[0]');
    const other = policy(
      'shop/a',
      '{rules: [{from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [PUT]}}]}]}',
    );
    assert.equal(lines(access(8080, other).mutualTls), 'deny http');
  });
});
