// Whether a test can see and touch the window: a sample of what test/editor/suite/control.ts offers.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { control } from './control';
import { until } from './manifests';

describe('the workbench on the screen', () => {
  it('shows the file that a test opens, and takes what it types', async function () {
    const workbench = control();
    if (!workbench) return this.skip();
    const [file] = await vscode.workspace.findFiles('**/peer-authentication.yaml');
    assert.ok(file);
    const editor = await vscode.window.showTextDocument(file);
    await workbench.wait({ selector: '.editor-group-container.active .view-line', text: 'kind:' });
    const [tab] = await workbench.read({ selector: '.tab.active' });
    assert.match(tab?.label ?? '', /peer-authentication\.yaml/);

    await workbench.click({ editorText: 'STRICT' });
    await workbench.press(['End']);
    await workbench.type(' # typed');
    await workbench.wait({ selector: '.view-line', text: '# typed' });
    // the extension host hears of it a moment after the screen shows it
    await until('the text', () => /STRICT # typed/.test(editor.document.getText()));
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
