// What Flux and Argo CD say of a folder that they deliver: what counts of it, and what stays unknown.
import assert from 'node:assert/strict';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS, type Problem } from '../../../server/src/rules/rule';
import { type Snapshot, Workspace } from '../../../server/src/workspace/workspace';

const ROOT = 'file:///repo/';
type Texts = Readonly<Record<string, string>>;

const SHOP = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: cart, image: cart, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
`;
const POLICY = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec:
  mtls:
    mode: \${mode:=STRICT}
`;
const RULE = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart}
spec:
  host: cart
  trafficPolicy:
    tls:
      mode: DISABLE
`;
const KUSTOMIZATION = 'resources: [shop.yaml, policy.yaml, rule.yaml]\n';

const flux = (spec: string, name = 'apps'): string =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\nspec:\n${indented(spec)}`;
const argo = (spec: string, name = 'apps'): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}, namespace: argocd}\nspec:\n${indented(spec)}`;
const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');

const uris = (texts: Texts): Map<string, string> =>
  new Map(Object.entries(texts).map(([path, text]) => [ROOT + path, text]));

function open(texts: Texts): Workspace {
  const workspace = new Workspace();
  workspace.apply({ files: uris(texts) });
  return workspace;
}

const problems = (snapshot: Snapshot): Problem[] => checkSnapshot(snapshot, DEFAULT_OPTIONS);

/** The workloads and the modes that policies set, by mesh. */
function said({ meshes }: Snapshot): Record<string, string> {
  return Object.fromEntries(
    meshes.map(({ name, mesh }) => [
      name,
      [
        ...mesh.workloads.map((each) => `${each.namespace}/${each.name}`),
        ...mesh.peerAuthentications.map(({ metadata, spec }) => `${metadata.namespace} ${spec.mode}`),
      ].join(', '),
    ]),
  );
}

const shop = (folder: string): Texts => ({
  [`${folder}/shop.yaml`]: SHOP,
  [`${folder}/policy.yaml`]: POLICY,
  [`${folder}/rule.yaml`]: RULE,
});
const errors = (snapshot: Snapshot): string[] =>
  problems(snapshot)
    .filter(({ severity }) => severity === 'error')
    .map(({ uri, rule }) => `${uri.slice(ROOT.length)} ${rule}`);

describe('deliveries', () => {
  it('give a folder with a kustomization a mesh for each way in which it is delivered', () => {
    const snapshot = open({
      ...shop('apps/base'),
      'apps/base/kustomization.yaml': KUSTOMIZATION,
      'clusters/dev/apps.yaml': flux(
        'path: ./apps/base\ntargetNamespace: dev\npostBuild: {substitute: {mode: PERMISSIVE}}\n',
      ),
      'clusters/prod/apps.yaml': flux('path: ./apps/base\ntargetNamespace: prod\npostBuild: {substitute: {more: x}}\n'),
    }).snapshot();
    assert.deepEqual(said(snapshot), {
      'apps/base by apps in clusters/dev': 'dev/cart, dev PERMISSIVE',
      'apps/base by apps in clusters/prod': 'prod/cart, prod STRICT',
    });
  });

  it('of Flux go before the namespaces of all that is below, those of Argo CD only where none is written', () => {
    const texts = {
      'deploy/apps/sub/shop.yaml': SHOP,
      'deploy/apps/policy.yaml': POLICY.replace('default}', 'default, namespace: own}'),
    };
    const byFlux = open({
      ...texts,
      'deploy/flux.yaml': flux('path: deploy/apps\ntargetNamespace: prod\npostBuild: {substitute: {}}\n'),
    });
    assert.deepEqual(said(byFlux.snapshot()), { '': 'prod/cart, prod STRICT' });
    const source = 'source: {repoURL: x, path: deploy/apps, directory: {recurse: true}}\n';
    const byArgo = open({ ...texts, 'argo.yaml': argo(`${source}destination: {namespace: prod}\n`) });
    assert.deepEqual(said(byArgo.snapshot()), { '': 'prod/cart' });
    const flat = open({
      ...texts,
      'argo.yaml': argo('source: {repoURL: x, path: deploy/apps}\ndestination: {namespace: prod}\n'),
    });
    assert.deepEqual(said(flat.snapshot()), { '': 'default/cart' });
  });

  it('that differ leave the namespace of plain files open, and nothing is said that hangs on it', () => {
    const texts = { ...shop('apps'), 'apps/policy.yaml': POLICY.replace(/\$.*/, 'STRICT') };
    assert.deepEqual(errors(open(texts).snapshot()), []);
    const stated = argo('source: {path: apps}\ndestination: {namespace: shop}\n');
    const once = open({ ...texts, 'a.yaml': stated }).snapshot();
    assert.deepEqual(errors(once), ['apps/rule.yaml plaintext-refused']);
    const other = argo('source: {path: apps}\ndestination: {namespace: other}\n', 'more');
    const twice = open({ ...texts, 'a.yaml': stated, 'b.yaml': other }).snapshot();
    assert.deepEqual(errors(twice), []);
    const open_ = twice.meshes.flatMap(({ unknowns }) => unknowns.map(({ reference }) => reference));
    assert.ok(
      open_.some((each) => each.includes('<namespace of apps or more>')),
      open_.join(),
    );
  });

  it('take variables from ConfigMaps of the workspace, and leave alone what a Secret may say', () => {
    const from = (kind: string): Texts => ({
      ...shop('apps'),
      'vars.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {mode: DISABLE}\n',
      'flux.yaml': flux(
        `path: ./apps\ntargetNamespace: shop\npostBuild: {substituteFrom: [{kind: ${kind}, name: vars}]}\n`,
      ),
    });
    assert.deepEqual(said(open(from('ConfigMap')).snapshot()), { '': 'shop/cart, shop DISABLE' });
    assert.deepEqual(said(open(from('Secret')).snapshot()), { '': 'shop/cart' });
  });

  it('count as a kustomization makes them', () => {
    const snapshot = open({
      ...shop('apps'),
      'apps/kustomization.yaml': KUSTOMIZATION,
      'clusters/base/kustomization.yaml': 'resources: [apps.yaml]\n',
      'clusters/base/apps.yaml': flux('path: ./apps\ntargetNamespace: nowhere\n'),
      'clusters/prod/kustomization.yaml':
        'resources: [../base]\npatches:\n- target: {kind: Kustomization}\n  patch: |\n    - {op: replace, path: /spec/targetNamespace, value: shop}\n    - {op: add, path: /spec/patches, value: [{target: {kind: PeerAuthentication}, patch: "- {op: replace, path: /spec/mtls/mode, value: STRICT}"}]}\n',
    }).snapshot();
    assert.deepEqual(said(snapshot), { '': 'shop/cart, shop STRICT' });
    assert.deepEqual(errors(snapshot), ['apps/rule.yaml plaintext-refused']);
  });

  it('have their patches told where these are written', () => {
    const patch =
      'patches:\n- target: {kind: PeerAuthentication}\n  patch: |\n    - {op: remove, path: /spec/nothing}\n';
    const snapshot = open({
      ...shop('apps'),
      'apps/kustomization.yaml': KUSTOMIZATION,
      'flux.yaml': flux(`path: ./apps\n${patch}`),
    }).snapshot();
    const [broken] = problems(snapshot).filter(({ rule }) => rule === 'kustomization-broken');
    assert.equal(broken?.uri, `${ROOT}flux.yaml`);
  });

  it('say nothing where their folder is not certain', () => {
    const texts = { 'apps/shop.yaml': SHOP, 'clusters/apps/shop.yaml': SHOP.replaceAll('cart', 'pay') };
    const twice = open({ ...texts, 'clusters/flux.yaml': flux('path: ./apps\ntargetNamespace: prod\n') });
    assert.deepEqual(Object.values(said(twice.snapshot())).join().match(/prod/g), null);
    for (const path of ['.', '../apps', '<folder>', './elsewhere'])
      assert.ok(
        !JSON.stringify(
          said(open({ ...texts, 'f.yaml': flux(`path: "${path}"\ntargetNamespace: prod\n`) }).snapshot()),
        ).includes('prod'),
      );
  });

  it('may be edited, and end where a workspace begins that had them from the start', () => {
    const texts: Record<string, string> = {
      ...shop('apps'),
      ...shop('deploy/base'),
      'deploy/base/kustomization.yaml': KUSTOMIZATION,
    };
    const workspace = open(texts);
    const step = (path: string, text: string | undefined): void => {
      if (text === undefined) delete texts[path];
      else texts[path] = text;
      workspace.apply({ files: new Map([[ROOT + path, text]]) });
      const fresh = open(texts).snapshot();
      const now = workspace.snapshot();
      assert.deepEqual(said(now), said(fresh), path);
      assert.deepEqual(errors(now), errors(fresh), path);
    };
    step('flux.yaml', flux('path: ./apps\ntargetNamespace: prod\n'));
    step('flux.yaml', flux('path: ./apps\ntargetNamespace: shop\npostBuild: {substitute: {mode: STRICT}}\n'));
    step('apps/policy.yaml', POLICY.replace('mode:=', 'other:='));
    step(
      'more.yaml',
      flux('path: ./deploy/base\npostBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n', 'more'),
    );
    step(
      'vars.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {mode: STRICT}\n',
    );
    step(
      'vars.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {mode: DISABLE}\n',
    );
    step('apps/shop.yaml', SHOP.replace('name: shop', 'name: prod'));
    step('flux.yaml', undefined);
    step('more.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n');
  });
});
