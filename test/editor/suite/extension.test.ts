// The extension as its user sees it: what is drawn, clicked and typed.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { control } from './control';
import { closeAll, conflict, fileUri, open, problems, RULE, until } from './manifests';

describe('Mutual on the screen', () => {
  afterEach(closeAll);

  it('draws that hover as a table', async function () {
    const workbench = control();
    if (!workbench) return this.skip();
    await open('peer-authentication.yaml');
    await until('the server', () => problems(fileUri(RULE)).length > 0);
    await workbench.wait({ selector: '.editor-group-container.active .view-line', text: 'kind:' });
    await workbench.hover({ editorText: 'PeerAuthentication' });
    await workbench.wait({ selector: '.monaco-hover table', text: 'who gets in today' });
    await workbench.screenshot({ name: 'hover' });
    await workbench.away();
  });

  it('offers the fix under the light bulb', async function () {
    const workbench = control();
    if (!workbench) return this.skip();
    const { document } = await open(RULE);
    await conflict();
    await workbench.click({ editorText: 'DISABLE' });
    await until('the menu', async () => {
      await workbench.press('Control+Period');
      return workbench.wait({ selector: '.action-widget', text: 'Send Istio mTLS', timeoutMs: 2500 }).then(
        () => true,
        () => workbench.press('Escape').then(() => false),
      );
    });
    await workbench.screenshot({ name: 'quick-fix' });
    await workbench.press('Enter');
    await until('the edit', () => /mode: ISTIO_MUTUAL/.test(document.getText()));
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('asks for the client and the host that it is to explain', async function () {
    const workbench = control();
    if (!workbench) return this.skip();
    await open(RULE);
    const done = vscode.commands.executeCommand('mutual.explainConnection');
    await workbench.wait({ selector: '.quick-input-widget .monaco-list-row', text: 'shop/web' });
    await workbench.type('web');
    await workbench.press('Enter');
    await workbench.wait({ selector: '.quick-input-widget .monaco-list-row', text: 'cart.shop:80' });
    await workbench.type('cart');
    await workbench.press('Enter');
    await done;
    await until('the explanation', () => vscode.window.activeTextEditor?.document.uri.scheme === 'mutual-explain');
  });

  it('says in the status which mesh and how many files', async function () {
    const workbench = control();
    if (!workbench) return this.skip();
    await open(RULE);
    await conflict();
    // the editor draws the popup anew when the status changes, and may close it: then it is opened again
    const text = await until('the status', async () => {
      await workbench.click({ selector: '#status\\.languageStatus' });
      const shown = { selector: '.hover-language-status', text: 'Mutual: one mesh', timeoutMs: 2500 };
      if (
        !(await workbench.wait(shown).then(
          () => true,
          () => false,
        ))
      )
        return undefined;
      const [item] = await workbench.read({ selector: '.hover-language-status', text: 'Mutual' });
      return item?.text;
    });
    assert.match(text, /5 files · 7 objects · auto mTLS on/);
    await workbench.press('Escape');
  });
});
