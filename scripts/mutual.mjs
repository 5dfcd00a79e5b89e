// Runs the command line from a checkout: `npm run -s mutual -- check examples/shop`. Builds dist/cli.js first when it
// is missing or older than its sources; otherwise that costs a few file dates.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'dist/cli.js');

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The newest date of a file below `folder`, folders included so that a removed file is noticed. */
function newest(folder) {
  let date = modified(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    date = Math.max(date, entry.isDirectory() ? newest(path) : modified(path));
  }
  return date;
}

const sources = Math.max(
  newest(join(root, 'server/src')),
  modified(join(root, 'package.json')),
  modified(join(root, 'scripts/build.mjs')),
);
if (modified(cli) < sources) {
  const args = [join(root, 'scripts/build.mjs'), '--only=cli', '--quiet'];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error('mutual: the command line could not be built; the messages above say why. Is `npm ci` done?');
    process.exit(3);
  }
}

// npm runs scripts in the package's folder; paths are meant from where the user stands
if (process.env.INIT_CWD && process.env.npm_lifecycle_event) process.chdir(process.env.INIT_CWD);
process.argv.splice(1, 1, cli);
await import(pathToFileURL(cli).href);
