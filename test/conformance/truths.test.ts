// Claims about real repositories that were found by reading them: each is reported, or shown by `table`, `explain` or a
// hover. The claims stand in the shared folder; here is what a user sees of each.
import assert from 'node:assert/strict';
import path from 'node:path';
import { APP, NAMESPACE, RULE, STRICT } from '../cli/run';
import { shared } from '../support/shared';
import { type Reading, Repository, readLines, readText } from './repositories';

interface Truth {
  readonly id: string;
  readonly corpus: string;
  readonly files: readonly string[];
}

type Read = (reading?: Reading) => Promise<Repository>;

/** A namespace with sidecars and some applications in it, each with a Service. */
const apps = (namespace: string, ...names: readonly string[]): string =>
  [NAMESPACE(namespace), ...names.map((name) => APP(namespace, name))].join('---\n');
const beside = (...texts: readonly string[]) => ({ 'beside.yaml': texts.join('---\n') });
const ALL = { injectedNamespaces: ['*'] };
const KNATIVE = 'common/knative/knative-serving/base';

/** What is asserted of each claim, by its id. */
const EXPECTED: Readonly<Record<string, (read: Read, files: readonly string[]) => Promise<void>>> = {
  async 'pub-01'(read) {
    const { snapshot } = await read({ paths: [KNATIVE] });
    const pods = snapshot.meshes.flatMap(({ mesh }) =>
      mesh.workloads.map(({ name, dataplane }) => `${name} ${dataplane}`),
    );
    assert.deepEqual(
      pods.sort(),
      ['activator', 'autoscaler', 'controller', 'net-istio-controller', 'net-istio-webhook', 'webhook'].map(
        (name) => `${name} sidecar`,
      ),
    );
  },
  async 'pub-02'(read) {
    const repository = await read({ paths: [KNATIVE] });
    for (const name of ['webhook', 'net-istio-webhook']) {
      assert.equal(repository.mode(`knative-serving/${name}`, 8443), `PERMISSIVE knative-serving/${name}`);
      assert.equal(repository.mode(`knative-serving/${name}`, 9090), 'PERMISSIVE -');
    }
    assert.ok(!repository.problems().some(({ rule }) => rule === 'port-level-port-unknown'));
    const strict = await read({
      paths: [KNATIVE],
      beside: {
        'common/knative/strict/kustomization.yaml': 'resources: [../knative-serving/base, mesh.yaml]\n',
        'common/knative/strict/mesh.yaml': STRICT('istio-system'),
      },
    });
    assert.equal(strict.mode('knative-serving/webhook', 9090), 'STRICT istio-system/default');
    assert.equal(strict.mode('knative-serving/webhook', 8443), 'PERMISSIVE knative-serving/webhook');
  },
  async 'pub-03'(read) {
    const repository = await read({ paths: [KNATIVE] });
    const rows = repository.table().filter((row) => row.startsWith('knative-serving/'));
    assert.ok(rows.length > 10);
    for (const row of rows) assert.match(row, / OK PERMISSIVE mTLS \S+ knative-serving\/knative$/);
    assert.ok(!repository.problems().some(({ severity }) => severity === 'error'));
  },
  async 'pub-04'(read, files) {
    const pod = APP('knative-serving', 'pod').replaceAll('app: pod', 'app: net-istio-webhook');
    const repository = await read({ beside: beside(NAMESPACE('knative-serving'), pod) });
    assert.equal(repository.mode('knative-serving/pod', 8443), 'PERMISSIVE knative-serving/net-istio-webhook');
    for (const port of [9090, 8008])
      assert.equal(repository.mode('knative-serving/pod', port), 'STRICT istio-system/default');
    assert.deepEqual(
      (await read()).told(files[0]!).filter((each) => !each.startsWith('api-version-old')),
      ['peer-authentication-selects-nothing information'],
    );
  },
  async 'pub-05'(read) {
    const paths = ['istio'];
    const repository = await read({
      paths,
      beside: beside(apps('dev', 'cart'), apps('staging', 'cart'), apps('yas', 'cart')),
    });
    for (const namespace of ['dev', 'staging'])
      assert.deepEqual(repository.table(`${namespace}/cart`), [`${namespace}/cart:80 OK PERMISSIVE mTLS - -`]);
    assert.match(repository.table('yas/cart').join('\n'), /^yas\/cart:80 OK STRICT mTLS yas\/default-mtls /m);
    const told = (await read()).problems().filter(({ rule }) => rule === 'authorization-policy-selects-nothing');
    assert.ok(told.filter(({ file }) => file === 'istio/authorization-policy.yaml').length >= 7);
  },
  async 'pub-06'(read) {
    const callers = ['yas', 'ingress-nginx', 'elsewhere'].map((namespace) => apps(namespace, 'client'));
    const repository = await read({ paths: ['istio'], beside: beside(APP('yas', 'cart'), ...callers) });
    for (const namespace of ['yas', 'ingress-nginx'])
      assert.match(
        repository.explain(`${namespace}/client`, 'cart.yas:80'),
        /sends mTLS\n +DestinationRule yas\/mtls-cart /,
      );
    const elsewhere = repository.explain('elsewhere/client', 'cart.yas:80');
    assert.match(elsewhere, /sends mTLS\n +auto mTLS/);
    assert.match(elsewhere, /DestinationRule yas\/mtls-cart .* is not shown to elsewhere/);
  },
  async 'pub-07'(read, files) {
    const repository = await read();
    assert.match(repository.hover(files[0]!, 'STRICT'), /no workloads in `default`/);
    const paths = files.slice(0, 1);
    const plain = await read({ paths, beside: beside(apps('yas', 'cart'), apps('default', 'web')) });
    assert.equal(plain.mode('yas/cart', 8080), 'PERMISSIVE -');
  },
  async 'pub-08'(read, files) {
    const repository = await read();
    const told = repository.problems().filter(({ severity }) => severity === 'error');
    const at = (file: string) => told.filter((each) => each.file === file);
    assert.match(at(files[0]!)[0]!.message, /base\/configmaps\.yaml.*Did you mean `base\/configmap\.yaml`/);
    assert.deepEqual([at(files[1]!)[0]!.rule, at(files[1]!)[0]!.line], ['yaml-syntax', 33]);
    for (const overlay of files.slice(2)) assert.match(at(overlay)[0]!.message, /^`\.\.\/\.\.\/` holds or includes/);
    assert.ok(
      told.some(({ rule }) => rule === 'object-rejected'),
      'the other files are analysed',
    );
  },
  async 'pub-09'(read, files) {
    const repository = await read();
    for (const name of ['context-api', 'qdrant', 'neo4j'])
      assert.equal(repository.workload(`context-foundation/${name}`).reason.code, 'namespace-labels-unknown');
    assert.match(repository.table('context-foundation/qdrant').join('\n'), /UNKNOWN STRICT\? mTLS\?/);
    assert.match(repository.hover(files[1]!, 'context-api'), /context-foundation/);
  },
  async 'pub-10'(read, files) {
    const repository = await read({ assume: { injectedNamespaces: ['context-foundation'] } });
    assert.equal(repository.mode('context-foundation/context-api', 8000), 'STRICT context-foundation/context-api');
    assert.match(
      repository.table('context-foundation/context-api').join('\n'),
      /api:80 OK STRICT mTLS context-foundation\/context-api /,
    );
    assert.match(repository.hover(files[0]!, 'name: context-api'), /STRICT/);
  },
  async 'pub-11'(read, files) {
    const repository = await read({ paths: files, beside: beside(apps('bar', 'httpbin', 'web')) });
    assert.deepEqual(repository.told(files[0]!), ['legacy-object warning']);
    assert.ok(repository.table('bar/httpbin').every((row) => row.startsWith('bar/httpbin:80 OK PERMISSIVE mTLS - ')));
  },
  async 'pub-12'(read, files) {
    const repository = await read({ paths: files, beside: beside(apps('foo', 'web')) });
    assert.equal(repository.mode('foo/web', 8080), 'PERMISSIVE -');
    assert.ok(repository.problems().some(({ rule, file }) => rule === 'object-repeated' && files.includes(file)));
  },
  async 'pub-13'(read, files) {
    const repository = await read({ paths: files, beside: beside(apps('foo', 'web', 'cart')) });
    assert.match(
      repository.explain('foo/web', 'cart:80'),
      /auto mTLS.*\n +DestinationRule istio-system\/default is the rule for the host; it sets no TLS mode/,
    );
  },
  async 'pub-14'(read, [enable, disable, rule]) {
    const added = beside(apps('tutorial', 'customer', 'web'));
    const failing = await read({ paths: [disable!, rule!], beside: added });
    assert.match(failing.table('tutorial/customer')[0]!, /CONFLICT DISABLE mTLS/);
    assert.deepEqual(
      failing.told(rule!).filter((each) => / error$/.test(each)),
      ['istio-mtls-rejected error'],
    );
    const working = await read({ paths: [enable!, rule!], beside: added });
    assert.match(working.table('tutorial/customer')[0]!, /OK PERMISSIVE mTLS/);
    const whole = (await read()).problems().filter((each) => each.rule === 'object-repeated');
    assert.ok(whole.some(({ file }) => file === enable || file === disable));
  },
  async 'pub-15'(read, files) {
    const repository = await read();
    assert.deepEqual(repository.told(files[0]!), ['legacy-object warning']);
    const reasons = repository.snapshot.meshes.flatMap(({ mesh }) => mesh.workloads.map(({ reason }) => reason.code));
    assert.deepEqual([...new Set(reasons)], ['namespace-labels-unknown']);
  },
  async 'pub-16'(read) {
    const gateway = APP('istio-system', 'ingress').replace(
      'labels:\n        app',
      'labels:\n        sidecar.istio.io/inject: "true"\n        app',
    );
    const repository = await read({
      paths: ['istio', 'k8s'],
      beside: beside(gateway, NAMESPACE('old', 'istio-injection: disabled'), APP('old', 'client')),
    });
    assert.equal(repository.mode('vllm-system/vllm', 8000), 'PERMISSIVE vllm-system/vllm-mtls');
    const fromGateway = repository.explain('istio-system/ingress', 'vllm.vllm-system:8000');
    assert.match(fromGateway, /mTLS, access depends/);
    assert.match(fromGateway, /DestinationRule vllm-system\/vllm is the rule for the host; it sets no TLS mode/);
    assert.match(fromGateway, /lets in paths \/health/);
    assert.match(fromGateway, /lets in paths \/metrics/);
    assert.doesNotMatch(fromGateway, /lets in paths \/v1/);
    const plain = repository.explain('old/client', 'vllm.vllm-system:8000');
    assert.match(plain, /lets in paths \/health/);
    assert.doesNotMatch(plain, /lets in paths \/(?:metrics|v1)/);
  },
  async 'pub-17'(read, files) {
    const paths = files.slice(0, 2);
    const injected = await read({ paths, assume: ALL });
    const rows = injected.table().filter((row) => !row.includes('allow-egress'));
    assert.ok(rows.length >= 12);
    for (const row of rows) assert.match(row, /OK PERMISSIVE mTLS - -$/);
    assert.match(injected.explain('default/checkoutservice', 'emailservice:5000'), /on 8080 \(targetPort of 5000\)/);
    const unknown = (await read({ paths })).table('default/cartservice');
    assert.deepEqual(unknown, ['default/cartservice:7070 UNKNOWN PERMISSIVE? mTLS? - -']);
  },
  async 'pub-18'(read, files) {
    const repository = await read({ paths: files, assume: ALL, beside: { 'release/strict.yaml': STRICT('default') } });
    assert.match(repository.hover(files[0]!, 'frontend-external'), /`80` refuses .* LoadBalancer from outside/);
    assert.deepEqual(repository.table('default/frontend'), ['default/frontend:80 OK STRICT mTLS default/default -']);
  },
  async 'pub-19'(read, files) {
    const added = (resources: string) => ({
      'istio-manifests/kustomization.yaml': `namespace: shop\nresources: [${resources}]\n`,
      'istio-manifests/apps.yaml': apps('shop', 'frontend', 'web'),
    });
    const without = await read({ paths: [files[0]!], beside: added('apps.yaml') });
    const repository = await read({ paths: [files[0]!], beside: added('apps.yaml, frontend.yaml') });
    assert.deepEqual(repository.table('shop/frontend'), without.table('shop/frontend'));
    const [route] = repository.snapshot.meshes.flatMap(({ mesh }) =>
      mesh.objects.filter(({ kind }) => kind === 'VirtualService'),
    );
    assert.equal(route?.metadata.namespace, 'shop');
    assert.throws(() => repository.explain('shop/web', 'frontend.default:80'));
  },
  async 'pub-20'(read, files) {
    const repository = await read({ paths: [files[0]!], beside: beside(apps('default', 'web')) });
    const rows = repository.table().filter((row) => row.includes('allow-egress'));
    assert.ok(rows.length >= 4);
    for (const row of rows) assert.match(row, / OK external as sent - -$/);
  },
  async 'pub-21'(read, files) {
    const chart = await read({ paths: [files[1]!.split('/')[0]!] });
    assert.ok(!chart.snapshot.meshes.some(({ mesh }) => mesh.objects.some(({ kind }) => kind === 'DestinationRule')));
    const entry = `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: redis, namespace: shop}\nspec:\n  hosts: [redis.shop]\n  location: MESH_EXTERNAL\n  resolution: STATIC\n  ports: [{number: 6379, name: tcp-redis, protocol: TCP}]\n  endpoints: [{address: 10.0.0.9}]\n`;
    const rule = RULE('shop', 'redis', 'redis.shop', 'SIMPLE').replace('spec:\n', "spec:\n  exportTo: ['.']\n");
    const rendered = await Repository.of({
      'rendered.yaml': [apps('shop', 'web'), apps('other', 'web'), entry, rule].join('---\n'),
    });
    assert.match(rendered.explain('shop/web', 'redis.shop:6379'), /^client +sends (?:plain |simple )?TLS/im);
    assert.match(
      rendered.explain('other/web', 'redis.shop:6379'),
      /DestinationRule shop\/redis .* is not shown to other/,
    );
  },
  async 'pub-22'(read, files) {
    const repository = await read({ paths: files, beside: beside(apps('shop', 'web')) });
    for (const legacy of files.slice(0, 2)) assert.deepEqual(repository.told(legacy), ['legacy-object warning']);
    assert.equal(repository.mode('shop/web', 8080), 'PERMISSIVE istio-system/default');
  },
  async 'pub-23'(_, files) {
    const corpus = path.join(shared('corpora')!, 'GoogleCloudPlatform-anthos-service-mesh-samples');
    for (const file of files) {
      const text = readText(path.join(corpus, file)).replaceAll('SERVICE_URL', 'db.example.com');
      const port = Number(/number: (\d+)\n +tls:/.exec(text)![1]);
      const entry = `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: db, namespace: default}\nspec:\n  hosts: [db.example.com]\n  resolution: DNS\n  ports: [{number: ${port}, name: tcp, protocol: TCP}]\n`;
      const repository = await Repository.of({
        'filled-in.yaml': [text, entry, apps('default', 'web')].join('\n---\n'),
      });
      const shown = repository.explain('default/web', `db.example.com:${port}`);
      assert.match(shown, /credentialName/);
      assert.doesNotMatch(shown, /sends TLS/);
      assert.ok(
        repository.told('filled-in.yaml').some((each) => each.startsWith('credential-name-ignored ')),
        file,
      );
    }
  },
  async 'pub-24'(read, files) {
    const strict = STRICT('istio-system');
    const repository = await read({ paths: [files[0]!], beside: beside(strict, apps('default', 'fluentd')) });
    assert.deepEqual(repository.told(files[0]!), []);
    assert.equal(repository.mode('default/fluentd', 8080), 'STRICT istio-system/default');
  },
  async 'pub-25'(read, files) {
    assert.deepEqual((await read()).told(files[0]!), []);
    const gateway = APP('gateways', 'ingress').replace(
      '    metadata:\n',
      '    metadata:\n      annotations: {inject.istio.io/templates: gateway}\n',
    );
    const policy = STRICT('gateways')
      .replace('spec:\n', 'spec:\n  selector: {matchLabels: {app: ingress}}\n')
      .replace('STRICT', 'PERMISSIVE');
    const filled = await Repository.of({ 'gateway.yaml': [NAMESPACE('gateways'), gateway, policy].join('---\n') });
    assert.match(filled.hover('gateway.yaml', 'PERMISSIVE'), /gateway/i);
  },
  async 'pub-26'(read, files) {
    const repository = await read({ paths: files, beside: beside(apps('istio-lab', 'web', 'cart')) });
    for (const file of files) assert.deepEqual(repository.told(file), ['legacy-object warning']);
    assert.equal(repository.mode('istio-lab/cart', 8080), 'PERMISSIVE -');
    assert.match(repository.explain('istio-lab/web', 'cart:80').split('\n')[0]!, / mTLS$/);
  },
};

describe('claims about real repositories', function () {
  this.timeout(60_000);
  const corpora = shared('corpora');
  if (!corpora) return;
  const truths = readLines<Truth>(path.join(corpora, 'truths.jsonl'));
  it('each has an expectation', () => {
    assert.deepEqual(truths.map(({ id }) => id).sort(), Object.keys(EXPECTED).sort());
  });
  for (const { id, corpus, files } of truths)
    it(`${id}, ${corpus}`, () =>
      EXPECTED[id]!((reading) => Repository.read(path.join(corpora, corpus), reading), files));
});
