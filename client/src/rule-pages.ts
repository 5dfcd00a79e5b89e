// "Mutual: Explain Rule…": shows the page of a rule, which comes with the extension. Diagnostics link here.
import * as vscode from 'vscode';

/** The command that the server's diagnostics link to, with the id of their rule. */
export const RULE_COMMAND = 'mutual.explainRule';

/** Asks which, where none is given. */
export async function explainRule(extension: vscode.Extension<unknown>, given?: unknown): Promise<void> {
  const rules = rulesOf(extension);
  const rule = typeof given === 'string' ? given : await pickRule(rules);
  if (rule === undefined) return;
  // what a link says is not trusted to be the name of a file
  if (!rules.has(rule)) throw new Error(`there is no rule ${rule}`);
  const page = vscode.Uri.joinPath(extension.extensionUri, 'docs', 'rules', `${rule}.md`);
  await vscode.commands.executeCommand('markdown.showPreviewToSide', page);
}

/** Every rule with what it reports, as the settings' schema names them. */
function rulesOf({ packageJSON }: vscode.Extension<unknown>): ReadonlyMap<string, string> {
  const { properties } = packageJSON.contributes.configuration;
  const rules: Record<string, { description: string }> = properties['mutual.severity'].properties;
  return new Map(Object.entries(rules).map(([rule, { description }]) => [rule, description]));
}

async function pickRule(rules: ReadonlyMap<string, string>): Promise<string | undefined> {
  const items = [...rules].map(([label, detail]) => ({ label, detail }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Which rule?', matchOnDetail: true });
  return chosen?.label;
}
