// Reads the command line that VS Code's own executable takes, as far as test runs use it, so that
// `runTests({ vscodeExecutablePath })` of @vscode/test-electron cannot tell our host from a desktop VS Code.
import path from 'node:path';

export interface HostArguments {
  readonly extensionDevelopmentPaths: readonly string[];
  readonly extensionTestsPath?: string;
  readonly userDataDir?: string;
  readonly extensionsDir?: string;
  readonly installExtensions: readonly string[];
  readonly listExtensions: boolean;
  readonly disableExtensions: boolean;
  /** A folder, or a `.code-workspace` file. */
  readonly workspace?: string;
  /** Options that mean nothing here. */
  readonly ignored: readonly string[];
}

const withValue = new Set([
  'extensionDevelopmentPath',
  'extensionTestsPath',
  'user-data-dir',
  'extensions-dir',
  'install-extension',
]);

/** What `runTests` always passes and what has no meaning in a browser: left out without a word. */
const knownAndVoid = new Set([
  'no-sandbox',
  'disable-gpu-sandbox',
  'disable-gpu',
  'disable-updates',
  'skip-welcome',
  'skip-release-notes',
  'disable-workspace-trust',
  'new-window',
  'force',
]);

export function parseArguments(argv: readonly string[]): HostArguments {
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  const positional: string[] = [];
  const ignored: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (!argument.startsWith('-')) {
      positional.push(argument);
      continue;
    }
    const [, name = '', inline] = /^-+([^=]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (withValue.has(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined) throw new Error(`--${name} needs a value`);
      values.set(name, [...(values.get(name) ?? []), value]);
    } else if (name === 'disable-extensions' || name === 'list-extensions') {
      flags.add(name);
    } else if (!knownAndVoid.has(name)) {
      ignored.push(argument);
    }
  }
  if (positional.length > 1)
    throw new Error(`one folder or workspace file can be opened, not ${positional.length}: ${positional.join(' ')}`);
  const last = (name: string) => values.get(name)?.at(-1);
  const asPath = (value: string | undefined) => (value === undefined ? undefined : path.resolve(value));
  return {
    extensionDevelopmentPaths: (values.get('extensionDevelopmentPath') ?? []).map((value) => path.resolve(value)),
    extensionTestsPath: asPath(last('extensionTestsPath')),
    userDataDir: asPath(last('user-data-dir')),
    extensionsDir: asPath(last('extensions-dir')),
    installExtensions: values.get('install-extension') ?? [],
    listExtensions: flags.has('list-extensions'),
    disableExtensions: flags.has('disable-extensions'),
    workspace: asPath(positional[0]),
    ignored,
  };
}
