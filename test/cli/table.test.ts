// What a user of `mutual table`, `tls-check` and `explain` sees.
import assert from 'node:assert/strict';
import {
  APP,
  assertKeepsTo,
  buildCli,
  CONFLICT,
  ESCAPE,
  makeFolder,
  mutual,
  NAMESPACE,
  ROOT,
  RULE,
  STRICT,
} from './run';

const rowsOf = (text: string): string[] => text.split('\n').filter((line) => /:\d+ /.test(line));

describe('mutual table', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    buildCli();
    folder = makeFolder(CONFLICT);
  });
  after(() => folder.remove());

  it('prints one line a service port where all clients fare alike, and one each where they do not', async () => {
    const three = makeFolder({ ...CONFLICT, 'ledger.yaml': APP('finance', 'ledger') });
    const { stdout, code } = await mutual(['table'], { cwd: three.path });
    three.remove();
    assert.equal(code, 0);
    assert.equal(
      stdout,
      [
        'HOST:PORT            STATUS    SERVER      CLIENT     AUTHN POLICY     DESTINATION RULE',
        'cart.shop:80         OK        PERMISSIVE  mTLS       -                -',
        'ledger.finance:80    CONFLICT  STRICT      plaintext  finance/default  shop/partners     2 of 3 clients',
        'ledger.finance:80    OK        STRICT      mTLS       finance/default  -                 1 of 3 clients: finance/payments',
        'payments.finance:80  CONFLICT  STRICT      plaintext  finance/default  shop/partners     2 of 3 clients',
        'payments.finance:80  OK        STRICT      mTLS       finance/default  -                 1 of 3 clients: finance/ledger',
        'web.shop:80          OK        PERMISSIVE  mTLS       -                -',
        '',
      ].join('\n'),
    );
  });

  it('prints JSON that keeps to its schema, with the objects that decided', async () => {
    const { stdout } = await mutual(['table', '-f', 'json'], { cwd: folder.path });
    const value = JSON.parse(stdout);
    assertKeepsTo('table', value);
    const row = value.rows.find((each: { status: string }) => each.status === 'CONFLICT');
    assert.equal(row.host, 'payments.finance.svc.cluster.local');
    assert.equal(row.port, 80);
    assert.equal(row.server, 'STRICT');
    assert.equal(row.client, 'plaintext');
    assert.equal(row.authnPolicy, 'finance/default');
    assert.equal(row.destinationRule, 'shop/partners');
    assert.deepEqual(row.clients, { count: 2, of: 2, workloads: ['shop/web', 'shop/cart'] });
    assert.deepEqual(
      row.because
        .slice(0, 2)
        .map((each: { object: unknown; location: { file: string; range: { start: { line: number } } } }) => [
          each.object,
          each.location.file,
          each.location.range.start.line,
        ]),
      [
        [{ kind: 'PeerAuthentication', namespace: 'finance', name: 'default' }, 'mtls.yaml', 7],
        [{ kind: 'DestinationRule', namespace: 'shop', name: 'partners' }, 'rules.yaml', 9],
      ],
    );
  });

  it('keeps to one namespace, and suggests one where there is none', async () => {
    const { stdout } = await mutual(['table', '-n', 'finance'], { cwd: folder.path });
    assert.ok(rowsOf(stdout).every((line) => line.startsWith('payments.finance')));
    const none = await mutual(['table', '-n', 'finanse'], { cwd: folder.path });
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^mutual: no service in namespace finanse\. Did you mean finance\?$/m);
  });

  it('says what a client without a sidecar meets', async () => {
    const legacy = makeFolder({
      'all.yaml': [
        NAMESPACE('shop'),
        APP('shop', 'web'),
        APP('shop', 'cart'),
        STRICT('shop'),
        NAMESPACE('legacy', 'istio-injection: disabled'),
        APP('legacy', 'batch'),
      ].join('---\n'),
    });
    const { stdout } = await mutual(['table'], { cwd: legacy.path });
    assert.match(
      stdout,
      /^web\.shop:80 +CONFLICT +STRICT +plaintext +shop\/default +- +1 of 2 clients: legacy\/batch$/m,
    );
    // to a server without a sidecar everybody sends plaintext: one line
    assert.equal(rowsOf(stdout).filter((line) => line.startsWith('batch.legacy')).length, 1);
    assert.match(stdout, /^batch\.legacy:80 +OK +no sidecar +plaintext +- +-$/m);
    legacy.remove();
  });

  it('names the missing fact once, and how to state it', async () => {
    const all = makeFolder({ 'all.yaml': `${APP('shop', 'web')}---\n${APP('shop', 'cart')}` });
    const { stdout } = await mutual(['table'], { cwd: all.path });
    assert.equal(stdout.match(/--assume-injected shop/g)?.length, 1);
    assert.match(stdout, /^cart\.shop:80 +UNKNOWN +PERMISSIVE\? +mTLS\? /m);
    assert.match(stdout, /nothing is refused/);
    assert.doesNotMatch((await mutual(['table', '-q'], { cwd: all.path })).stdout, /assume/);
    all.remove();
  });

  it('prints a table a mesh, and equal ones once', async () => {
    const same = { 'all.yaml': `${NAMESPACE('shop')}---\n${APP('shop', 'web')}` };
    const meshes = makeFolder({
      'dev/all.yaml': same['all.yaml'],
      'stage/all.yaml': same['all.yaml'],
      'prod/all.yaml': `${same['all.yaml']}---\n${STRICT('shop')}`,
    });
    const { stdout } = await mutual(['table'], { cwd: meshes.path });
    assert.match(stdout, /^dev\nstage\nHOST:PORT/m);
    assert.match(stdout, /^prod\nHOST:PORT.*\nweb\.shop:80 +OK +STRICT/m);
    const { stdout: json } = await mutual(['table', '-f', 'json'], { cwd: meshes.path });
    assert.deepEqual(
      JSON.parse(json)
        .rows.map((row: { mesh: string }) => row.mesh)
        .sort(),
      ['dev', 'prod', 'stage'],
    );
    meshes.remove();
  });

  it('gives a subset a row only where it fares otherwise', async () => {
    const subsets = (mode: string): string =>
      `${RULE('shop', 'web', 'web', 'ISTIO_MUTUAL')}  subsets:\n    - name: v1\n      labels: {app: web}\n      trafficPolicy:\n        tls: {mode: ${mode}}\n`;
    const shop = [NAMESPACE('shop'), APP('shop', 'web'), STRICT('shop')].join('---\n');
    const alike = makeFolder({ 'all.yaml': `${shop}---\n${subsets('ISTIO_MUTUAL')}` });
    const apart = makeFolder({ 'all.yaml': `${shop}---\n${subsets('DISABLE')}` });
    assert.equal(rowsOf((await mutual(['table'], { cwd: alike.path })).stdout).length, 1);
    const rows = rowsOf((await mutual(['table'], { cwd: apart.path })).stdout);
    assert.match(rows[1]!, /^web\.shop:80 v1 +CONFLICT +STRICT +plaintext +shop\/default +shop\/web$/);
    alike.remove();
    apart.remove();
  });

  it('sets colour only when asked for or on a terminal', async () => {
    const forced = await mutual(['table'], { cwd: folder.path, env: { FORCE_COLOR: '1' } });
    assert.ok(forced.stdout.includes(`${ESCAPE}[31mCONFLICT${ESCAPE}[39m`));
    const both = await mutual(['table'], { cwd: folder.path, env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    assert.ok(!both.stdout.includes(ESCAPE));
  });

  it('tells of broken YAML, answers without it, and exits with 2', async () => {
    const broken = makeFolder({ ...CONFLICT, 'broken.yaml': 'apiVersion: v1\nkind: Service\nmetadata: [\n' });
    const { stdout, stderr, code } = await mutual(['table'], { cwd: broken.path });
    assert.equal(code, 2);
    assert.match(stderr, /^mutual: broken\.yaml:\d+:\d+: /m);
    assert.match(stdout, /CONFLICT/);
    broken.remove();
  });
});

describe('mutual tls-check', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    folder = makeFolder(CONFLICT);
  });
  after(() => folder.remove());

  it('is the table of one client and host', async () => {
    const { stdout, code } = await mutual(['tls-check', 'shop/web', 'payments.finance:80'], { cwd: folder.path });
    assert.equal(code, 0);
    assert.deepEqual(rowsOf(stdout), [
      'payments.finance:80  CONFLICT  STRICT  plaintext  finance/default  shop/partners',
    ]);
  });

  it('takes every host where none is named, and the path after both', async () => {
    const { stdout } = await mutual(['tls-check', 'payments'], { cwd: folder.path });
    assert.equal(rowsOf(stdout).length, 3);
    const json = await mutual(['tls-check', 'web', 'cart', folder.path, '-f', 'json'], { cwd: ROOT });
    assertKeepsTo('table', JSON.parse(json.stdout));
  });
});

describe('mutual explain', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    folder = makeFolder({ ...CONFLICT, 'more.yaml': RULE('finance', 'payments', 'payments', 'ISTIO_MUTUAL') });
  });
  after(() => folder.remove());

  it('names what decided with file and line, how it won and what lost, and what to change', async () => {
    const { stdout, code } = await mutual(['explain', 'shop/web', 'payments.finance:80'], { cwd: folder.path });
    assert.equal(code, 0);
    assert.match(stdout, /^shop\/web → payments\.finance\.svc\.cluster\.local:80 {3}refused$/m);
    assert.match(stdout, /^client +sends plaintext$/m);
    assert.match(stdout, /DestinationRule shop\/partners .*tls\.mode DISABLE +\(rules\.yaml:10\)/);
    assert.match(stdout, /it wins: rules of the client's namespace are looked up first/);
    assert.match(stdout, /DestinationRule finance\/payments .* is not used: .* \(more\.yaml:7\)/);
    assert.match(stdout, /^server +accepts mTLS only on 8080 \(targetPort of 80\)$/m);
    assert.match(stdout, /PeerAuthentication finance\/default sets STRICT for the namespace +\(mtls\.yaml:8\)/);
    assert.match(stdout, /^seen +503 /m);
    assert.match(stdout, /^remedy +rules\.yaml:10 +mode: DISABLE → ISTIO_MUTUAL$/m);
  });

  it('takes short names, finds the only port, and says what works', async () => {
    const { stdout } = await mutual(['explain', 'web', 'cart'], { cwd: folder.path });
    assert.match(stdout, /^shop\/web → cart\.shop\.svc\.cluster\.local:80 {3}mTLS$/m);
    assert.match(stdout, /knows the client as cluster\.local\/ns\/shop\/sa\/default/);
    assert.doesNotMatch(stdout, /remedy/);
  });

  it('prints JSON that keeps to its schema', async () => {
    const { stdout } = await mutual(['explain', 'web', 'payments.finance', '-f', 'json'], { cwd: folder.path });
    const value = JSON.parse(stdout);
    assertKeepsTo('explain', value);
    assert.equal(value.explanations[0].verdict, 'refused');
  });

  it('shows the handshake, and what policies make of the call', async () => {
    const policy = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only-cart, namespace: shop}
spec: {rules: [{from: [{source: {serviceAccounts: [cart]}}]}]}
`;
    const guarded = makeFolder({ ...CONFLICT, 'policy.yaml': policy });
    const { stdout } = await mutual(['explain', 'web', 'cart'], { cwd: guarded.path });
    assert.match(stdout, /cart\.shop\.svc\.cluster\.local:80 {3}mTLS, denied$/m);
    assert.match(stdout, /^handshake +client shows spiffe:\/\/cluster\.local\/ns\/shop\/sa\/default$/m);
    assert.match(stdout, /^access +denied: no rule of AuthorizationPolicy shop\/only-cart lets it in$/m);
    assert.match(stdout, /^seen +403 RBAC: access denied$/m);
    const json = await mutual(['explain', 'web', 'cart', '-f', 'json'], { cwd: guarded.path });
    const value = JSON.parse(json.stdout);
    assertKeepsTo('explain', value);
    const [{ access, handshakes }] = value.explanations;
    assert.deepEqual([access[0].decision, access[0].to, access[0].withIdentity], ['denied', 'shop/cart', true]);
    assert.equal(handshakes[0].client.identity, 'spiffe://cluster.local/ns/shop/sa/default');
    guarded.remove();
  });

  it('carries every object that was considered, with the reason', async () => {
    const { stdout } = await mutual(['explain', 'web', 'payments.finance', '-f', 'json'], { cwd: folder.path });
    const considered = JSON.parse(stdout).explanations[0].considered.map(
      (each: { object: { namespace: string; name: string }; reason: string; winner: string | null }) =>
        `${each.object.namespace}/${each.object.name} ${each.reason} ${each.winner ?? ''}`.trim(),
    );
    assert.deepEqual(considered, [
      'shop/partners decides',
      'finance/payments later-namespace shop/partners',
      'finance/default decides',
    ]);
  });

  it('answers for ambient where it is installed', async () => {
    const ambient = makeFolder({
      'all.yaml': [
        NAMESPACE('shop', 'istio.io/dataplane-mode: ambient'),
        APP('shop', 'web'),
        APP('shop', 'cart'),
        STRICT('shop'),
      ].join('---\n'),
    });
    const { stdout } = await mutual(['explain', 'web', 'cart', '--ambient'], { cwd: ambient.path });
    assert.match(stdout, /^client +sends mTLS \(HBONE\), through ztunnel$/m);
    const json = await mutual(['explain', 'web', 'cart', '--ambient', '-f', 'json'], { cwd: ambient.path });
    assertKeepsTo('explain', JSON.parse(json.stdout));
    const table = await mutual(['table', '--ambient', '-f', 'json'], { cwd: ambient.path });
    assertKeepsTo('table', JSON.parse(table.stdout));
    ambient.remove();
  });

  it('answers an unknown name with the nearest', async () => {
    const run = async (client: string, host: string): Promise<string> => {
      const { code, stderr, stdout } = await mutual(['explain', client, host], { cwd: folder.path });
      assert.equal(code, 2);
      assert.equal(stdout, '');
      return stderr;
    };
    assert.match(await run('shop/wbe', 'cart'), /^mutual: no workload shop\/wbe .* Did you mean shop\/web/);
    assert.match(
      await run('web', 'payments'),
      /no service payments in namespace shop.* Did you mean payments\.finance\?/,
    );
    assert.match(await run('web', 'payments.finance:8080'), /has port 80\. 8080 is the pods' port; clients use 80\./);
  });
});
