// Files on disk, by their URIs: the only file of the language server, beside its entry, that knows Node.
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isManifestName } from '../workspace/candidates';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import { type DiskFiles, findUpward, pathOf, readManifests, uriOf } from '../workspace/disk';
import { HelmRenderer } from '../workspace/helm-binary';
import type { FileAccess, FoundFiles } from './file-access';
import { canonical } from './uri';

const HELM = new HelmRenderer();

export const DISK: FileAccess = {
  async findManifests(folder, { progress, isExcluded, gitIgnore }) {
    const found = await readManifests(pathsOf([folder]), {
      progress,
      isExcluded: (path) => isExcluded(canonical(uriOf(path))),
      gitIgnore,
    });
    return {
      ...byUri(found),
      isIgnored: (uri) => pathsOf([uri]).some(found.isIgnored),
      entries: new Map([...found.entries].map(([uri, entry]) => [canonical(uri), entry])),
    };
  },
  async findConfiguration(folder) {
    const [path] = pathsOf([folder]);
    const home = path === undefined ? undefined : await findUpward(path, CONFIGURATION_NAME);
    if (home === undefined) return undefined;
    const file = join(home, CONFIGURATION_NAME);
    // one that cannot be read is as good as none: the problem is told when files are read
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : { uri: canonical(uriOf(file)), text };
  },
  readFiles: async (uris) => byUri(await readManifests(pathsOf(uris))),
  async filesIn(folder) {
    const [path] = pathsOf([folder]);
    if (path === undefined) return [];
    // a folder that is gone, or not ours to read, holds nothing for us
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile() && isManifestName(entry.name))
      .map((entry) => canonical(uriOf(join(path, entry.name))));
  },
  async renderChart(chart, base, { program, values }, signal) {
    const [path, top] = pathsOf([chart, base]);
    if (path === undefined || top === undefined) return {};
    return HELM.render(path, { program, values: values.map((file) => resolve(top, file)), signal });
  },
};

/** Without those that name no path here, such as `file://host/…` where there are no hosts. */
function pathsOf(uris: readonly string[]): string[] {
  return uris.flatMap((uri) => {
    try {
      return pathOf(uri) ?? [];
    } catch {
      return [];
    }
  });
}

function byUri({ files, problems }: DiskFiles): FoundFiles {
  return { files: new Map([...files].map(([uri, text]) => [canonical(uri), text])), problems };
}
