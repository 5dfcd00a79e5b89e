// Where settings of a mesh are found, one kind of manifest after the other, and what looks like one and is none.
import assert from 'node:assert/strict';
import { type Files, stated, statedBy } from './support';

const says = (files: Files | string, ...lines: string[]): void => assert.deepEqual(statedBy(files), lines);
const SERVICE = '{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}';

describe('settings of a mesh come from', () => {
  it('the ConfigMap that istiod reads, to the line', () => {
    says(
      `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    enableAutoMtls: false
    defaultConfig:
      proxyMetadata:
        ISTIO_META_ENABLE_HBONE: "true"
    trustDomain: corp.example
`,
      'revision = default (mesh.yaml:3)',
      'revisions = default (mesh.yaml:3)',
      'trustDomain = corp.example (mesh.yaml:10)',
      'enableAutoMtls = off (mesh.yaml:6)',
      'sidecarHbone = on (mesh.yaml:9)',
    );
  });

  it('the ConfigMap of the injector: its policy, and the values it was rendered from', () => {
    says(
      `apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector, namespace: istio-system}
data:
  config: |-
    policy: disabled
    neverInjectSelector: [{matchLabels: {job: yes-it-is}}]
  values: |-
    {"global": {"proxy": {"clusterDomain": "corp.local"}}, "sidecarInjectorWebhook": {"enableNamespacesByDefault": true}}
`,
      'revision = default (mesh.yaml:3)',
      'revisions = default (mesh.yaml:3)',
      'clusterDomain = corp.local (mesh.yaml:9)',
      'enableNamespacesByDefault = on (mesh.yaml:9)',
      'autoInject = off (mesh.yaml:6)',
      'neverInjectSelector = job=yes-it-is (mesh.yaml:7)',
    );
  });

  it('an IstioOperator: mesh configuration, values, revision, version, variables of istiod', () => {
    says(
      `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  revision: canary
  tag: 1.28.1
  meshConfig:
    rootNamespace: mesh-root
    outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  components:
    pilot:
      k8s:
        env:
          - {name: PILOT_ENABLE_AMBIENT, value: "true"}
  values:
    meshConfig: {rootNamespace: other}
    global: {istioNamespace: istio-system}
    sidecarInjectorWebhook: {rewriteAppHTTPProbe: false}
`,
      'revision = canary (mesh.yaml:1)',
      'revisions = default, canary (mesh.yaml:1)',
      'istioVersion = 1.28 (mesh.yaml:5)',
      'rootNamespace = mesh-root (mesh.yaml:7)',
      'outboundTrafficPolicy = REGISTRY_ONLY (mesh.yaml:8)',
      'ambient = on (mesh.yaml:13)',
      'sidecarHbone = on (mesh.yaml:13)',
      'rewriteProbes = off (mesh.yaml:17)',
    );
  });

  it('no IstioOperator that installs gateways alone', () => {
    const gateways = (spec: string): string =>
      `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, spec: {${spec}, meshConfig: {trustDomain: other}}}`;
    says(gateways('profile: empty'));
    says(gateways('components: {pilot: {enabled: false}}'));
    assert.equal(stated(['trustDomain'], gateways('profile: empty, components: {pilot: {enabled: true}}')).length, 1);
  });

  it('no IstioOperator of another group, and no nameless object of a kind that is judged', () => {
    says(
      `{apiVersion: example.com/v1, kind: IstioOperator, spec: {meshConfig: {trustDomain: other}}}\n---\n${SERVICE}`,
    );
  });

  it('the sail operator: Istio, tags, ambient by IstioCNI and ZTunnel', () => {
    says(
      `apiVersion: sailoperator.io/v1
kind: Istio
metadata: {name: default}
spec:
  version: v1.26-latest
  namespace: mesh
  updateStrategy: {type: InPlace}
  values: {meshConfig: {trustDomain: corp}}
---
{apiVersion: sailoperator.io/v1, kind: IstioRevisionTag, metadata: {name: stable}, spec: {targetRef: {kind: Istio, name: default}}}
---
{apiVersion: sailoperator.io/v1alpha1, kind: ZTunnel, metadata: {name: default}, spec: {version: v1.26.0}}
`,
      'revision = default (mesh.yaml:3)',
      'revisions = default, stable (mesh.yaml:3)',
      'istioVersion = 1.26 (mesh.yaml:5)',
      'rootNamespace = mesh (mesh.yaml:6)',
      'trustDomain = corp (mesh.yaml:8)',
      'ambient = on (mesh.yaml:12)',
      'sidecarHbone = on (mesh.yaml:12)',
    );
  });

  it('revisions that the sail operator names after versions', () => {
    const istio = (version: string): string =>
      `{apiVersion: sailoperator.io/v1, kind: Istio, metadata: {name: prod}, spec: {version: ${version}, updateStrategy: {type: RevisionBased}}}`;
    assert.match(stated(['revision'], istio('v1.26.2'))[0] ?? '', /= prod-v1-26-2 /);
    // which patch a line of versions stands for nobody knows
    assert.deepEqual(stated(['revision', 'revisions'], istio('v1.26-latest')), []);
  });

  it('OpenShift: the control plane, whose namespace is the root one, and its members', () => {
    says(
      `apiVersion: maistra.io/v2
kind: ServiceMeshControlPlane
metadata: {name: basic, namespace: mesh}
spec:
  version: v2.6
  security:
    trust: {domain: corp, additionalDomains: [old.corp]}
    dataPlane: {mtls: true, automtls: false}
---
{apiVersion: maistra.io/v1, kind: ServiceMeshMemberRoll, metadata: {name: default, namespace: mesh}, spec: {members: [shop]}}
---
{apiVersion: maistra.io/v1, kind: ServiceMeshMember, metadata: {name: default, namespace: bank}, spec: {controlPlaneRef: {name: basic, namespace: mesh}}}
`,
      'revision = default (mesh.yaml:3)',
      'revisions = default (mesh.yaml:3)',
      'istioVersion = 1.20 (mesh.yaml:5)',
      'rootNamespace = mesh (mesh.yaml:3)',
      'trustDomain = corp (mesh.yaml:7)',
      'trustDomainAliases = old.corp (mesh.yaml:7)',
      'enableAutoMtls = off (mesh.yaml:8)',
      'meshMtls = STRICT (mesh.yaml:8)',
      'members = shop, bank (mesh.yaml:10)',
    );
  });

  it('OpenShift, the first version of the kind', () => {
    const plane = `apiVersion: maistra.io/v1
kind: ServiceMeshControlPlane
metadata: {name: basic, namespace: mesh}
spec: {istio: {global: {mtls: {enabled: true, auto: false}, trustDomain: corp}}}
`;
    assert.deepEqual(stated(['meshMtls', 'trustDomain', 'enableAutoMtls'], plane), [
      'trustDomain = corp (mesh.yaml:4)',
      'enableAutoMtls = off (mesh.yaml:4)',
      'meshMtls = STRICT (mesh.yaml:4)',
    ]);
  });

  it('Argo CD: values as object and as text, versions of charts', () => {
    const application = (source: string): string =>
      `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: istiod, namespace: argocd}
spec:
  source:
    repoURL: https://istio-release.storage.googleapis.com/charts
    ${source}
`;
    says(
      application(`chart: istiod
    targetRevision: 1.27.0
    helm:
      values: |
        global:
          istioNamespace: mesh
        meshConfig:
          trustDomain: corp`),
      'revision = default (mesh.yaml:3)',
      'revisions = default (mesh.yaml:3)',
      'istioVersion = 1.27 (mesh.yaml:8)',
      'rootNamespace = mesh (mesh.yaml:12)',
      'trustDomain = corp (mesh.yaml:14)',
    );
    says(
      application(`chart: ztunnel
    helm: {valuesObject: {revision: rapid}}`),
      'ambient = on (mesh.yaml:7)',
      'sidecarHbone = on (mesh.yaml:7)',
    );
    says(
      `${application('chart: grafana\n    helm: {valuesObject: {meshConfig: {trustDomain: other}}}')}---\n${SERVICE}`,
    );
  });

  it('Flux: the values of a HelmRelease', () => {
    const release = (chart: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: mesh, namespace: istio-system}
spec:
  chart: {spec: {chart: ${chart}, version: "\${version}", sourceRef: {kind: HelmRepository, name: istio}}}
  values:
    meshConfig: {trustDomain: corp, rootNamespace: "\${root}"}
`;
    says(
      release('istiod'),
      'revision = default (mesh.yaml:3)',
      'revisions = default (mesh.yaml:3)',
      'trustDomain = corp (mesh.yaml:7)',
    );
    says(`${release('kiali-operator')}---\n${SERVICE}`);
  });

  it('Flux: a HelmRelease whose chart is another object', () => {
    const release = (name: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: mesh, namespace: istio-system}
spec:
  chartRef: {kind: OCIRepository, name: ${name}}
  values:
    meshConfig: {trustDomain: corp}
`;
    const found = [
      'revision = default (mesh.yaml:3)',
      'revisions = default (mesh.yaml:3)',
      'trustDomain = corp (mesh.yaml:7)',
    ];
    says(release('istiod'), ...found);
    says(release('istio-istiod'), ...found);
    // names of other charts as well
    for (const name of ['base', 'podinfo', `"\${chart}"`]) says(`${release(name)}---\n${SERVICE}`);
  });

  it('values files of the istiod chart, by their shape', () => {
    says(
      { 'istio/values.yaml': 'global:\n  istioNamespace: mesh\nmeshConfig:\n  trustDomain: corp\n' },
      'revision = default (istio/values.yaml:1)',
      'revisions = default (istio/values.yaml:1)',
      'rootNamespace = mesh (istio/values.yaml:2)',
      'trustDomain = corp (istio/values.yaml:4)',
    );
    assert.deepEqual(stated(['trustDomain'], { 'a/values.yaml': 'istiod:\n  meshConfig: {trustDomain: corp}\n' }), [
      'trustDomain = corp (a/values.yaml:2)',
    ]);
  });

  it('no values file that only resembles one', () => {
    const others: Files = {
      'web.yaml': SERVICE,
      // nothing beside it says that it is istiod's
      'a/values.yaml': 'meshConfig: {trustDomain: other}\n',
      'b/values.yaml': 'pilot: {name: Amelia}\nglobal: {tag: 1.2.3}\n',
      'c/values.yaml': 'meshConfig: "{{ .Values.mesh }}"\nglobal: {proxy: {}}\n',
      'd/settings.yaml': 'kind: Notes\nmeshConfig: {trustDomain: other}\npilot: {}\n',
    };
    says(others);
  });

  it('values files that a chart or a release leads to', () => {
    const chart = `apiVersion: v2
name: platform
dependencies:
  - {name: istiod, alias: mesh, version: 1.26.1, repository: https://example.com/charts}
  - {name: ztunnel, version: 1.26.1, repository: https://example.com/charts, condition: ambient}
`;
    says(
      { 'p/Chart.yaml': chart, 'p/values.yaml': 'mesh:\n  meshConfig: {trustDomain: corp}\npilot: {}\n' },
      'revision = default (p/values.yaml:1)',
      'revisions = default (p/values.yaml:1)',
      'istioVersion = 1.26 (p/Chart.yaml:4)',
      'trustDomain = corp (p/values.yaml:2)',
    );
    const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: istiod, namespace: argocd}
spec:
  sources:
    - {chart: istiod, repoURL: example.com/charts, helm: {valueFiles: [$values/env/mesh.yaml]}}
    - {repoURL: example.com/git, ref: values}
`;
    const file = 'meshConfig: {trustDomain: corp}\n';
    assert.deepEqual(stated(['trustDomain'], { 'app.yaml': application, 'env/mesh.yaml': file }), [
      'trustDomain = corp (env/mesh.yaml:1)',
    ]);
    assert.deepEqual(stated(['trustDomain'], { 'app.yaml': application, 'env/other.yaml': file }), []);
  });

  it('istiod, ztunnel and the configuration of the CNI plugin', () => {
    const workload = (kind: string, name: string, container: string): string =>
      `{apiVersion: apps/v1, kind: ${kind}, metadata: {name: ${name}, namespace: istio-system}, spec: {template: {spec: {containers: [${container}]}}}}`;
    const env = 'env: [{name: REVISION, value: canary}, {name: PILOT_ENABLE_AMBIENT, value: "true"}]';
    assert.deepEqual(
      stated(
        ['revision', 'istioVersion', 'ambient'],
        workload(
          'Deployment',
          'istiod-canary',
          `{name: discovery, image: "docker.io/istio/pilot:1.27.3-distroless", ${env}}`,
        ),
      ),
      ['revision = canary (mesh.yaml:1)', 'istioVersion = 1.27 (mesh.yaml:1)', 'ambient = on (mesh.yaml:1)'],
    );
    assert.equal(
      stated(['ambient'], workload('DaemonSet', 'ztunnel', '{name: istio-proxy, image: ztunnel}')).length,
      1,
    );
    const cni =
      '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio-cni-config}, data: {AMBIENT_ENABLED: "true"}}';
    assert.equal(stated(['ambient'], cni).length, 1);
    // a patch has no image, and a namesake is another program
    says(workload('Deployment', 'istiod', `{name: discovery, ${env}}`));
    says(workload('Deployment', 'istiod', `{name: discovery, image: "example/app:1.20.0", ${env}}`));
    says(workload('Deployment', 'ztunnel', '{name: a, image: b}'));
  });

  it('webhooks: revisions and tags', () => {
    const webhook = (name: string, labels: string, hook: string): string =>
      `{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: ${name}, labels: {${labels}}}, webhooks: [{name: ${hook}, clientConfig: {}}]}`;
    const own = 'namespace.sidecar-injector.istio.io';
    assert.deepEqual(
      stated(
        ['revision', 'revisions'],
        `${webhook('istio-sidecar-injector-1-28', 'istio.io/rev: 1-28', own)}\n---\n${webhook('istio-revision-tag-default', 'istio.io/rev: 1-28, istio.io/tag: default', own)}\n---\n${webhook('istio-revision-tag-prod', 'istio.io/rev: 1-28', own)}`,
      ),
      ['revision = 1-28 (mesh.yaml:1)', 'revisions = default, 1-28, prod (mesh.yaml:1)'],
    );
    says(`${webhook('cert-manager', 'istio.io/rev: x', 'webhook.cert-manager.io')}\n---\n${SERVICE}`);
  });
});
