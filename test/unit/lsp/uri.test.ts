// One spelling for each URI, whatever the client's.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { canonical, namesBelow, parentOf, pathForPeople } from '../../../server/src/lsp/uri';

describe('URIs', () => {
  it('of one file are one, however they are escaped', () => {
    for (const path of ['/a b/c+d.yaml', '/ä/%.yaml', '/x (1)/[y]#z?.yaml', "/it's/@a,b;c=d&e$f.yaml"]) {
      const own = canonical(pathToFileURL(path).href);
      const vscode = `file://${path.split('/').map(encodeURIComponent).join('/')}`;
      assert.equal(canonical(vscode), own, path);
      assert.equal(canonical(own), own, path);
    }
    assert.equal(canonical('file:///C%3A/a.yaml'), 'file:///c:/a.yaml');
    assert.equal(canonical('file://localhost/a/../b//c.yaml'), 'file:///b/c.yaml');
  });

  it('of other schemes keep what is not their path', () => {
    assert.equal(canonical('vscode-vfs://github%2B7b/o/r/a%20b.yaml'), 'vscode-vfs://github%2B7b/o/r/a%20b.yaml');
    assert.equal(canonical('git:/a.yaml?%7B%22ref%22%7D'), 'git:/a.yaml?%7B%22ref%22%7D');
    for (const odd of ['untitled:Untitled-1', 'file:///%ff', 'nonsense', '']) assert.equal(canonical(odd), odd);
  });

  it('lead up to the root and no further', () => {
    assert.equal(parentOf('file:///a/b'), 'file:///a');
    for (const root of ['file://', 'memfs:', 'vscode-vfs://github']) assert.equal(parentOf(root), root);
    assert.deepEqual(namesBelow('memfs:/a', 'memfs:/a/b%20c/d.yaml'), ['b c', 'd.yaml']);
    assert.equal(namesBelow('memfs:/a', 'memfs:/ab/d.yaml'), undefined);
    assert.equal(pathForPeople('file:///a/x%20y.yaml', 'file:///a/b'), '../x y.yaml');
  });
});
