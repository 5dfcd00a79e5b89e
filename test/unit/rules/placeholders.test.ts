// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is what is tested
// Objects that something still fills in: they do not count, and what they may change is not judged.
import assert from 'node:assert/strict';
import { hover } from '../../../server/src/features/hover';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../../server/src/rules/rule';
import { type Snapshot, Workspace } from '../../../server/src/workspace/workspace';
import { app, destinationRule, namespace, peerAuthentication, service } from '../report/workspace';

const MESH =
  namespace('shop') +
  namespace('pay') +
  app('shop', 'web') +
  app('pay', 'api') +
  service('pay', 'api') +
  peerAuthentication('pay', 'default', 'mtls: {mode: STRICT}') +
  destinationRule('pay', 'api', 'api', 'trafficPolicy: {tls: {mode: DISABLE}}');

function snapshotWith(other: string, base = MESH): Snapshot {
  const workspace = new Workspace();
  workspace.apply({
    files: new Map([
      ['mesh.yaml', base],
      ['other.yaml', other],
    ]),
  });
  return workspace.snapshot();
}

/** `rule` of every error and warning. */
function severe(snapshot: Snapshot): string[] {
  return checkSnapshot(snapshot, DEFAULT_OPTIONS)
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .map(({ rule }) => rule);
}

const POLICIES: readonly (readonly [string, string])[] = [
  ['${VAR} as namespace', peerAuthentication('"${NS}"', 'default', 'mtls: {mode: PERMISSIVE}')],
  ['<placeholder> as namespace', peerAuthentication('"<namespace>"', 'default', 'mtls: {mode: PERMISSIVE}')],
  ['__X__ as namespace', peerAuthentication('__NAMESPACE__', 'default', 'mtls: {mode: PERMISSIVE}')],
  ['%%X%% as namespace', peerAuthentication('"%%NAMESPACE%%"', 'default', 'mtls: {mode: PERMISSIVE}')],
  ['Jinja as namespace', peerAuthentication('"{{ namespace }}"', 'default', 'mtls: {mode: PERMISSIVE}')],
  [
    'Jinja without quotes',
    'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: pay\nspec:\n  mtls:\n    mode: {{ mode }}\n',
  ],
  [
    'a ytt annotation as value',
    'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: a\n  namespace: pay\nspec:\n  selector:\n    matchLabels:\n      app: #@ data.values.app\n  mtls:\n    mode: PERMISSIVE\n',
  ],
  ['a host to fill in', destinationRule('pay', 'all', '${HOST}', 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}')],
  [
    'a selector to fill in',
    peerAuthentication('pay', 'a', 'selector: {matchLabels: {app: "${APP}"}}, mtls: {mode: PERMISSIVE}'),
  ],
];

describe('objects that something fills in', () => {
  it('the mesh itself has a problem', () => {
    assert.deepEqual([...new Set(severe(snapshotWith('')))], ['plaintext-refused']);
  });

  for (const [name, text] of POLICIES) {
    it(`${name}: nothing is judged that the policy may change`, () => {
      const snapshot = snapshotWith(text);
      assert.deepEqual(severe(snapshot), []);
      const [view] = snapshot.meshes;
      assert.equal(view!.unknowns.length, 1);
      assert.equal(view!.mesh.namespaceNames.length >= 2, true);
    });
  }

  it('a workload or Service to fill in leaves the rest judged, and nothing is called missing', () => {
    const rule = destinationRule('pay', 'other', 'other', 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}');
    assert.ok(severe(snapshotWith(rule)).includes('destination-rule-host-unknown'));
    for (const more of [service('pay', '"${NAME}"'), service('"<ns>"', 'other')])
      assert.deepEqual([...new Set(severe(snapshotWith(rule + more)))], ['plaintext-refused']);
  });

  it('images, arguments and variables of the environment are nobody’s business', () => {
    const pod =
      '{apiVersion: apps/v1, kind: Deployment, metadata: {name: b, namespace: pay}, spec: {template: {metadata: {labels: {app: b}}, spec: {containers: [{name: a, image: "${IMAGE}", args: ["$(ARG)"], env: [{name: A, value: "{{ a }}"}]}]}}}}\n';
    const snapshot = snapshotWith(pod);
    assert.equal(snapshot.meshes[0]!.unknowns.length, 0);
    assert.ok(snapshot.meshes[0]!.mesh.workloads.some(({ name }) => name === 'b'));
  });

  it('an edit that fills it in brings the judgement back, and one that opens it takes it away', () => {
    const workspace = new Workspace();
    const open = peerAuthentication('"${NS}"', 'default', 'mtls: {mode: STRICT}');
    const filled = open.replace('${NS}', 'shop');
    const give = (text: string): string[] => {
      workspace.apply({
        files: new Map([
          ['mesh.yaml', MESH],
          ['other.yaml', text],
        ]),
      });
      return [...new Set(severe(workspace.snapshot()))];
    };
    assert.deepEqual(give(filled), ['plaintext-refused']);
    assert.deepEqual(give(open), []);
    assert.deepEqual(give(filled), ['plaintext-refused']);
  });

  it('what is wrong with the object itself is told, and a hover says why it does not count', () => {
    const text = peerAuthentication('"${NS}"', 'default', 'mtls: {mode: STRCT}');
    assert.deepEqual(severe(snapshotWith(text)), ['object-rejected']);
    const good = peerAuthentication('"${NS}"', 'default', 'mtls: {mode: STRICT}');
    const answer = hover(snapshotWith(good), 'other.yaml', good.indexOf('STRICT') + 1);
    assert.match(answer!.markdown, /left out of the answers: `\$\{NS\}` is filled in later/);
  });
});
