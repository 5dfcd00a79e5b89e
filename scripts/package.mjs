// `npm run package [-- --out FILE]`: makes mutual-istio.vsix. The same commit gives the same bytes, wherever and whenever
// it is built: times are the commit's, permissions and order are fixed, and nothing of the machine goes in.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFile, chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { out: { type: 'string', default: 'mutual-istio.vsix' } } });

/** Seconds since 1970: as asked for, else of the commit, else a day that every archive can hold. */
function sourceDate() {
  if (process.env.SOURCE_DATE_EPOCH) return process.env.SOURCE_DATE_EPOCH;
  try {
    return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    // not a checkout
    return String(Date.UTC(1980, 0, 2) / 1000);
  }
}

/** package.json as an editor needs it: everything is bundled, and nothing is built any more. */
async function manifest() {
  const {
    scripts: _scripts,
    devDependencies: _development,
    dependencies: _bundled,
    ...rest
  } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  return `${JSON.stringify(rest, null, 2)}\n`;
}

process.env.SOURCE_DATE_EPOCH = sourceDate();
// archives hold local times
process.env.TZ = 'UTC';
const stage = await mkdtemp(path.join(os.tmpdir(), 'mutual-package-'));
try {
  build(stage);
  for (const file of await listFiles({ cwd: root, packageManager: PackageManager.None })) {
    // its users have another README than its developers
    if (file.startsWith('dist/') || file === 'README.md') continue;
    await put(file, file === 'client/README.md' ? 'README.md' : file);
  }
  await writeFile(path.join(stage, 'package.json'), await manifest());
  await put('.vscodeignore', '.vscodeignore');
  await appendFile(path.join(stage, '.vscodeignore'), '\n!README.md\n');
  await allReadable(stage);
  await createVSIX({
    cwd: stage,
    packagePath: path.resolve(values.out),
    dependencies: false,
    allowMissingRepository: true,
    skipLicense: true,
  });
} finally {
  await rm(stage, { recursive: true, force: true });
}

/** Not into the project's own `dist`, which others may be building at the same time. */
function build(folder) {
  const args = [path.join(root, 'scripts/build.mjs'), '--production', '--quiet', `--to=${folder}`];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error('the build failed; the lines above say why');
}

async function put(file, name) {
  const target = path.join(stage, name);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(path.join(root, file), target);
}

/** An archive holds permissions too, and those of a checkout depend on who made it. */
async function allReadable(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) await chmod(path.join(entry.parentPath, entry.name), 0o644);
  }
}
