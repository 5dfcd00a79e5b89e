// Kustomizations as meshes: which are roots, what is built again, which objects stay, and where problems stand.
import assert from 'node:assert/strict';
import { hover } from '../../../server/src/features/hover';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS, type Problem } from '../../../server/src/rules/rule';
import { placeOf } from '../../../server/src/words/names';
import type { Entries, Entry } from '../../../server/src/workspace/entries';
import { type Snapshot, Workspace } from '../../../server/src/workspace/workspace';
import { applyEdits } from '../../../server/src/yaml/edit';

const ROOT = 'file:///repo/';

const policy = (mode: string, name = 'default'): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  mtls:\n    mode: ${mode}\n`;
const kustomization = (...resources: string[]): string =>
  `resources:\n${resources.map((each) => `  - ${each}\n`).join('')}`;
const SHOP = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, env: [{name: CART_URL, value: 'http://cart:80'}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: cart, image: cart, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
`;
const RULE = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec:
  host: cart.shop.svc.cluster.local
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
`;
const PATCH = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec:
  trafficPolicy:
    tls:
      mode: DISABLE
`;
/** A base that is in order, an overlay that is, and one that is not. */
const TREE = {
  'base/kustomization.yaml': kustomization('shop.yaml', 'rule.yaml', 'policy.yaml'),
  'base/shop.yaml': SHOP,
  'base/rule.yaml': RULE,
  'base/policy.yaml': policy('STRICT'),
  'overlays/dev/kustomization.yaml': kustomization('../../base'),
  'overlays/prod/kustomization.yaml': `${kustomization('../../base')}patches:\n  - path: rule.yaml\n`,
  'overlays/prod/rule.yaml': PATCH,
};

function urisOf(files: Readonly<Record<string, string | undefined>>): Map<string, string | undefined> {
  return new Map(Object.entries(files).map(([path, text]) => [ROOT + path, text]));
}

/** A disk that holds these files and nothing else. */
function entriesOf(paths: readonly string[]): Entries {
  const entries = new Map<string, Entry>([[ROOT.slice(0, -1), 'folder']]);
  for (const path of paths) {
    const names = path.split('/');
    for (const [index] of names.entries())
      entries.set(ROOT + names.slice(0, index + 1).join('/'), index < names.length - 1 ? 'folder' : 'file');
  }
  return entries;
}

function workspaceOf(files: Readonly<Record<string, string>>, onDisk = Object.keys(files)): Workspace {
  const workspace = new Workspace();
  workspace.apply({ files: urisOf(files), entries: entriesOf(onDisk) });
  return workspace;
}

const snapshotOf = (files: Readonly<Record<string, string>>, onDisk?: readonly string[]): Snapshot =>
  workspaceOf(files, onDisk && [...onDisk]).snapshot();

function meshesOf(files: Readonly<Record<string, string>>): Record<string, string[]> {
  const { meshes } = snapshotOf(files);
  return Object.fromEntries(
    meshes.map((view) => [`${view.kind} ${view.name}`, view.files.map((uri) => uri.replace(ROOT, ''))]),
  );
}

/** `file:line rule` of problems, milder ones aside. */
function severe(snapshot: Snapshot): string[] {
  return problemsOf(snapshot).map(({ uri, range, rule }) => {
    const line = snapshot.files.get(uri)!.text.slice(0, range.start).split('\n').length;
    return `${uri.replace(ROOT, '')}:${line} ${rule}`;
  });
}

function problemsOf(snapshot: Snapshot): Problem[] {
  return checkSnapshot(snapshot, DEFAULT_OPTIONS).filter(
    ({ severity }) => severity === 'error' || severity === 'warning',
  );
}

describe('kustomizations as meshes', () => {
  it('each that no other includes is one, with everything that it reads; other files stay together', () => {
    const files = { ...TREE, 'base/beside.yaml': policy('STRICT', 'beside'), 'other/a.yaml': policy('STRICT', 'a') };
    const base = ['base/kustomization.yaml', 'base/policy.yaml', 'base/rule.yaml', 'base/shop.yaml'];
    assert.deepEqual(meshesOf(files), {
      'kustomization overlays/dev': [...base, 'overlays/dev/kustomization.yaml'],
      'kustomization overlays/prod': [...base, 'overlays/prod/kustomization.yaml', 'overlays/prod/rule.yaml'],
      'folder other files': ['base/beside.yaml', 'other/a.yaml'],
    });
  });

  it('a component is none, and what only an unused one names stays plain', () => {
    const component = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n';
    const files = {
      'app/kustomization.yaml': kustomization('policy.yaml'),
      'app/policy.yaml': policy('STRICT'),
      'unused/kustomization.yaml': `${component}${kustomization('extra.yaml')}`,
      'unused/extra.yaml': policy('STRICT', 'extra'),
    };
    assert.deepEqual(meshesOf(files), {
      'kustomization app': ['app/kustomization.yaml', 'app/policy.yaml'],
      'folder unused': ['unused/extra.yaml'],
    });
  });

  it("Flux's kind of the same name and templates are none", () => {
    const files = {
      'flux/kustomization.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./a}\n',
      'chart/kustomization.yaml': 'resources:\n  - {{ .Values.file }}\n',
      'a.yaml': policy('STRICT'),
    };
    assert.deepEqual(meshesOf(files), { 'folder ': ['a.yaml'] });
    assert.deepEqual(severe(snapshotOf(files)), []);
  });

  it('of a circle one is built, and says what is wrong', () => {
    const files = {
      'a/kustomization.yaml': kustomization('../b', 'policy.yaml'),
      'a/policy.yaml': policy('STRICT'),
      'b/kustomization.yaml': kustomization('../a'),
    };
    assert.deepEqual(severe(snapshotOf(files)), ['b/kustomization.yaml:2 kustomization-broken']);
  });

  it('what an overlay inside it names is built for itself: the overlay is refused', () => {
    const files = {
      'kustomization.yaml': kustomization('policy.yaml', 'gone.yaml'),
      'policy.yaml': policy('STRICT'),
      'overlays/dev/kustomization.yaml': kustomization('../../'),
    };
    assert.deepEqual(severe(snapshotOf(files)), [
      'kustomization.yaml:3 kustomization-broken',
      'overlays/dev/kustomization.yaml:2 kustomization-broken',
    ]);
    const mode = (all: Record<string, string>): unknown =>
      snapshotOf(all).meshes.flatMap(({ mesh }) =>
        mesh.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`),
      );
    // a tree of which nothing can be built is taken as plain manifests, one that can as what it renders
    assert.deepEqual(mode({ ...files, 'kustomization.yaml': `namespace: other\n${files['kustomization.yaml']}` }), [
      'PeerAuthentication shop',
    ]);
    assert.deepEqual(mode({ ...files, 'kustomization.yaml': `namespace: other\n${kustomization('policy.yaml')}` }), [
      'PeerAuthentication other',
    ]);
  });
});

describe('what a kustomization renders', () => {
  it('is judged in each mesh, and the problem stands on the line of the patch', () => {
    const snapshot = snapshotOf(TREE);
    assert.deepEqual(severe(snapshot), ['overlays/prod/rule.yaml:7 plaintext-refused']);
    const [problem] = problemsOf(snapshot);
    assert.deepEqual(problem!.meshes, ['prod']);
    assert.deepEqual(
      problem!.related.map(({ uri }) => uri.replace(ROOT, '')),
      ['base/policy.yaml', 'base/shop.yaml'],
    );
  });

  it('a patch that is corrected is correct', () => {
    const files = { ...TREE, 'overlays/prod/rule.yaml': PATCH.replace('DISABLE', 'ISTIO_MUTUAL') };
    assert.deepEqual(severe(snapshotOf(files)), []);
  });

  it('a fix edits the patch, and mends the problem', () => {
    const snapshot = snapshotOf(TREE);
    const [problem] = problemsOf(snapshot);
    const fix = problem!.fixes!().find(({ preferred }) => preferred)!;
    const workspace = workspaceOf(TREE);
    for (const [uri, edits] of fix.edits)
      workspace.apply({ files: new Map([[uri, applyEdits(snapshot.files.get(uri)!.text, edits)]]) });
    assert.deepEqual([...fix.edits.keys()], [`${ROOT}overlays/prod/rule.yaml`]);
    assert.deepEqual(severe(workspace.snapshot()), []);
  });

  it('a patch written into the kustomization, as operations', () => {
    const { 'overlays/prod/rule.yaml': _, ...tree } = TREE;
    const files = {
      ...tree,
      'overlays/prod/kustomization.yaml': `${kustomization('../../base')}patches:
  - target: {kind: DestinationRule}
    patch: |-
      - op: replace
        path: /spec/trafficPolicy/tls/mode
        value: DISABLE
`,
    };
    const snapshot = snapshotOf(files);
    assert.deepEqual(severe(snapshot), ['overlays/prod/kustomization.yaml:8 plaintext-refused']);
    const { uri, range } = problemsOf(snapshot)[0]!;
    assert.equal(snapshot.files.get(uri)!.text.slice(range.start, range.end), 'DISABLE');
  });

  it('a problem of the base is told once, with the meshes where it holds', () => {
    const files = {
      ...TREE,
      'base/rule.yaml': PATCH.replace('spec:\n', 'spec:\n  host: cart.shop.svc.cluster.local\n'),
      'overlays/prod/rule.yaml': PATCH.replace('DISABLE', 'ISTIO_MUTUAL'),
      'overlays/test/kustomization.yaml': kustomization('../../base'),
    };
    const [problem, ...others] = problemsOf(snapshotOf(files));
    assert.deepEqual(others, []);
    assert.deepEqual(problem!.meshes, ['dev', 'test']);
    assert.match(problem!.message, /That is so in `dev` and `test`, of 3 meshes\.$/);
    assert.ok(problem!.fixes!().every(({ preferred }) => !preferred));
  });

  it('says nothing about a base that a patch completes', () => {
    const files = {
      'base/kustomization.yaml': kustomization('rule.yaml'),
      'base/rule.yaml': RULE.replace('  host: cart.shop.svc.cluster.local\n', ''),
      'kustomization.yaml': `${kustomization('base')}patches:\n  - path: host.yaml\n`,
      'host.yaml':
        'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: shop}\nspec: {host: cart}\n',
    };
    assert.deepEqual(severe(snapshotOf(files)), []);
  });

  it('a value that a patch breaks is refused at the patch', () => {
    const files = { ...TREE, 'overlays/prod/rule.yaml': PATCH.replace('DISABLE', 'ISTIO-MUTUAL') };
    const snapshot = snapshotOf(files);
    assert.deepEqual(severe(snapshot), ['overlays/prod/rule.yaml:7 object-rejected']);
    assert.equal(problemsOf(snapshot)[0]!.fixes!()[0]!.title, 'Change it to `ISTIO_MUTUAL`');
  });

  it('offers no fix where the text says otherwise than what is rendered', () => {
    const files = {
      ...TREE,
      'overlays/prod/kustomization.yaml': `${kustomization('../../base')}replacements:
  - source: {kind: ConfigMap, name: mode, fieldPath: data.mode}
    targets:
      - select: {kind: DestinationRule}
        fieldPaths: [spec.trafficPolicy.tls.mode]
configMapGenerator:
  - name: mode
    literals: [mode=DISABLE]
`,
    };
    const [problem] = problemsOf(snapshotOf(files));
    const titles = problem!.fixes!().map(({ title }) => title);
    assert.deepEqual(problem!.rule, 'plaintext-refused');
    assert.ok(!titles.some((title) => /ISTIO_MUTUAL|Remove/.test(title)), titles.join());
  });

  it('a hover over a patch tells of the object that it makes, in its mesh', () => {
    const snapshot = snapshotOf(TREE);
    const uri = `${ROOT}overlays/prod/rule.yaml`;
    const { text } = snapshot.files.get(uri)!;
    const answer = hover(snapshot, uri, text.indexOf('DISABLE'));
    assert.match(answer!.markdown, /DestinationRule shop\/cart/);
    assert.equal(text.slice(answer!.range.start, answer!.range.end), 'DISABLE');
    const base = hover(snapshot, `${ROOT}base/rule.yaml`, RULE.indexOf('cart.shop'));
    assert.match(base!.markdown, /In the mesh/);
  });

  it('places of names, namespaces and labels that a kustomization gives', () => {
    const { meshes } = snapshotOf({
      'kustomization.yaml': `namespace: shop\nnamePrefix: my-\n${kustomization('policy.yaml')}`,
      'policy.yaml': policy('STRICT').replace(', namespace: shop', ''),
    });
    const [object] = meshes[0]!.mesh.peerAuthentications;
    assert.deepEqual([object!.metadata.name, object!.metadata.namespace], ['my-default', 'shop']);
    const place = placeOf(object!, ['metadata', 'namespace']);
    assert.equal(place.uri, `${ROOT}kustomization.yaml`);
  });
});

describe('builds that are kept', () => {
  const objects = (workspace: Workspace, mesh: string): Map<string, unknown> => {
    const view = workspace.snapshot().meshes.find(({ root }) => root === `${ROOT}overlays/${mesh}/kustomization.yaml`)!;
    return new Map(view.mesh.objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
  };

  it('an object is another only where its value or its places have changed', () => {
    const workspace = workspaceOf(TREE);
    const before = objects(workspace, 'prod');
    workspace.apply({ files: urisOf({ 'overlays/prod/rule.yaml': PATCH.replace('DISABLE', 'SIMPLE') }) });
    const after = objects(workspace, 'prod');
    assert.deepEqual(
      [...after].filter(([key, object]) => before.get(key) !== object).map(([key]) => key),
      ['DestinationRule cart'],
    );
  });

  it('a text that moves is another place', () => {
    const workspace = workspaceOf(TREE);
    const before = objects(workspace, 'dev');
    workspace.apply({ files: urisOf({ 'base/rule.yaml': `# moved\n${RULE}` }) });
    const after = objects(workspace, 'dev');
    assert.notEqual(after.get('DestinationRule cart'), before.get('DestinationRule cart'));
    assert.equal(after.get('Service cart'), before.get('Service cart'));
  });

  it('what a build did not read changes nothing; what it looked for and did not find does', () => {
    const files = { ...TREE, 'overlays/dev/kustomization.yaml': kustomization('../../base', 'late.yaml') };
    const workspace = workspaceOf(files);
    assert.deepEqual(severe(workspace.snapshot()).slice(0, 1), [
      'overlays/dev/kustomization.yaml:3 kustomization-broken',
    ]);
    const before = objects(workspace, 'dev');
    workspace.apply({ files: urisOf({ 'elsewhere.yaml': policy('STRICT', 'elsewhere') }) });
    assert.deepEqual([...objects(workspace, 'dev').values()], [...before.values()]);
    workspace.apply({ files: urisOf({ 'overlays/dev/late.yaml': policy('STRICT', 'late') }) });
    assert.ok(objects(workspace, 'dev').has('PeerAuthentication late'));
    assert.deepEqual(severe(workspace.snapshot()), ['overlays/prod/rule.yaml:7 plaintext-refused']);
  });

  it('edits in any order end where a workspace begins that had them from the start', () => {
    const edited = {
      ...TREE,
      'overlays/prod/rule.yaml': PATCH.replace('DISABLE', 'SIMPLE'),
      'base/policy.yaml': policy('PERMISSIVE'),
    };
    const workspace = workspaceOf(TREE);
    workspace.snapshot();
    workspace.apply({ files: urisOf({ 'base/policy.yaml': 'kind: [' }) });
    workspace.snapshot();
    workspace.apply({ files: urisOf({ 'overlays/prod/rule.yaml': undefined }) });
    workspace.snapshot();
    workspace.apply({ files: urisOf(edited) });
    const plain = (snapshot: Snapshot): unknown =>
      checkSnapshot(snapshot, DEFAULT_OPTIONS).map(({ uri, range, message, meshes }) => ({
        uri,
        range,
        message,
        meshes,
      }));
    assert.deepEqual(plain(workspace.snapshot()), plain(snapshotOf(edited)));
  });

  it('while a kustomization is being typed, what it named does not become plain', () => {
    const workspace = workspaceOf(TREE);
    workspace.snapshot();
    workspace.apply({
      files: urisOf({ 'overlays/prod/kustomization.yaml': 'resources:\n  - ../../base\npatches: [' }),
    });
    const kinds = workspace.snapshot().meshes.map(({ kind }) => kind);
    assert.deepEqual([...new Set(kinds)], ['kustomization']);
  });
});

describe('what is not here', () => {
  const broken = { ...TREE, 'overlays/dev/kustomization.yaml': kustomization('../../base', 'gone.yaml') };

  it('a file that is known to be gone is missing', () => {
    assert.ok(severe(snapshotOf(broken)).includes('overlays/dev/kustomization.yaml:3 kustomization-broken'));
  });

  it('it is an error where its name is a misspelling, and else a warning: something may make it', () => {
    const told = (missing: string): string[] =>
      checkSnapshot(
        snapshotOf({
          'kustomization.yaml': kustomization('shop-1.yaml', missing),
          'shop-1.yaml': SHOP,
          'policies.yaml': policy('STRICT'),
        }),
        DEFAULT_OPTIONS,
      )
        .filter(({ rule }) => rule === 'kustomization-broken')
        .map(({ severity, message }) => `${severity} ${/Did you mean `(.*)`/.exec(message)?.[1]}`);
    assert.deepEqual(told('policie.yaml'), ['error policies.yaml']);
    assert.deepEqual(told('./policies.yml'), ['error ./policies.yaml']);
    assert.deepEqual(told('generated.yaml'), ['warning undefined']);
    assert.deepEqual(told('shop-2.yaml'), ['warning undefined']);
  });

  it('one that exists and was not read is not', () => {
    const snapshot = snapshotOf(broken, [...Object.keys(broken), 'overlays/dev/gone.yaml']);
    assert.deepEqual(severe(snapshot), ['overlays/prod/rule.yaml:7 plaintext-refused']);
  });

  it('one outside of what was looked at is not, nor is one that a tool fetches', () => {
    const files = {
      'kustomization.yaml': kustomization('../outside', 'vendor/base', 'policy.yaml'),
      'policy.yaml': policy('STRICT'),
    };
    assert.deepEqual(severe(snapshotOf(files)), []);
  });

  it('nor the files of a generator, and nothing depends on them', () => {
    const files = {
      ...TREE,
      'overlays/dev/kustomization.yaml': `${kustomization('../../base')}configMapGenerator:\n  - name: settings\n    envs: [params.env]\n    files: [a.properties]\n`,
    };
    const all = checkSnapshot(snapshotOf(files), DEFAULT_OPTIONS);
    assert.deepEqual(
      all.filter(({ rule }) => rule.startsWith('kustomization-')),
      [],
    );
  });

  it('a remote base is a hint, and nothing is called missing beside it', () => {
    const files = {
      'kustomization.yaml': kustomization('github.com/example/shop//deploy?ref=v1', 'rule.yaml', 'shop.yaml'),
      'rule.yaml': RULE.replaceAll('cart', 'carts'),
      'shop.yaml': SHOP,
    };
    const rules = (resources: Record<string, string>): string[] =>
      checkSnapshot(snapshotOf(resources), DEFAULT_OPTIONS).map(({ rule }) => rule);
    assert.ok(!rules(files).includes('destination-rule-host-unknown'));
    assert.ok(rules(files).includes('kustomization-incomplete'));
    const whole = { ...files, 'kustomization.yaml': kustomization('rule.yaml', 'shop.yaml') };
    assert.ok(rules(whole).includes('destination-rule-host-unknown'));
  });

  it('where a patch is not known, fields are not, and no verdict rests on them', () => {
    const files = {
      ...TREE,
      'overlays/prod/kustomization.yaml': `${TREE['overlays/prod/kustomization.yaml']}  - path: more.yaml\n`,
    };
    assert.deepEqual(severe(snapshotOf(files, [...Object.keys(files), 'overlays/prod/more.yaml'])), []);
  });

  it('what another kustomization deploys is not called missing', () => {
    const files = {
      'web/kustomization.yaml': kustomization('rule.yaml', 'shop.yaml'),
      'web/rule.yaml': RULE.replaceAll('cart', 'carts'),
      'web/shop.yaml': SHOP,
      'carts/kustomization.yaml': kustomization('service.yaml'),
      'carts/service.yaml':
        'apiVersion: v1\nkind: Service\nmetadata: {name: carts, namespace: shop}\nspec: {ports: [{name: http, port: 80}]}\n',
    };
    const found = checkSnapshot(snapshotOf(files), DEFAULT_OPTIONS).map(({ rule }) => rule);
    assert.ok(!found.includes('destination-rule-host-unknown'));
  });
});
