// A browser from npm packages, for machines that have none and no package manager that we may use.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Executable, isExecutable, type Say } from './browser';
import { cacheFolder, type Installation, npmInstall } from './install';
import { withLock } from './lock';
import { runOrFail } from './process';

export const npmBrowserName = '@sparticuz/chromium';
const version = '153.0.0';
/** The browser's package has no font of fixed width, and the browser ends itself when it finds no font at all. */
const fonts = { name: 'dejavu-fonts-ttf', version: '2.37.3' } as const;
const installTimeoutMs = 5 * 60_000;
const unpackTimeoutMs = 2 * 60_000;

export async function ensureNpmBrowser(installation: Installation, say: Say): Promise<Executable> {
  if (process.arch !== 'x64') throw new Error(`it has no browser for ${process.arch}`);
  const folder = path.join(cacheFolder(), `npm-chromium-${version}`);
  const executable = path.join(folder, 'unpacked/chromium');
  await withLock(path.join(cacheFolder(), 'npm-chromium.lock'), installTimeoutMs, say, async () => {
    if (existsSync(path.join(folder, 'complete')) && (await isExecutable(executable))) return;
    await install(installation, folder, say);
  });
  const libraries = [path.join(folder, 'unpacked/al2023/lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { path: executable, env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: path.join(folder, 'fonts.conf') } };
}

/** Made beside its place and renamed last, so that what is there is whole. */
async function install(installation: Installation, folder: string, say: Say): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(path.join(partial, 'unpacked'), { recursive: true });
  await writeFile(path.join(partial, 'package.json'), JSON.stringify({ name: 'mutual-chromium', private: true }));
  const packages = [`${npmBrowserName}@${version}`, `${fonts.name}@${fonts.version}`];
  await npmInstall(partial, packages, say, packages.join(' and '));
  // The package unpacks itself into TMPDIR. It brings the system libraries of a bare machine along, but unpacks them
  // only where it believes to be in a function service, hence the variable. It needs a Node newer than ours may be.
  const program = `import chromium from '${npmBrowserName}'; await chromium.executablePath();`;
  await runOrFail(installation.node, ['--input-type=module', '-e', program], {
    cwd: partial,
    timeoutMs: unpackTimeoutMs,
    env: { ...process.env, TMPDIR: path.join(partial, 'unpacked'), AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' },
  });
  await writeFile(path.join(partial, 'fonts.conf'), fontConfiguration(folder));
  await writeFile(path.join(partial, 'complete'), '');
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}

function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${path.join(folder, 'node_modules', fonts.name, 'ttf')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${path.join(folder, 'fonts-cache')}</cachedir>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
</fontconfig>
`;
}
