// Hovers where manifests do not show whether pods are injected: both cases, and the fact that is missing.
import assert from 'node:assert/strict';
import { hover } from '../../../server/src/features/hover';
import { app, namespace, peerAuthentication, service, snapshotOf } from '../report/workspace';

const CALLER = namespace('pay') + app('pay', 'job');
const SHOP = app('shop', 'api') + service('shop', 'api');
const STRICT = peerAuthentication('shop', 'default', 'mtls: {mode: STRICT}');

function hoverAt(manifests: string, place: string): string {
  return hover(snapshotOf(manifests), 'mesh.yaml', manifests.indexOf(place) + 2)?.markdown ?? '';
}

describe('hover without a Namespace manifest', () => {
  it('says what comes of callers in both cases, and how to state the fact', () => {
    const text = hoverAt(SHOP + STRICT + CALLER, 'Deployment');
    assert.match(text, /runs with or without a sidecar: .* no Namespace manifest here/);
    assert.match(
      text,
      /\| 8080 \| STRICT if injected \| \[shop\/default\]\(mesh\.yaml#L\d+\) \| 1 unknown: `pay\/job`, if `shop` is injected: mTLS; if not: plaintext \|/,
    );
    assert.match(text, /Add the Namespace manifest of `shop`, or state it with `mutual\.assume\.injectedNamespaces`\./);
  });

  it('of the caller says it too, at the server', () => {
    const text = hoverAt(SHOP + STRICT + namespace('shop') + app('pay', 'job'), 'PeerAuthentication');
    assert.match(text, /1 unknown: `pay\/job`, if `pay` is injected: mTLS; if not: refused/);
  });

  it('of a Service says what is sent and what comes of it, and guesses no reason', () => {
    const text = hoverAt(SHOP + STRICT + CALLER, 'Service');
    assert.match(
      text,
      /\| 80 → 8080 \| STRICT if injected \| `pay\/job` \| mTLS or plaintext \| if `shop` is injected: mTLS; if not: plaintext \|/,
    );
    assert.doesNotMatch(text, /no sidecar/);
  });

  it('names the revision where that is missing, and is sure where both cases are the same', () => {
    const revision = '{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/rev: canary}}}\n---\n';
    const text = hoverAt(revision + SHOP + STRICT + CALLER, 'Deployment');
    assert.match(text, /if the revision that `shop` names is installed: mTLS; if not: plaintext/);
    assert.match(text, /State which revisions are installed with `mutual\.assume\.revisions`\./);
    const open = hoverAt(SHOP + namespace('old', 'disabled') + app('old', 'job'), 'Deployment');
    assert.match(open, /1 unknown: `old\/job`, plaintext/);
  });
});
