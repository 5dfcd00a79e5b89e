// Which files Mutual takes to be deployed together.
import assert from 'node:assert/strict';
import { Workspace } from '../../server/src/workspace/workspace';

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;

/** The meshes of files, each as its name and its files. */
function meshesOf(files: Record<string, string>): Record<string, string[]> {
  const workspace = new Workspace();
  workspace.apply({ files: new Map(Object.entries(files).map(([name, text]) => [`file:///repo/${name}`, text])) });
  const { meshes } = workspace.snapshot();
  return Object.fromEntries(
    meshes.map(({ name, files: uris }) => [name, uris.map((uri) => uri.replace('file:///repo/', ''))]),
  );
}

describe('meshes of a workspace', () => {
  it('one, when nothing is defined twice', () => {
    const files = { 'a/shop.yaml': namespace('shop'), 'b/pay.yaml': namespace('pay') };
    assert.deepEqual(meshesOf(files), { '': ['a/shop.yaml', 'b/pay.yaml'] });
  });

  it('one for each folder that defines the same object, with everything around them', () => {
    const files = {
      'base.yaml': namespace('root'),
      'dev/shop.yaml': namespace('shop'),
      'prod/shop.yaml': namespace('shop'),
    };
    assert.deepEqual(meshesOf(files), { dev: ['base.yaml', 'dev/shop.yaml'], prod: ['base.yaml', 'prod/shop.yaml'] });
  });

  it('folders that are alternatives to a third one, but not to each other, stay together', () => {
    const files = {
      'apps/shop.yaml': namespace('shop'),
      'policies/pay.yaml': namespace('pay'),
      'release/all.yaml': `${namespace('shop')}---\n${namespace('pay')}`,
    };
    assert.deepEqual(meshesOf(files), {
      'apps + policies': ['apps/shop.yaml', 'policies/pay.yaml'],
      release: ['release/all.yaml'],
    });
  });

  it('alternatives deeper down share what is beside them', () => {
    const files = {
      'infra/root.yaml': namespace('istio-system'),
      'shop/dev/shop.yaml': namespace('shop'),
      'shop/prod/shop.yaml': namespace('shop'),
    };
    assert.deepEqual(meshesOf(files), {
      'shop/dev': ['infra/root.yaml', 'shop/dev/shop.yaml'],
      'shop/prod': ['infra/root.yaml', 'shop/prod/shop.yaml'],
    });
  });

  it('files without a known object are in none', () => {
    assert.deepEqual(meshesOf({ 'values.yaml': 'replicas: 3\n', 'shop.yaml': namespace('shop') }), {
      '': ['shop.yaml'],
    });
  });
});
