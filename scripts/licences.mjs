// The licences of the packages that are bundled into what we ship: dist/ThirdPartyNotices.txt, made by every production
// build from esbuild's own account of what went in.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Folders of packages, relative to the project, from which a bundle took a file.
 * @param metafiles esbuild's, one a bundle
 */
export function bundledPackages(metafiles) {
  const folders = new Set();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
        if (folder && bytesInOutput > 0) folders.add(folder);
      }
    }
  }
  return [...folders].sort();
}

/**
 * The notices as one text; the same packages give the same text.
 * @throws where a package states no licence or ships no text of it: such a package is not to be bundled
 */
export function notices(root, folders) {
  const parts = new Map();
  for (const folder of folders) {
    const { name, version, license, homepage } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const files = readdirSync(join(root, folder))
      .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
      .sort();
    if (!license || files.length === 0) throw new Error(`${name} ${version} has no licence that could be passed on.`);
    const texts = files.map((file) =>
      readFileSync(join(root, folder, file), 'utf8')
        .replaceAll('\r\n', '\n')
        .trim(),
    );
    const head = `${name} ${version} (${license})${homepage ? `\n${homepage}` : ''}`;
    parts.set(`${name} ${version}`, `${head}\n\n${texts.join('\n\n')}`);
  }
  const line = '-'.repeat(80);
  const ordered = [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return `Mutual for Istio contains parts of the following packages, under their own licences.\n\n${line}\n\n${ordered.join(`\n\n${line}\n\n`)}\n`;
}
