// `mutual check` where nothing has changed: the report that was printed before is printed again.
import { readFile } from 'node:fs/promises';
import { PLAIN } from '../report/style';
import { namedBaseline } from './baseline';
import { cacheFolder, findReport, keepReport, reportKey } from './cache';
import type { CheckOptions } from './commands';
import { EXIT } from './errors';
import { helmSettings } from './helm';
import type { Given } from './input';
import { recorded, styleFor, widthOf, write } from './terminal';

/**
 * The exit code of `make`, which prints a report; or what it printed last time, printed again, where its sources are the
 * same. A run that calls another program, writes a file or fails is not kept.
 */
export async function fromCache(given: Given, options: CheckOptions, make: () => Promise<number>): Promise<number> {
  const folder = cacheFolder();
  const isRepeatable = helmSettings(options) === undefined && options.writeBaseline === undefined;
  if (options.cache === false || folder === undefined || !isRepeatable) return make();
  const note = async (text: string): Promise<void> => {
    if (options.verbose) await write(process.stderr, `mutual: ${text}\n`);
  };
  const { files, entries } = given.disk;
  const key = await reportKey({ files, entries, circumstances: await circumstances(given, options) });
  if (key === undefined) return make();
  const kept = await findReport(folder, key, note);
  if (kept) {
    given.progress.done();
    for (const { to, text } of kept.written) await write(process[to], text);
    await note(`nothing has changed; the report comes from ${folder}`);
    return kept.code;
  }
  const { result: code, written } = await recorded(make);
  if (code !== EXIT.internal) await keepReport(folder, key, { code, written }, note);
  return code;
}

/** What bears on a report beside the manifests. */
async function circumstances({ asked, disk }: Given, options: CheckOptions): Promise<unknown> {
  const { configuration, verbose: _verbose, ...flags } = options;
  const file = options.baseline ?? namedBaseline(options)?.path;
  return {
    flags,
    asked,
    configuration: configuration && {
      stated: configuration.stated,
      complete: configuration.complete,
      home: configuration.home,
    },
    // one that cannot be read is refused later on
    baseline: file === undefined ? undefined : await readFile(file, 'utf8').catch(() => 'none'),
    problems: disk.problems,
    counts: [disk.lookedAt, disk.leftOut],
    folder: process.cwd(),
    plain: styleFor(process.stdout) === PLAIN,
    width: widthOf(process.stdout),
  };
}
