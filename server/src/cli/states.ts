// Two states of a repository as snapshots: a commit, and another or the working tree. Unchanged files are parsed once.
import { sep } from 'node:path';
import { displayPath, pathOf, readManifests, uriOf } from '../workspace/disk';
import { follow } from '../workspace/follow';
import { type Snapshot, Workspace } from '../workspace/workspace';
import { UserError } from './errors';
import { type AskedPath, askedPaths, type Repository, type Revision, renamedFiles } from './git';
import { refuseHelm } from './helm';
import { type InputOptions, reportProblems } from './input';
import { committableFiles, type RevisionFiles, readRevision, readSparse } from './revision-files';
import { makeProgress, write } from './terminal';

export interface States {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** By URI in `after`, the URI in `before` of files that were renamed. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly fileOf: (uri: string) => string;
  readonly nameOf: (mesh: string) => string;
  /** False where something that was asked for could not be read. */
  readonly complete: boolean;
}

export type StatesOptions = InputOptions;

/**
 * Reads both states below `paths`; the working folder where there are none.
 * @param head undefined for the working tree, with what is not committed
 * @throws UserError for a path that neither state has, and where neither has a manifest
 */
export async function readStates(
  repository: Repository,
  paths: readonly string[],
  base: Revision,
  head: Revision | undefined,
  options: StatesOptions,
): Promise<States> {
  refuseHelm(
    options.helm,
    'two states are compared as they stand in git, and charts are not rendered for that',
    'Leave it out, or compare what helm template prints.',
  );
  const asked = await askedPaths(repository, paths);
  const progress = makeProgress(process.stderr, options.quiet);
  progress.show(`reading ${base.name}`);
  const old = await readRevision(repository, base, asked);
  progress.show(`reading ${head?.name ?? 'the working tree'}`);
  const now: State = head
    ? await readRevision(repository, head, asked)
    : await readWorkingTree(repository, asked, options);
  const lost = asked.filter((each) => !old.present.has(each) && !now.present.has(each));
  if (lost.length > 0) {
    const where = head ? `in ${base.name} nor in ${head.name}` : `in ${base.name} nor in the working tree`;
    throw new UserError(`${lost[0]!.text}: no such file or folder, neither ${where}. Check the spelling.`);
  }
  const notes = [...new Set([...old.notes, ...now.notes])];
  if (!options.quiet) for (const note of notes) await write(process.stderr, `mutual: ${note}\n`);
  progress.show('computing who may talk to whom');
  // a text that one state lacks is no change
  const isElsewhere = (uri: string): boolean =>
    old.elsewhere.has(uri) || now.elsewhere.has(uri) || (options.configuration?.isExcluded(pathOf(uri) ?? '') ?? false);
  const [first, second] = [old, now].map(({ files }) => new Map([...files].filter(([uri]) => !isElsewhere(uri))));
  // a workspace has one snapshot, which follows its changes
  const [then, today] = [new Workspace(), new Workspace()];
  // what git does not keep was there before as much as it is now
  const unkept = [...now.entries].filter(([uri]) => now.unkept?.has(uri));
  const entries = new Map([...unkept, ...old.entries]);
  const { assume, meshes } = options;
  then.apply({ files: first!, entries, assume, meshes });
  const before = then.snapshot();
  today.apply({ files: second!, entries: now.entries, assume, meshes });
  const after = today.snapshot();
  progress.done();
  if (before.meshes.length === 0 && after.meshes.length === 0 && before.files.size === 0 && after.files.size === 0) {
    const where = asked.map(({ text }) => text).join(', ');
    throw new UserError(`no manifests in ${where}, neither then nor now. Pass the folder that holds them.`);
  }
  const folder = process.cwd();
  return {
    before,
    after,
    renamed: await renamedUris(repository, base, head),
    fileOf: (uri) => displayPath(uri, folder),
    nameOf: (mesh) => mesh,
    complete: (now.complete ?? true) && options.configuration?.complete !== false,
  };
}

type State = RevisionFiles & {
  readonly complete?: boolean;
  /** By URI, what is on disk and would not be committed. */
  readonly unkept?: ReadonlySet<string>;
};

async function readWorkingTree(
  repository: Repository,
  asked: readonly AskedPath[],
  { quiet }: StatesOptions,
): Promise<State> {
  const here = await readManifests(
    asked.map(({ text }) => text),
    { follow: true },
  );
  const problems = here.problems.filter(({ code }) => code !== 'missing');
  const texts = asked.map(({ text }) => text);
  await reportProblems(problems, texts, quiet);
  const committable = await committableFiles(repository, asked);
  const missing = new Set(here.problems.filter(({ code }) => code === 'missing').map(({ path }) => path));
  const kept = new Map([...here.files].filter(([uri]) => committable.has(uri)));
  const present = new Set(asked.filter(({ text }) => !missing.has(text)));
  const sparse = await readSparse(repository, asked);
  // what is not checked out is not deleted: it is what the index has
  const files = new Map([...(sparse?.files ?? []), ...kept]);
  const found = [...here.entries].filter(([uri, entry]) => !sparse || entry !== 'absent' || !sparse.entries.has(uri));
  const entries = new Map([...(sparse?.entries ?? []), ...found]);
  if (sparse) {
    const isHere = ([, entry]: readonly [string, string]): boolean => entry !== 'absent';
    const more = await follow(files, new Map([...entries].filter(isHere)), sparse.look);
    for (const [uri, text] of more.files) if (!files.has(uri)) files.set(uri, text);
    for (const [uri, entry] of more.entries) if ((entries.get(uri) ?? 'absent') === 'absent') entries.set(uri, entry);
  }
  return {
    files,
    notes: sparse?.notes ?? [],
    entries,
    unkept: new Set(
      [...here.entries].flatMap(([uri, entry]) => (entry === 'file' && !committable.has(uri) ? [uri] : [])),
    ),
    present: new Set([...present, ...(sparse?.present ?? [])]),
    elsewhere: sparse?.elsewhere ?? new Set(),
    complete: !problems.some(({ code }) => code === 'unreadable'),
  };
}

async function renamedUris(
  repository: Repository,
  base: Revision,
  head: Revision | undefined,
): Promise<Map<string, string>> {
  const renamed = await renamedFiles(repository, base.commit, head?.commit);
  const uri = (path: string): string => uriOf(`${repository.root}${sep}${path.split('/').join(sep)}`);
  return new Map([...renamed].map(([now, then]) => [uri(now), uri(then)]));
}
