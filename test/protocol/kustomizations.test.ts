// Kustomizations as an editor sees them: problems on the lines of patches, and files that come and go.
import * as assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FileChangeType } from 'vscode-languageserver/node';
import { TestClient } from './client';
import { CART, NAMESPACE, STRICT, WEB } from './manifests';

const PATCH = `- op: add
  path: /spec/trafficPolicy/tls
  value:
    mode: DISABLE
`;
const FILES = {
  'base/kustomization.yaml': 'resources: [namespace.yaml, web.yaml, cart.yaml, mtls.yaml, rule.yaml]\n',
  'base/namespace.yaml': NAMESPACE,
  'base/web.yaml': WEB,
  'base/cart.yaml': CART,
  'base/mtls.yaml': STRICT,
  'base/rule.yaml':
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: shop}\nspec:\n  host: cart.shop.svc.cluster.local\n  trafficPolicy: {}\n',
  'prod/kustomization.yaml':
    'resources:\n  - ../base\npatches:\n  - path: no-tls.yaml\n    target: {kind: DestinationRule}\n',
  'prod/no-tls.yaml': PATCH,
};

describe('kustomizations in the built server', () => {
  let client: TestClient;
  afterEach(() => client.end());

  it('the problem is on the patch, and follows what is typed there', async () => {
    client = await TestClient.start({ files: FILES });
    const [problem] = await client.untilRules('prod/no-tls.yaml', ['plaintext-refused']);
    assert.deepEqual(problem!.range, { start: { line: 3, character: 10 }, end: { line: 3, character: 17 } });
    const related = problem!.relatedInformation?.map(({ location }) => path.basename(location.uri));
    assert.deepEqual(related, ['mtls.yaml', 'cart.yaml']);
    await client.open('prod/no-tls.yaml', PATCH);
    await client.edit('prod/no-tls.yaml', 2, 3, 10, 17, 'ISTIO_MUTUAL');
    await client.untilRules('prod/no-tls.yaml', []);
  });

  it('a missing file is told on the line that names it, until it is there', async () => {
    client = await TestClient.start({
      files: { ...FILES, 'prod/kustomization.yaml': 'resources:\n  - ../base\n  - more\n' },
    });
    const [problem] = await client.untilRules('prod/kustomization.yaml', ['kustomization-broken']);
    assert.equal(problem!.range.start.line, 2);
    await mkdir(path.join(client.folder, 'prod/more'));
    await writeFile(path.join(client.folder, 'prod/more/kustomization.yaml'), 'namespace: shop\nresources: [a.yaml]\n');
    await writeFile(path.join(client.folder, 'prod/more/a.yaml'), STRICT.replace('name: default', 'name: a'));
    const changes = ['prod/more/kustomization.yaml', 'prod/more/a.yaml'].map((name) => ({
      uri: client.uri(name),
      type: FileChangeType.Created,
    }));
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes });
    await client.untilRules('prod/kustomization.yaml', []);
    await rm(path.join(client.folder, 'prod/more'), { recursive: true });
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: client.uri('prod/more'), type: FileChangeType.Deleted }],
    });
    await client.untilRules('prod/kustomization.yaml', ['kustomization-broken']);
  });
});
