// Where settings show: hovers, the report, JSON; and which files and objects are looked at for them.
import assert from 'node:assert/strict';
import { hover } from '../../../server/src/features/hover';
import { bearsOnSettings } from '../../../server/src/mesh/settings';
import { settingsReport } from '../../../server/src/report/settings';
import { meshTable } from '../../../server/src/report/table';
import { tableJson } from '../../../server/src/report/table-json';
import { mayHoldManifest } from '../../../server/src/workspace/candidates';
import { meshOf, snapshotOf } from './support';

const OPERATOR = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: mesh, namespace: istio-system}
spec:
  meshConfig:
    rootNamespace: mesh-root
    enableAutoMtls: false
`;

describe('settings of a mesh', () => {
  it('are shown by the hover of what states them', () => {
    const snapshot = snapshotOf(OPERATOR);
    const uri = 'file:///mesh/mesh.yaml';
    const text = hover(snapshot, uri, OPERATOR.indexOf('IstioOperator'))?.markdown ?? '';
    assert.match(text, /^\*\*IstioOperator istio-system\/mesh\*\* sets 4 of the settings below/);
    assert.match(
      text,
      /This mesh: root namespace `mesh-root`, trust domain `cluster.local`, auto mTLS off, revision `default`\./,
    );
    assert.match(
      text,
      /\| root namespace \| `mesh-root` \| \[IstioOperator istio-system\/mesh\]\(.*#L6\) `spec.meshConfig/,
    );
    assert.match(text, /\| trust domain \| `cluster.local` \| default \|/);
    assert.equal(hover(snapshot, uri, OPERATOR.indexOf('mesh-root'))?.markdown, text);
  });

  it('are all reported, with their places', () => {
    const snapshot = snapshotOf(OPERATOR);
    const lines = settingsReport(snapshot.meshes[0]!, snapshot, (uri) => uri.split('/').pop()!);
    const line = (name: string): unknown => lines.find(({ setting }) => setting === name);
    assert.deepEqual(line('enableAutoMtls'), {
      setting: 'enableAutoMtls',
      name: 'auto mTLS',
      value: 'off',
      by: 'manifest',
      source: 'IstioOperator istio-system/mesh, spec.meshConfig.enableAutoMtls',
      places: ['mesh.yaml:7'],
    });
    assert.equal((line('trustDomain') as { source: string }).source, 'default');
    assert.deepEqual(
      lines.map(({ setting }) => setting).sort(),
      Object.keys(snapshot.meshes[0]!.mesh.settings.sources).sort(),
    );
  });

  it('stand in the JSON of tables where something states them', () => {
    const snapshot = snapshotOf(OPERATOR);
    const value = tableJson(
      [meshTable(snapshot.meshes[0]!)],
      snapshot,
      (uri) => uri,
      () => '',
    ) as {
      settings: { setting: string; value: unknown; by: string }[];
    };
    assert.deepEqual(
      value.settings.map(({ setting, value, by }) => [setting, value, by]),
      [
        ['revision', 'default', 'manifest'],
        ['revisions', ['default'], 'manifest'],
        ['rootNamespace', 'mesh-root', 'manifest'],
        ['enableAutoMtls', false, 'manifest'],
      ],
    );
  });

  it('are the same from the objects that bear on them alone', () => {
    const view = meshOf(`${OPERATOR}---\n{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}\n---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mesh: "trustDomain: other"}}`);
    assert.deepEqual(
      view.mesh.objects.filter(bearsOnSettings).map(({ kind }) => kind),
      ['IstioOperator'],
    );
  });

  it('make files be read that have no kind, if they have their keys', () => {
    assert.ok(mayHoldManifest('meshConfig:\n  trustDomain: corp\n'));
    assert.ok(mayHoldManifest('apiVersion: v2\nname: platform\ndependencies:\n  - name: istiod\n'));
    assert.ok(!mayHoldManifest('replicas: 2\nimage: {tag: 1}\n'));
    assert.ok(!mayHoldManifest('apiVersion: v2\nname: web\ndependencies:\n  - name: redis\n'));
  });
});
