// The extension as its user has it, in every kind of extension host: problems, hovers, fixes, snippets, the table,
// explanations and commands.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { control } from './control';
import { closeAll, conflict, fileUri, open, problems, RULE, ruleOf, until } from './manifests';

const BROKEN = /mode: DISABLE/;

describe('Mutual in the editor', () => {
  afterEach(closeAll);

  it('shows a refused connection at the field to change', async () => {
    const { document } = await open(RULE);
    const problem = await conflict();
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(document.getText(problem.range), 'DISABLE');
    assert.match(problem.message, /PeerAuthentication shop\/default/);
    assert.ok(typeof problem.code === 'object' && problem.code.target.scheme === 'command', 'no link to the page');
    const related = problem.relatedInformation?.map(({ location }) => location.uri.path.split('/').pop());
    assert.ok(related?.includes('peer-authentication.yaml'), `related: ${related}`);
  });

  it('shows each problem once', async () => {
    await open(RULE);
    await conflict();
    const again = problems(fileUri(RULE)).filter((problem) => ruleOf(problem) === 'plaintext-refused');
    assert.equal(again.length, 1);
  });

  it('says nothing about a file that is no manifest', async () => {
    await open('compose.yaml');
    await open(RULE);
    await conflict();
    assert.deepEqual(problems(fileUri('compose.yaml')), []);
  });

  it('follows what is typed', async () => {
    const editor = await open(RULE);
    await conflict();
    const start = editor.document.positionAt(editor.document.getText().search(/DISABLE/));
    await editor.edit((edit) => edit.replace(new vscode.Range(start, start.translate(0, 7)), 'ISTIO_MUTUAL'));
    await until('no problem', () => problems(fileUri(RULE)).every(({ severity }) => severity !== 0));
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await conflict();
  });

  it('tells in a hover who gets in, with links', async () => {
    const { document } = await open('peer-authentication.yaml');
    const position = document.positionAt(document.getText().indexOf('kind') + 1);
    const hovers = await until('a hover', async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        position,
      );
      return found.length > 0 && found;
    });
    const text = hovers.flatMap(({ contents }) =>
      contents.map((each) => (typeof each === 'string' ? each : each.value)),
    );
    assert.match(text.join('\n'), /PeerAuthentication shop\/default\*\* applies to 2 of 2 workloads in `shop`/);
    assert.match(text.join('\n'), /\| `cart` \| 8080 \| STRICT \| \*\*1 refused/);
  });

  it('fixes a refused connection, and the fix can be saved', async () => {
    const { document } = await open(RULE);
    const before = document.getText();
    const problem = await conflict();
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      problem.range,
      vscode.CodeActionKind.QuickFix.value,
    );
    const fix = actions.find(({ isPreferred }) => isPreferred);
    assert.ok(fix?.edit, `no preferred fix among ${actions.map(({ title }) => title).join(', ')}`);
    try {
      assert.equal(await vscode.workspace.applyEdit(fix.edit), true);
      assert.equal(await document.save(), true);
      const saved = new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri));
      assert.match(saved, /mode: ISTIO_MUTUAL/);
      assert.match(saved, /^# From the days before/);
      await until('no problem', () => problems(document.uri).every(({ severity }) => severity !== 0));
    } finally {
      await vscode.workspace.fs.writeFile(document.uri, new TextEncoder().encode(before));
      await until('the file as before', () => BROKEN.test(document.getText()));
    }
    await conflict();
  });

  it('fixes all of a file by the command that editors run on saving', async () => {
    const { document } = await open(RULE);
    await conflict();
    await until('the edit', async () => {
      await vscode.commands.executeCommand('editor.action.fixAll');
      return /mode: ISTIO_MUTUAL/.test(document.getText());
    });
    await until('no problem', () => problems(document.uri).every(({ severity }) => severity !== 0));
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await conflict();
  });

  it('accepts a problem by a comment, and the problem is gone', async () => {
    const { document } = await open(RULE);
    const problem = await conflict();
    assert.ok(
      problem.relatedInformation?.some(({ location }) => location.uri.path.endsWith('peer-authentication.yaml')),
      'the other half is not linked',
    );
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      problem.range,
    );
    const ignore = actions.find(({ title }) => /^Ignore plaintext-refused/.test(title));
    assert.ok(ignore?.edit, `no way to accept it among ${actions.map(({ title }) => title).join(', ')}`);
    assert.equal(await vscode.workspace.applyEdit(ignore.edit), true);
    await until('no problem', () => problems(document.uri).every(({ severity }) => severity !== 0));
    assert.match(document.getText(), /# mutual-ignore plaintext-refused/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await conflict();
  });

  it('inserts a snippet, which is then answered for', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'yaml', content: '' });
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('editor.action.insertSnippet', {
      langId: 'yaml',
      name: 'PeerAuthentication: namespace STRICT',
    });
    await until('the snippet', () => /kind: PeerAuthentication/.test(document.getText()));
    const at = document.positionAt(document.getText().indexOf('kind') + 1);
    await until('a hover on the new text', async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        at,
      );
      return hovers.some(({ contents }) =>
        contents.some((each) => typeof each !== 'string' && each.value.includes('PeerAuthentication shop/default')),
      );
    });
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('shows the table', async () => {
    await open(RULE);
    await vscode.commands.executeCommand('mutual.showTable');
    const tab = await until('the panel', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .find(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('mutual.table')),
    );
    assert.equal(tab.label, 'Mutual TLS');
    const workbench = control();
    if (!workbench) return;
    const inside =
      'iframe.webview.ready >> internal:control=enter-frame >> iframe#active-frame >> internal:control=enter-frame';
    await workbench.wait({ selector: `${inside} >> tr.conflict`, text: 'cart.shop:80' });
    await workbench.screenshot({ name: 'table' });
    await workbench.click({ selector: `${inside} >> tr.conflict a >> text=shop/default` });
    await until('the policy', () =>
      vscode.window.activeTextEditor?.document.uri.path.endsWith('/peer-authentication.yaml'),
    );
  });

  it('explains a connection', async () => {
    await open(RULE);
    await vscode.commands.executeCommand('mutual.explainConnection', { client: 'shop/web', target: 'cart.shop:80' });
    const text = await until('the explanation', () => {
      const { document } = vscode.window.activeTextEditor ?? {};
      return document?.uri.scheme === 'mutual-explain' && document.getText();
    });
    assert.match(text, /^shop\/web → cart\.shop\.svc\.cluster\.local:80 {3}refused/);
    assert.match(text, /destination-rule\.yaml:11/);
  });

  it('shows the page of a rule, by the link of its diagnostic and by a code action', async () => {
    const { document } = await open(RULE);
    const { code, range } = await conflict();
    assert.ok(typeof code === 'object');
    const preview = (): vscode.Tab | undefined =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .find(({ label }) => label.includes('plaintext-refused.md'));
    const [link, argument] = [code.target.path, JSON.parse(code.target.query) as string[]];
    await vscode.commands.executeCommand(link, ...argument);
    const tab = await until('the page', preview);
    await vscode.window.tabGroups.close(tab);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
    );
    const explain = actions.find(({ title }) => title === 'Explain plaintext-refused')?.command;
    assert.ok(explain, `no explanation among ${actions.map(({ title }) => title).join(', ')}`);
    await vscode.commands.executeCommand(explain.command, ...(explain.arguments ?? []));
    await until('the page again', preview);
  });

  it('has its commands, and answers after a restart', async () => {
    const commands = await vscode.commands.getCommands(true);
    for (const name of ['showTable', 'explainConnection', 'explainRule', 'restartServer', 'showOutput']) {
      assert.ok(commands.includes(`mutual.${name}`), `no command mutual.${name}`);
    }
    await open(RULE);
    await conflict();
    // what is shown asks for the server as soon as it comes back
    await vscode.commands.executeCommand('mutual.explainConnection', { client: 'shop/web', target: 'cart.shop:80' });
    await vscode.commands.executeCommand('mutual.showTable');
    await vscode.commands.executeCommand('mutual.restartServer');
    await conflict();
  });

  it('follows JSON from when on it holds a manifest', async () => {
    const content = '{"name": "no manifest", "mode": "STRIKT"}';
    const document = await vscode.workspace.openTextDocument({ language: 'json', content });
    await vscode.window.showTextDocument(document);
    const { uri } = document;
    const manifest = {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'json', namespace: 'shop' },
      spec: { mtls: { mode: 'STRIKT' } },
    };
    const write = async (value: object): Promise<void> => {
      const edit = new vscode.WorkspaceEdit();
      const end = document.positionAt(document.getText().length);
      edit.replace(uri, new vscode.Range(new vscode.Position(0, 0), end), JSON.stringify(value, null, 2));
      await vscode.workspace.applyEdit(edit);
    };
    await write(manifest);
    await until('the refused mode', () => problems(uri).some((each) => each.message.includes('STRIKT')));
    manifest.spec.mtls.mode = 'PERMISSIVE';
    await write(manifest);
    await until('no error', () => problems(uri).every(({ severity }) => severity !== 0));
  });

  it('follows its settings', async () => {
    await open(RULE);
    await conflict();
    const settings = vscode.workspace.getConfiguration('mutual');
    try {
      await settings.update('severity', { 'plaintext-refused': 'warning' }, vscode.ConfigurationTarget.Workspace);
      await until('a warning', () => problems(fileUri(RULE)).some(({ severity }) => severity === 1));
    } finally {
      await settings.update('severity', undefined, vscode.ConfigurationTarget.Workspace);
    }
    await until('the error', () => problems(fileUri(RULE)).some(({ severity }) => severity === 0));
  });
});
