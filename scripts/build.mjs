// Bundles the entries, each one file without runtime node_modules: dist/cli.js, dist/server.js and dist/extension.js for
// Node, dist/browser/server.js (a worker) and dist/browser/extension.js for browsers.
//   node scripts/build.mjs [--production] [--only=cli,server,extension,browser-server,browser-extension] [--quiet] [--metafile=FILE] [--to=FOLDER]

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledPackages, notices } from './licences.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** Without Node, and without what the packages have for it. */
const BROWSER = { platform: 'browser', target: 'es2022', mainFields: ['browser', 'module', 'main'] };

/** What is built from what. VS Code's own Node runs the extension; `vscode` is given by it. */
const ENTRIES = [
  {
    name: 'cli',
    source: 'server/src/cli/main.ts',
    target: 'dist/cli.js',
    options: { banner: { js: '#!/usr/bin/env node' } },
  },
  { name: 'server', source: 'server/src/lsp/main.ts', target: 'dist/server.js', options: {} },
  {
    name: 'extension',
    source: 'client/src/extension.ts',
    target: 'dist/extension.js',
    options: { external: ['vscode'] },
  },
  {
    name: 'browser-server',
    source: 'server/src/lsp/browser.ts',
    target: 'dist/browser/server.js',
    options: { ...BROWSER, format: 'iife' },
  },
  {
    name: 'browser-extension',
    source: 'client/src/browser.ts',
    target: 'dist/browser/extension.js',
    options: { ...BROWSER, external: ['vscode'] },
  },
];

const flags = process.argv.slice(2);
const production = flags.includes('--production') || process.env.NODE_ENV === 'production';
const quiet = flags.includes('--quiet');
const metafile = flags.find((flag) => flag.startsWith('--metafile='))?.slice('--metafile='.length);
// the folder that gets `dist`; another one than the project's keeps the build apart from all others
const to = flags.find((flag) => flag.startsWith('--to='))?.slice('--to='.length) ?? root;
const only = flags
  .find((flag) => flag.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
const wanted = ENTRIES.filter(({ name }) => !only || only.includes(name));
const present = wanted.filter(({ source }) => existsSync(join(root, source)));

const made = await Promise.all(present.map(bundle));
// by entry, which files and packages went into it
if (metafile) await writeFile(metafile, JSON.stringify(Object.fromEntries(made)));

if (production) {
  const packages = bundledPackages(made.map(([, contents]) => contents));
  await writeFile(join(to, 'dist/ThirdPartyNotices.txt'), notices(root, packages));
}

async function bundle({ name, source, target, options }) {
  const { outputFiles, metafile: contents } = await build({
    entryPoints: [join(root, source)],
    outfile: join(to, target),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // the packages' ES modules bundle better than their UMD forms, whose inner `require` esbuild cannot follow
    mainFields: ['module', 'main'],
    // the flavour for Node looks into the environment at every token
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
    minify: production,
    sourcemap: production ? false : 'linked',
    define: { MUTUAL_VERSION: JSON.stringify(version) },
    legalComments: 'linked',
    logLevel: 'warning',
    write: false,
    metafile: true,
    ...options,
  });
  // put in place at once, so that nobody who runs the old file meets half of the new one
  await mkdir(join(to, 'dist/browser'), { recursive: true });
  if (production) await rm(join(to, `${target}.map`), { force: true });
  for (const { path, contents: bytes } of outputFiles.toReversed()) {
    const temporary = `${path}.${process.pid}`;
    await writeFile(temporary, bytes, { mode: path.endsWith('cli.js') ? 0o755 : 0o644 });
    await rename(temporary, path);
  }
  return [name, contents];
}

if (!quiet) {
  for (const { target, source } of present) console.log(`built ${target} from ${source}`);
  for (const { target, source } of wanted)
    if (!existsSync(join(root, source))) console.log(`left out ${target}: there is no ${source}`);
}
