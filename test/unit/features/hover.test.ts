// What hovers say about the examples, and that there is no place where one throws.
import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { hover } from '../../../server/src/features/hover';
import { type Snapshot, Workspace } from '../../../server/src/workspace/workspace';

const EXAMPLES = path.resolve(__dirname, '../../../examples');

function read(example: string, change: (name: string, text: string) => string = (_, text) => text): Snapshot {
  const workspace = new Workspace();
  const names = readdirSync(path.join(EXAMPLES, example)).filter((name) => name.endsWith('.yaml'));
  const texts = names.map((name): [string, string] => [name, readFileSync(path.join(EXAMPLES, example, name), 'utf8')]);
  workspace.apply({ files: new Map(texts.map(([name, text]) => [`file:///mesh/${name}`, change(name, text)])) });
  return workspace.snapshot();
}

/** The hover over the first place where `text` stands in a file. */
function hoverAt(snapshot: Snapshot, name: string, text: string): string | undefined {
  const file = snapshot.files.get(`file:///mesh/${name}`);
  const offset = file?.text.indexOf(text) ?? -1;
  assert.ok(file && offset >= 0, `no "${text}" in ${name}`);
  return hover(snapshot, file.uri, offset)?.markdown;
}

describe('hover', () => {
  it('of a PeerAuthentication: whom it applies to, who gets in, who is refused and why', () => {
    const text = hoverAt(read('no-sidecar-client'), 'peer-authentication.yaml', 'kind:');
    assert.match(text ?? '', /^\*\*PeerAuthentication shop\/default\*\* applies to 2 of 2 workloads in `shop`/);
    assert.match(
      text ?? '',
      /\| `web` \| 8080 \| STRICT \| 1 client with mTLS · \*\*1 refused: `legacy\/nightly-export` has no sidecar\*\* \|/,
    );
  });

  it('of a PeerAuthentication for the mesh: workloads with their namespaces', () => {
    const text = hoverAt(read('mesh-strict'), 'peer-authentication.yaml', 'PeerAuthentication');
    assert.match(text ?? '', /workloads in the mesh/);
    assert.match(text ?? '', /\| `finance\/payments` \|/);
  });

  it('of a PeerAuthentication for one workload: what it overrides', () => {
    const snapshot = read('namespace-strict', (name, text) =>
      name !== 'peer-authentication.yaml'
        ? text
        : `${text}---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: payments, namespace: finance }
spec:
  selector: { matchLabels: { app: payments } }
  mtls: { mode: PERMISSIVE }
`,
    );
    const own = hoverAt(snapshot, 'peer-authentication.yaml', 'name: payments');
    assert.match(
      own ?? '',
      /Overrides \[finance\/default\]\(file:\/\/\/mesh\/peer-authentication\.yaml#L\d+\) \(STRICT\) because a workload selector is more specific than a namespace policy\./,
    );
    const wide = hoverAt(snapshot, 'peer-authentication.yaml', 'kind:');
    assert.match(wide ?? '', /\[finance\/payments\]\(.*\) decides for `payments`\./);
  });

  it('of a DestinationRule: which clients use it, what they send and what comes of it', () => {
    const text = hoverAt(read('mistake-one-of-two'), 'destination-rule.yaml', 'host:');
    assert.match(text ?? '', /^\*\*DestinationRule finance\/payments\*\* decides for 1 host and 2 clients/);
    assert.match(
      text ?? '',
      /\| `payments\.finance:80` \| `finance\/ledger`, `shop\/web` \| plaintext \| \*\*refused\*\* \|/,
    );
    assert.match(text ?? '', /\[DestinationRule finance\/payments\]\(.*#L14\) sets `tls\.mode`\./);
  });

  it('of a DestinationRule that nobody uses: what its host means', () => {
    const text = hoverAt(read('mistake-wrong-namespace'), 'destination-rule.yaml', 'kind:');
    assert.match(text ?? '', /is used by nobody.*`payments\.istio-system\.svc\.cluster\.local`/);
  });

  it('of a Service: what each port accepts, what clients send, and the reasons', () => {
    const text = hoverAt(read('no-sidecar-client'), 'shop.yaml', 'kind: Service');
    assert.match(text ?? '', /^\*\*Service shop\/web\*\*, `web\.shop` to clients, leads to `shop\/web`/);
    assert.match(
      text ?? '',
      /\| 80 → 8080 \| STRICT \| `legacy\/nightly-export` \| plaintext \(no sidecar\) \| \*\*refused\*\* \|/,
    );
    assert.match(text ?? '', /- Server: \[PeerAuthentication shop\/default\]\(.*\) sets STRICT for the namespace\./);
  });

  it('of a workload: what stands before it and why, and its ports', () => {
    const snapshot = read('no-sidecar-client');
    const inside = hoverAt(snapshot, 'shop.yaml', 'kind: Deployment');
    assert.match(inside ?? '', /^\*\*Deployment shop\/web\*\* runs with a sidecar: `Namespace shop` is labelled/);
    assert.match(inside ?? '', /\| 8080 \| STRICT \| \[shop\/default\]\(.*\) \|/);
    const outside = hoverAt(snapshot, 'legacy.yaml', 'kind:');
    assert.match(outside ?? '', /^\*\*CronJob legacy\/nightly-export\*\* runs without a sidecar/);
  });

  it('of a workload whose namespace is not shown: how to state the missing fact', () => {
    const snapshot = read('mesh-strict', (name, text) => (name === 'namespaces.yaml' ? '' : text));
    const text = hoverAt(snapshot, 'shop.yaml', 'kind: Deployment');
    assert.match(text ?? '', /state it with `mutual\.assume\.injectedNamespaces`\./);
  });

  it('of a Namespace: its workloads and the policy in force', () => {
    const text = hoverAt(read('namespace-strict'), 'namespaces.yaml', 'name: finance');
    assert.match(text ?? '', /^\*\*Namespace finance\*\* has 2 workloads, all with a sidecar/);
    assert.match(text ?? '', /Policy in force: STRICT, from \[finance\/default\]\(.*\) of the namespace\./);
  });

  it('is silent on fields that have no part in the answer', () => {
    assert.equal(hoverAt(read('shop'), 'web.yaml', 'image:'), undefined);
  });

  it('cuts a long table, those in trouble first', () => {
    const workloads = Array.from(
      { length: 30 },
      (_, index) => `apiVersion: v1
kind: Pod
metadata: { name: p${index}, namespace: shop, labels: { app: p${index}, sidecar.istio.io/inject: "true" } }
spec: { containers: [{ name: a, image: a, ports: [{ containerPort: 8080 }] }] }
`,
    );
    const policy = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
`;
    const workspace = new Workspace();
    workspace.apply({ files: new Map([['file:///mesh/all.yaml', [policy, ...workloads].join('---\n')]]) });
    const text = hover(workspace.snapshot(), 'file:///mesh/all.yaml', policy.indexOf('kind'))?.markdown;
    assert.match(text ?? '', /and 18 more$/m);
  });

  it('never throws, wherever the pointer is', () => {
    for (const example of ['mistake-one-of-two', 'no-sidecar-client', 'mesh-strict', 'ingress-gateway']) {
      const snapshot = read(example);
      for (const [uri, { text }] of snapshot.files) {
        for (let offset = -1; offset <= text.length + 1; offset += 3) hover(snapshot, uri, offset);
      }
    }
  });
});
