// Meshes that a configuration names: their files, and what is stated for each.
import * as assert from 'node:assert/strict';
import { readConfiguration } from '../../../server/src/workspace/configuration';
import { explicitMeshes, namedMeshes } from '../../../server/src/workspace/explicit-meshes';
import { joinSnapshots } from '../../../server/src/workspace/join';
import { Workspace } from '../../../server/src/workspace/workspace';
import { APP, NAMESPACE, STRICT } from '../../cli/run';

const HOME = 'file:///repo';
const meshes = (text: string, flags = {}): ReturnType<typeof namedMeshes> =>
  namedMeshes(readConfiguration(text, []).configuration, HOME, flags);

const PROD_AND_DEV = `meshes:
  - name: prod
    files: [base, clusters/prod/**]
    assume: {trustDomain: prod.example.com}
  - name: dev
    files: [base/**, clusters/dev]
assume: {trustDomain: example.com, rootNamespace: mesh}
`;
const FILES = ['base/a.yaml', 'clusters/prod/b.yaml', 'clusters/dev/b.yaml', 'clusters/c.yaml', 'my files/d.yaml'].map(
  (path) => ({ uri: `${HOME}/${encodeURI(path)}` }),
);

describe('meshes of mutual.yaml', () => {
  it('take their files, which may be in several; the rest is left', () => {
    const { groups, rest } = explicitMeshes(meshes(PROD_AND_DEV), FILES);
    assert.deepEqual(
      groups.map(({ name, files }) => [name, files.map(({ uri }) => uri.slice(HOME.length + 1))]),
      [
        ['prod', ['base/a.yaml', 'clusters/prod/b.yaml']],
        ['dev', ['base/a.yaml', 'clusters/dev/b.yaml']],
      ],
    );
    assert.deepEqual(rest, FILES.slice(3));
    const [spaced] = explicitMeshes(meshes('meshes: [{name: a, files: ["my files"]}]'), FILES).groups;
    assert.deepEqual(spaced?.files, FILES.slice(4));
  });

  it('state their own before what is stated for all, and flags before both', () => {
    const [prod, dev] = meshes(PROD_AND_DEV, { rootNamespace: 'flag' });
    assert.deepEqual(prod?.assume, { trustDomain: 'prod.example.com', rootNamespace: 'flag' });
    assert.deepEqual(dev?.assume, { trustDomain: 'example.com', rootNamespace: 'flag' });
  });

  it('come before every other grouping, each with its own answers', () => {
    const workspace = new Workspace();
    const files = new Map([
      [`${HOME}/base/ns.yaml`, NAMESPACE('shop')],
      [`${HOME}/base/app.yaml`, APP('shop', 'web')],
      [`${HOME}/clusters/prod/mtls.yaml`, STRICT('shop')],
      [`${HOME}/clusters/dev/mtls.yaml`, STRICT('shop').replace('STRICT', 'DISABLE')],
      [`${HOME}/other/app.yaml`, APP('other', 'web')],
    ]);
    workspace.apply({ files, meshes: meshes(PROD_AND_DEV), assume: { trustDomain: 'example.com' } });
    const { meshes: views } = workspace.snapshot();
    assert.deepEqual(
      views.map(({ name, mesh }) => [name, mesh.settings.trustDomain, mesh.services.length]),
      [
        ['prod', 'prod.example.com', 1],
        ['dev', 'example.com', 1],
        ['other files', 'example.com', 1],
      ],
    );
    assert.equal(workspace.snapshot().meshesOf(`${HOME}/base/app.yaml`).length, 2);
    workspace.apply({ meshes: [] });
    assert.notDeepEqual(
      workspace.snapshot().meshes.map(({ name }) => name),
      ['prod', 'dev', 'other files'],
    );
  });
});

describe('several workspaces seen as one', () => {
  it('keep their meshes apart, under their names', () => {
    const parts = ['one', 'two'].map((name) => {
      const workspace = new Workspace();
      workspace.apply({ files: new Map([[`file:///${name}/app.yaml`, APP('shop', 'web')]]) });
      return { name, snapshot: workspace.snapshot() };
    });
    const joined = joinSnapshots(parts, 1);
    assert.deepEqual(
      joined.meshes.map(({ name, mesh }) => [name, mesh.services.length]),
      [
        ['one', 1],
        ['two', 1],
      ],
    );
    assert.deepEqual([...joined.files.keys()], ['file:///one/app.yaml', 'file:///two/app.yaml']);
    assert.equal(joined.meshesOf('file:///two/app.yaml')[0]?.name, 'two');
    assert.ok(joined.meshes[1]?.authorization);
    assert.equal(joinSnapshots(parts.slice(0, 1), 1), parts[0]?.snapshot);
  });
});
