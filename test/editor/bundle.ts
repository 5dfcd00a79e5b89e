// Makes of a suite's TypeScript the one file that an extension host can load.
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

const webShims = path.join(__dirname, 'suite/web-shims.ts');

export interface BundleOptions {
  readonly entry: string;
  readonly outFile: string;
  /** For the extension host in a web worker: no Node there. */
  readonly web: boolean;
  readonly grep: string;
}

export async function bundleSuite({ entry, outFile, web, grep }: BundleOptions): Promise<void> {
  const folder = path.dirname(outFile);
  await rm(folder, { recursive: true, force: true });
  await build({
    entryPoints: [entry],
    outfile: web ? outFile : path.join(folder, 'tests.js'),
    bundle: true,
    format: 'cjs',
    sourcemap: 'inline',
    logLevel: 'warning',
    external: web ? ['vscode'] : ['vscode', 'mocha'],
    platform: web ? 'browser' : 'node',
    target: web ? 'es2022' : 'node20',
    alias: web
      ? { mocha: 'mocha/mocha.mjs', 'node:assert/strict': webShims, 'node:util': webShims, 'node:module': webShims }
      : {},
    define: { testPattern: JSON.stringify(grep), inWebWorker: String(web) },
    plugins: [testFiles(path.dirname(entry), web ? '.web.test.ts' : '.test.ts')],
  });
  // For suite/stack.ts: Node keeps the source maps only of files that are loaded after it was told to.
  if (!web) await writeFile(outFile, "process.setSourceMapsEnabled(true);\nmodule.exports = require('./tests.js');\n");
}

/** `virtual:suite-files`: the folder's files of that ending, each loaded only when Mocha is ready for it. */
function testFiles(folder: string, ending: string): Plugin {
  return {
    name: 'suite-files',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^virtual:suite-files$/ }, () => ({ path: 'files', namespace: 'suite' }));
      onLoad({ filter: /.*/, namespace: 'suite' }, async () => {
        const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
        const items = names.map(
          (name) => `{ name: ${JSON.stringify(name)}, load: () => require(${JSON.stringify(`./${name}`)}) }`,
        );
        return { contents: `export const files = [${items.join(',\n')}];`, resolveDir: folder, loader: 'js' };
      });
    },
  };
}
