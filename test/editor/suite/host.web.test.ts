// Whether the VS Code that runs this suite is one: API, workspace, our extension, and the window where it can be seen.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { control } from './control';

describe('the VS Code that runs these tests', () => {
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

  it('shows what it opens', async function () {
    const workbench = control();
    if (!workbench) return this.skip();
    const [file] = await vscode.workspace.findFiles('**/*.yaml');
    assert.ok(file);
    await vscode.window.showTextDocument(file);
    await workbench.wait({ selector: '.editor-group-container.active .view-line', text: 'kind:' });
    const tabs = await workbench.read({ selector: '.tab.active' });
    assert.equal(tabs.length, 1);
  });
});
