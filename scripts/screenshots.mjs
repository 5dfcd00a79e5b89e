#!/usr/bin/env node
// `npm run screenshots`: the pictures of docs/images, taken of the built extension in the headless VS Code.
//
//   npm run screenshots -- hover            only the scenes of these names
//   … --extension DIR                       another extension than this project, not built first
//   … --to DIR                              another folder for the pictures
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { register } from 'tsx/cjs/api';

/** The folder that is open in all scenes. */
const folder = 'examples/mistake-one-of-two';

const hoverBox = { selector: '.monaco-hover:not(.hidden)' };

/** What a step can be is in test/editor/host/scenes.ts. */
const scenes = [
  {
    name: 'problem',
    steps: [
      { open: 'destination-rule.yaml' },
      { diagnostic: 'payments' },
      { command: 'workbench.actions.view.problems' },
      { wait: { selector: '.markers-panel .monaco-list-row' } },
      { command: 'workbench.action.focusActiveEditorGroup' },
    ],
  },
  {
    name: 'hover',
    steps: [
      { open: 'destination-rule.yaml' },
      { diagnostic: 'payments' },
      { hover: 'payments.finance' },
      { pauseMs: 500 },
    ],
    around: [{ editorText: 'apiVersion' }, { editorText: 'plaintext-refused' }, hoverBox],
    padding: 60,
  },
  {
    name: 'quick-fix',
    steps: [
      { open: 'destination-rule.yaml' },
      { diagnostic: 'payments' },
      { cursor: 'DISABLE' },
      { command: 'editor.action.quickFix' },
      { wait: { selector: '.action-widget' } },
    ],
    around: [{ editorText: 'apiVersion' }, { editorText: 'mode: DISABLE' }, { selector: '.action-widget' }],
    padding: 60,
  },
];

const settings = {
  'breadcrumbs.enabled': false,
  'editor.fontFamily': 'DejaVu Sans Mono',
  'editor.fontSize': 15,
  'editor.hover.delay': 0,
  'editor.lightbulb.enabled': 'off',
  'editor.occurrencesHighlight': 'off',
  'editor.overviewRulerBorder': false,
  'editor.renderLineHighlight': 'none',
  'editor.scrollbar.horizontal': 'hidden',
  'editor.scrollbar.vertical': 'hidden',
  'editor.wordWrap': 'off',
  'window.commandCenter': false,
  'window.title': 'Mutual',
  'workbench.colorTheme': 'Dark Modern',
  'workbench.layoutControl.enabled': false,
};

/** What changes from run to run, or says that this is a test. */
const style = `
  .part.titlebar, .notifications-toasts, .pane-header[aria-label*='Timeline'], .pane-header[aria-label*='Outline'] {
    visibility: hidden !important;
  }
  .statusbar-item:is([aria-label='remote'], [aria-label*='Ports Forwarded'], [aria-label^='Layout:']) {
    display: none !important;
  }
`;

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const limitMs = 15 * 60_000;
register();
const require = createRequire(import.meta.url);
const { bundleSuite } = require('../test/editor/bundle.ts');
const { writeUserSettings } = require('../test/editor/host/settings.ts');

async function main() {
  const { values, positionals } = parseArgs({
    options: { extension: { type: 'string' }, to: { type: 'string', default: path.join(project, 'docs/images') } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !scenes.some((scene) => scene.name === name));
  if (unknown.length > 0) {
    throw new Error(`no scene ${unknown.join(', ')}; there are ${scenes.map(({ name }) => name).join(', ')}`);
  }
  const chosen = scenes.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (!values.extension) await run('npm', ['run', '--silent', 'build'], {});

  const output = path.join(project, 'out/screenshots');
  const suite = path.join(project, 'out/screenshots-suite/index.js');
  await rm(output, { recursive: true, force: true });
  await bundleSuite({ entry: path.join(project, 'test/editor/host/scenes.ts'), outFile: suite, web: false, grep: '' });
  const root = await mkdtemp(path.join(os.tmpdir(), 'mutual-screenshots-'));
  try {
    const workspace = path.join(root, path.basename(folder));
    await cp(path.join(project, folder), workspace, { recursive: true });
    await writeUserSettings(path.join(root, 'user'), settings);
    await writeFile(path.join(root, 'scenes.json'), JSON.stringify({ scenes: chosen, style }));
    await run(
      path.join(project, 'test/editor/host/code.mjs'),
      [
        `--extensionDevelopmentPath=${path.resolve(values.extension ?? project)}`,
        `--extensionTestsPath=${suite}`,
        `--user-data-dir=${path.join(root, 'user')}`,
        workspace,
      ],
      { MUTUAL_SCENES: path.join(root, 'scenes.json'), MUTUAL_HOST_OUTPUT: output, MUTUAL_HOST_SCALE: '2' },
    );
    await keep(path.join(output, 'screenshots'), path.resolve(values.to));
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Only when all were made, so that the folder never holds pictures of two states. */
async function keep(from, to) {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await cp(path.join(from, name), path.join(to, name));
  console.log(`pictures in ${path.relative(process.cwd(), to) || '.'}`);
}

function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: project,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      timeout: limitMs,
    });
    child.once('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `${path.basename(command)} ended with ${signal ?? `exit code ${code}`}; see above and out/screenshots`,
          ),
        );
    });
  });
}

main().catch((error) => {
  console.error(`screenshots: ${error.message}`);
  process.exitCode = 1;
});
