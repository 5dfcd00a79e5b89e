// What the server is told of settings: what somebody has set, and not what VS Code would say by itself, since a
// mutual.yaml stands between the two.
import * as vscode from 'vscode';
import type { ConfigurationItem } from 'vscode-languageclient';

type Scope = vscode.Uri | undefined;

/**
 * The answer to `workspace/configuration`.
 * @param keys every setting of ours, as package.json names it
 */
export function settingsFor(items: readonly ConfigurationItem[], keys: readonly string[]): unknown[] {
  return items.map(({ scopeUri, section }) => {
    const scope = scopeUri === undefined ? undefined : vscode.Uri.parse(scopeUri);
    if (section === 'mutual') return ownSettings(keys, scope);
    return settingOf(section ?? '', scope, false);
  });
}

/** Every setting of an extension, by its full name. */
export function settingNames(extension: vscode.Extension<unknown>): string[] {
  const { contributes } = extension.packageJSON as { contributes?: { configuration?: { properties?: object } } };
  return Object.keys(contributes?.configuration?.properties ?? {});
}

function ownSettings(keys: readonly string[], scope: Scope): object {
  const section: Record<string, unknown> = {};
  for (const key of keys) {
    const value = settingOf(key, scope, true);
    if (value === undefined) continue;
    const names = key.split('.').slice(1);
    let owner = section;
    for (const name of names.slice(0, -1)) {
      owner[name] ??= {};
      owner = owner[name] as Record<string, unknown>;
    }
    owner[names.at(-1)!] = value;
  }
  return section;
}

/** In a workspace that is not trusted only what the user has set for himself counts. */
function settingOf(key: string, scope: Scope, onlySet: boolean): unknown {
  const configuration = vscode.workspace.getConfiguration(undefined, scope ?? null);
  const stated = configuration.inspect(key);
  if (!vscode.workspace.isTrusted) return stated?.globalValue ?? (onlySet ? undefined : stated?.defaultValue);
  const set = stated?.workspaceFolderValue ?? stated?.workspaceValue ?? stated?.globalValue;
  return set === undefined && onlySet ? undefined : configuration.get(key);
}
