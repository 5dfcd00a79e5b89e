// npm runs this where it makes a package of the sources: for `npm pack`, and for a git repository that is installed, which
// is how pre-commit installs hooks. Builds dist/cli.js, which is all that such a package needs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

// what npm tells scripts of its own run (a global install, another folder) is not meant for the one started here
const FOR_THE_OUTER_RUN = /^npm_config_(global|prefix|local_prefix|location|omit|include|package_lock_only|dry_run)$/i;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOR_THE_OUTER_RUN.test(name)));

function run(command, args) {
  const shell = process.platform === 'win32';
  // standard output belongs to npm: `npm pack` prints the name of the package there
  const { status, error } = spawnSync(command, args, { cwd: root, env, shell, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(
    `mutual: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}; the lines above say why.`,
  );
  process.exit(1);
}

// a checkout has its own build
if (['ci', 'install'].includes(process.env.npm_command) && existsSync(join(root, 'dist/cli.js'))) process.exit(0);
// npm does not install development packages for a git repository that is installed globally
if (!existsSync(join(root, 'node_modules/esbuild'))) run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
run(process.execPath, ['scripts/build.mjs', '--production', '--only=cli', '--quiet']);
