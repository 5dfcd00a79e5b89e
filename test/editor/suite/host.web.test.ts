// Whether the VS Code that runs this suite is one: the extension host that was meant, API, workspace, our extension.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the VS Code that runs these tests', () => {
  it('is of the kind that was asked for', () => {
    assert.equal('importScripts' in globalThis, inWebWorker);
  });

  it('has the API and a workspace folder with files', async () => {
    assert.match(vscode.version, /^\d+\.\d+\.\d+/);
    const files = await vscode.workspace.findFiles('**/*.yaml');
    assert.notEqual(files.length, 0);
  });

  it('has our extension and activates it', async () => {
    const extension = vscode.extensions.getExtension('mutual.mutual-istio');
    assert.ok(extension, 'no extension mutual.mutual-istio');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
