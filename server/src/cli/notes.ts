// Notes on standard error about what an answer lacks, each told once however often it is so.

import { resolve, sep } from 'node:path';
import { changesOthers } from '../rules/completeness';
import type { Place } from '../words/names';
import type { DiskProblem } from '../workspace/candidates';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import { uriOf } from '../workspace/disk';
import { pathBelow } from '../workspace/explicit-meshes';
import { globTest } from '../workspace/glob';
import type { Snapshot } from '../workspace/workspace';
import { positionAt } from '../yaml/range';
import type { CliConfiguration } from './configuration';

/** As many are named as one reads. */
const MOST = 3;

/** Charts of which the same is to be said, in one note where there are many; other problems stay as they are. */
export function withChartsTogether(problems: readonly DiskProblem[]): DiskProblem[] {
  const charts = problems.filter(({ code }) => code === 'templates');
  const [first] = charts;
  const same = charts.filter(({ cause }) => cause === first?.cause);
  if (!first || same.length <= MOST) return [...problems];
  const paths = same.slice(0, MOST).map(({ path }) => path);
  const whole: DiskProblem = {
    ...first,
    path: `${paths.join(', ')} and ${same.length - MOST} more`,
    // without the command for a single chart
    remedy: first.remedy.replace(/, or run helm template .*$/, '.'),
  };
  return problems.flatMap((each) => (each === first ? [whole] : same.includes(each) ? [] : [each]));
}

/** What is told of policies that something still fills in; undefined where there are none. */
export function openNote(snapshot: Snapshot, fileOf: (uri: string) => string): string | undefined {
  const places = new Map<string, string>();
  const meshes = snapshot.meshes.filter((view) => {
    const open = view.unknowns.filter((each) => 'kind' in each && changesOthers(each));
    for (const { reference, origin } of open) {
      const range = origin.document.rangeOf(origin.path) ?? origin.document.range;
      places.set(
        `${origin.uri} ${range.start}`,
        `${reference} (${placeText({ uri: origin.uri, range }, snapshot, fileOf)})`,
      );
    }
    return open.length > 0;
  });
  if (places.size === 0) return undefined;
  const all = [...places.values()];
  const rest = all.length - MOST;
  const named = `${all.slice(0, MOST).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const where = snapshot.meshes.length === 1 ? '' : ` in ${meshes.length} of ${snapshot.meshes.length} meshes`;
  const it = all.length === 1 ? 'it' : 'they';
  return `something still fills in ${named}: what ${it} may change${where} is not judged. Leave out what is never applied as it stands: --exclude, or exclude in mutual.yaml.`;
}

function placeText({ uri, range }: Place, snapshot: Snapshot, fileOf: (uri: string) => string): string {
  const file = snapshot.files.get(uri);
  return file ? `${fileOf(uri)}:${positionAt(file.lines, range.start).line + 1}` : fileOf(uri);
}

/**
 * What of a configuration comes to nothing, though all below its folder was read: files of its name in folders below,
 * and globs of meshes that fit no file.
 */
export function configurationNotes(
  configuration: CliConfiguration | undefined,
  asked: readonly string[],
  entries: ReadonlyMap<string, unknown>,
  fileOf: (uri: string) => string,
): string[] {
  if (!configuration) return [];
  const { home, stated } = configuration;
  const top = uriOf(home);
  const inside = [...entries.keys()].filter((uri) => pathBelow(top, uri) !== undefined);
  const lost = inside.filter(
    (uri) => uri.endsWith(`/${CONFIGURATION_NAME}`) && pathBelow(top, uri) !== CONFIGURATION_NAME,
  );
  const notes = lost
    .slice(0, MOST)
    .map(
      (uri) =>
        `${fileOf(uri)} does not count: one ${CONFIGURATION_NAME} holds for a run, the nearest from its paths upward. Run mutual in its folder, or name meshes with assumptions in the one that holds.`,
    );
  const isWhole = asked.some(
    (path) => path !== '-' && `${home}${sep}`.startsWith(`${resolve(path)}${sep}`.replace(/[\\/]{2,}$/, sep)),
  );
  if (!isWhole) return notes;
  const paths = inside.map((uri) => pathBelow(top, uri)!);
  for (const { name, files } of stated.meshes) {
    for (const glob of files.filter((each) => !paths.some(globTest([each])))) {
      notes.push(
        `${CONFIGURATION_NAME}: no file fits ${glob} of the mesh ${name}. Paths are relative to the folder of ${CONFIGURATION_NAME}.`,
      );
    }
  }
  return notes;
}
