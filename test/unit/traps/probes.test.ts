// Traps of probes, scrapes and protocols, by the ids of our list of traps.
import assert from 'node:assert/strict';
import { probeAnswers, scrapeAnswer } from '../../../server/src/mtls/probes';
import { serverFirst } from '../../../server/src/mtls/server-first';
import { namespace, peerAuthentication } from '../report/workspace';
import { connection, meshConfig, meshOf, pods, serviceWith, workloadOf } from './support';

const SHOP = namespace('shop') + namespace('legacy', 'disabled');
const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');
const OFF = 'sidecar.istio.io/rewriteAppHTTPProbers: "false"';
const HTTP = 'livenessProbe: {httpGet: {path: /, port: 8080}}';
const TCP = 'readinessProbe: {tcpSocket: {port: 8080}}';

/** `livenessProbe fails plaintext-refused`, a line for each probe of `shop/web`. */
function probes(...manifests: string[]): string[] {
  const mtls = meshOf(SHOP + manifests.join(''));
  return probeAnswers(mtls, workloadOf(mtls, 'shop/web')).map(
    ({ probe, outcome, reason }) => `${probe.field} ${outcome} ${reason}`,
  );
}

describe('traps: probes', () => {
  it('PR-01 an httpGet probe works under STRICT: it is led to the agent', () => {
    assert.deepEqual(probes(STRICT, pods('shop', 'web', '', HTTP)), ['livenessProbe works rewritten']);
  });
  it('PR-02 without rewriting an httpGet probe fails under STRICT', () => {
    assert.deepEqual(probes(STRICT, pods('shop', 'web', OFF, HTTP)), ['livenessProbe fails plaintext-refused']);
    const grpc = 'startupProbe: {grpc: {port: 8080}}';
    assert.deepEqual(probes(STRICT, pods('shop', 'web', OFF, grpc)), ['startupProbe fails plaintext-refused']);
  });
  it('PR-03 without rewriting a tcpSocket probe always passes', () => {
    assert.deepEqual(probes(STRICT, pods('shop', 'web', OFF, TCP)), ['readinessProbe always-passes sidecar-answers']);
  });
  it('works without rewriting where the port is exempt, excluded or permissive, and for exec', () => {
    const exempt = peerAuthentication(
      'shop',
      'web',
      'selector: {matchLabels: {app: web}}, portLevelMtls: {8080: {mode: PERMISSIVE}}',
    );
    const works = 'livenessProbe works';
    assert.deepEqual(probes(STRICT, exempt, pods('shop', 'web', OFF, HTTP)), [`${works} plaintext-accepted`]);
    const excluded = `${OFF}, traffic.sidecar.istio.io/excludeInboundPorts: "8080"`;
    assert.deepEqual(probes(STRICT, pods('shop', 'web', excluded, HTTP)), [`${works} not-captured`]);
    assert.deepEqual(probes(pods('shop', 'web', OFF, HTTP)), [`${works} plaintext-accepted`]);
    assert.deepEqual(probes(STRICT, pods('shop', 'web', OFF, 'livenessProbe: {exec: {command: [ls]}}')), [
      `${works} exec`,
    ]);
  });
  it('reads the annotation as Go reads a boolean, and a bad value as none', () => {
    const stated = (value: string): string =>
      probes(STRICT, pods('shop', 'web', `sidecar.istio.io/rewriteAppHTTPProbers: "${value}"`, HTTP))[0]!;
    for (const value of ['0', 'f', 'F', 'FALSE', 'False']) assert.match(stated(value), /fails/, value);
    for (const value of ['no', 'off', 'fAlse', '', 'true']) assert.match(stated(value), /rewritten/, value);
  });
  it('rewrites none where the values of the injector say so, unless the annotation does', () => {
    const values = (value: boolean): string =>
      `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {values: {sidecarInjectorWebhook: {rewriteAppHTTPProbe: ${value}}}}}\n---\n`;
    const on = 'sidecar.istio.io/rewriteAppHTTPProbers: "true"';
    const bad = 'sidecar.istio.io/rewriteAppHTTPProbers: "maybe"';
    const fails = ['livenessProbe fails plaintext-refused'];
    const works = ['livenessProbe works rewritten'];
    assert.deepEqual(probes(STRICT, values(false), pods('shop', 'web', '', HTTP)), fails);
    assert.deepEqual(probes(STRICT, values(false), pods('shop', 'web', bad, HTTP)), fails);
    assert.deepEqual(probes(STRICT, values(false), pods('shop', 'web', on, HTTP)), works);
    assert.deepEqual(probes(STRICT, values(true), pods('shop', 'web', '', HTTP)), works);
    assert.deepEqual(probes(STRICT, values(true), pods('shop', 'web', OFF, HTTP)), fails);
  });
  it('finds the ports of named probes, and lifecycle hooks', () => {
    const hook = 'ports: [{name: web, containerPort: 8080}], lifecycle: {preStop: {httpGet: {port: web}}}';
    assert.deepEqual(probes(STRICT, pods('shop', 'web', OFF, hook)), ['preStop fails plaintext-refused']);
  });
  it('is unknown where nothing shows whether there is a sidecar and it makes a difference', () => {
    const mtls = meshOf(STRICT + pods('shop', 'web', OFF, HTTP));
    assert.equal(probeAnswers(mtls, workloadOf(mtls, 'shop/web'))[0]?.outcome, 'unknown');
    const usual = meshOf(STRICT + pods('shop', 'web', '', HTTP));
    assert.equal(probeAnswers(usual, workloadOf(usual, 'shop/web'))[0]?.outcome, 'works');
  });
});

describe('traps: server-first protocols', () => {
  const mysql = (port: string, policy = ''): string => {
    const mtls = meshOf(
      SHOP +
        policy +
        pods('shop', 'db') +
        pods('legacy', 'old') +
        pods('shop', 'web') +
        serviceWith('shop', 'db', port),
    );
    const of = (client: string): string => {
      const each = connection(mtls, client, 'db.shop', 3307);
      const found = serverFirst(each, each.endpoints[0]!);
      return found ? `hangs at ${found.where}, ${found.hint ?? 'no hint'}` : each.endpoints[0]!.outcome;
    };
    return `${of('legacy/old')}; ${of('shop/web')}`;
  };
  const disabled = peerAuthentication('shop', 'default', 'mtls: {mode: DISABLE}');

  it('PR-04 on an undeclared PERMISSIVE port plaintext hangs', () => {
    assert.equal(mysql('name: db, port: 3307, targetPort: 3306'), 'hangs at server, MySQL; hangs at client, MySQL');
    assert.equal(mysql('name: db, port: 3307'), 'hangs at server, no hint; hangs at client, no hint');
  });
  it('PR-05 on a declared PERMISSIVE port plaintext still hangs; mTLS does not', () => {
    assert.equal(mysql('name: tcp-mysql, port: 3307'), 'hangs at server, MySQL; mtls');
  });
  it('PR-06 with DISABLE a declared port works', () => {
    assert.equal(mysql('name: tcp-mysql, port: 3307', disabled), 'plaintext; plaintext');
    assert.match(mysql('name: db, port: 3307', disabled), /^hangs at server/);
  });
  it('is no matter of STRICT, where plaintext is refused and mTLS works', () => {
    assert.equal(mysql('name: tcp-mysql, port: 3307', STRICT), 'fail; mtls');
  });
});

describe('traps: scrapes and protocols', () => {
  const scraped = 'prometheus.io/scrape: "true", prometheus.io/port: "9090"';
  const scrape = (annotations: string, more = ''): string => {
    const mtls = meshOf(SHOP + STRICT + more + pods('shop', 'web', annotations));
    const answer = scrapeAnswer(mtls, workloadOf(mtls, 'shop/web'));
    return answer ? `${answer.port ?? 'agent'} ${answer.outcome} ${answer.reason}` : 'none';
  };
  it('PR-07 a Prometheus without sidecar is refused by STRICT unless metrics are merged', () => {
    assert.equal(scrape(scraped), 'agent works merged');
    assert.equal(scrape(`${scraped}, prometheus.istio.io/merge-metrics: "false"`), '9090 fails plaintext-refused');
    assert.equal(scrape(scraped, meshConfig('enablePrometheusMerge: false')), '9090 fails plaintext-refused');
    assert.equal(scrape(''), 'none');
  });
  it('PR-08 an unknown appProtocol makes a port auto-detected, whatever its name', () => {
    const of = (port: string): string | undefined => {
      const mtls = meshOf(SHOP + pods('shop', 'web') + serviceWith('shop', 'web', port));
      return mtls.protocolsOf(workloadOf(mtls, 'shop/web')).get(80);
    };
    assert.equal(of('name: http-web, port: 80, appProtocol: myco/x'), 'auto');
    assert.equal(of('name: http-web, port: 80'), 'http');
  });
});
