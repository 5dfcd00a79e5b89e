// Which of several manifests is in force, what the user's assumptions do, and what nobody knows.
import assert from 'node:assert/strict';
import type { MeshSettings } from '../../../server/src/mesh/settings';
import { meshOf, stated } from './support';

const operator = (revision: string, config: string, name = ''): string =>
  `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: "${name}"}, spec: {revision: "${revision}", meshConfig: {${config}}}}`;
const configMap = (name: string, mesh: string): string =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, namespace: istio-system}, data: {mesh: "${mesh}"}}`;
const policy = (revision: string): string =>
  `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: shop, labels: {istio.io/rev: "${revision}"}}, spec: {mtls: {mode: STRICT}}}`;

const settingsOf = (...documents: string[]): MeshSettings => meshOf(documents.join('\n---\n')).mesh.settings;

describe('of several manifests', () => {
  it('the default revision is in force', () => {
    const { revision, trustDomain, revisions } = settingsOf(
      operator('canary', 'trustDomain: new', 'a'),
      operator('', 'trustDomain: old', 'b'),
    );
    assert.deepEqual(
      { revision, trustDomain, revisions },
      {
        revision: 'default',
        trustDomain: 'old',
        revisions: ['default', 'canary'],
      },
    );
  });

  it('the only revision is in force, and policies labelled for it are read', () => {
    const { mesh } = meshOf([operator('canary', ''), policy('canary')].join('\n---\n'));
    assert.equal(mesh.peerAuthentications.length, 1);
    assert.equal(meshOf(policy('canary')).mesh.peerAuthentications.length, 0);
  });

  it('of two named revisions the stated one is in force, and without a statement none', () => {
    const planes = [operator('a', 'trustDomain: one', 'a'), operator('b', 'trustDomain: two', 'b')].join('\n---\n');
    assert.equal(meshOf(planes, { revisions: ['b'] }).mesh.settings.trustDomain, 'two');
    const { trustDomain, sources } = meshOf(planes).mesh.settings;
    assert.equal(trustDomain, 'cluster.local');
    assert.equal(sources.trustDomain.by, 'contradiction');
  });

  it('what istiod itself reads goes over what an operator is told', () => {
    const { trustDomain, enableAutoMtls } = settingsOf(
      operator('', 'trustDomain: operator, enableAutoMtls: false'),
      configMap('istio', 'trustDomain: running'),
    );
    assert.deepEqual([trustDomain, enableAutoMtls], ['running', false]);
  });

  it('that differ the careful value holds, and both places are named', () => {
    const differ = [
      operator('', 'enableAutoMtls: false, outboundTrafficPolicy: {mode: REGISTRY_ONLY}', 'a'),
      operator('', 'enableAutoMtls: true, outboundTrafficPolicy: {mode: ALLOW_ANY}', 'b'),
    ];
    const providers = (name: string): string =>
      operator('', `extensionProviders: [{name: ${name}, envoyExtAuthzHttp: {}}]`, name);
    const { enableAutoMtls, outboundTrafficPolicy, extensionProviders } = settingsOf(
      ...differ,
      providers('one'),
      providers('two'),
    );
    assert.deepEqual([enableAutoMtls, outboundTrafficPolicy], [true, 'ALLOW_ANY']);
    assert.deepEqual(
      extensionProviders.map(({ name }) => name),
      ['one', 'two'],
    );
    assert.deepEqual(stated(['enableAutoMtls'], { 'a.yaml': differ[0]!, 'b.yaml': differ[1]! }), [
      'enableAutoMtls = on (differ: a.yaml:1 b.yaml:1)',
    ]);
  });

  it('that agree there is no contradiction', () => {
    const same = operator('', 'trustDomain: corp, caCertificates: [{trustDomains: [a]}]');
    assert.equal(settingsOf(same, same.replace('name: ""', 'name: other')).sources.trustDomain.by, 'manifest');
  });
});

describe('an assumption', () => {
  it('goes over every manifest, and is named as the source', () => {
    const assume = { trustDomain: 'mine', istioVersion: '1.25', enableAutoMtls: true };
    assert.deepEqual(
      stated(['trustDomain', 'istioVersion', 'enableAutoMtls'], configMap('istio', 'trustDomain: theirs'), assume),
      [
        'istioVersion = 1.25 (stated by mutual.istioVersion)',
        'trustDomain = mine (stated by mutual.assume.trustDomain)',
        'enableAutoMtls = on (stated by mutual.assume.autoMtls)',
      ],
    );
  });

  it('of a version that Mutual does not know leaves the found one', () => {
    const plane = '{apiVersion: sailoperator.io/v1, kind: Istio, metadata: {name: default}, spec: {version: v1.26.0}}';
    assert.equal(meshOf(plane, { istioVersion: '0.8' }).mesh.settings.istioVersion, 26);
  });
});

describe('what nobody has filled in', () => {
  it('states nothing', () => {
    for (const value of [`\${domain}`, '{{ .Values.domain }}', '<domain>', '$(DOMAIN)', 'REPLACE_ME'])
      assert.equal(settingsOf(operator('', `trustDomain: "${value}"`)).sources.trustDomain.by, 'default', value);
  });

  it('is no revision either', () => {
    const { revisions, trustDomain } = settingsOf(operator(`\${revision}`, 'trustDomain: corp'));
    assert.deepEqual([revisions, trustDomain], [['default'], 'corp']);
  });

  it('takes a whole list with it', () => {
    const { sources } = settingsOf(operator('', `trustDomainAliases: [a, "\${b}"]`));
    assert.equal(sources.trustDomainAliases.by, 'default');
  });

  it('or has the wrong type states nothing, and makes no problem', () => {
    const { problems } = meshOf(operator('', 'enableAutoMtls: "no", trustDomain: [a], extensionProviders: {}')).mesh
      .objects[0]!;
    assert.deepEqual(problems, []);
    const { sources } = settingsOf(operator('', 'enableAutoMtls: "no", trustDomain: [a]'));
    assert.deepEqual([sources.enableAutoMtls.by, sources.trustDomain.by], ['default', 'default']);
  });
});
