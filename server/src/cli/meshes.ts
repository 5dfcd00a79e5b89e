// `mutual meshes [PATH...]`: which meshes there are and why; `mutual meshes FILE`: those that a file is in.
import { stat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type MeshSummary, meshesJson, meshSummaries } from '../report/meshes';
import { meshesText } from '../report/meshes-text';
import { count } from '../words/names';
import { uriOf } from '../workspace/disk';
import type { SourceFile } from '../workspace/workspace';
import { type CommonOptions, common, EXIT_CODES, inputOptions } from './common-options';
import { EXIT } from './errors';
import { type Input, readInput } from './input';
import { styleFor, write } from './terminal';

interface MeshesOptions extends CommonOptions {
  readonly format: 'text' | 'json';
  readonly all?: boolean;
}

/** Adds the command. */
export function addMeshes(program: Command, done: (code: number) => void): void {
  const command = program
    .command('meshes')
    .summary('show which files are deployed together')
    .description(
      'The meshes among the manifests: why each is one, its files and namespaces, the mesh settings in force and where they\ncome from, and what could not be read.',
    )
    .argument(
      '[PATH...]',
      'folders and files as for the others; a single FILE: the meshes of the working folder it is in',
    )
    .addOption(new Option('-f, --format <FORMAT>', 'how to print').choices(['text', 'json']).default('text'))
    .option('-a, --all', 'every file');
  common(command)
    .addHelpText(
      'after',
      `
Examples:
  mutual meshes                       the working folder
  mutual meshes base/mtls.yaml        which overlays take this file
  mutual meshes -f json | jq '.meshes[].name'
${EXIT_CODES}`,
    )
    .action(async (paths: string[], options: MeshesOptions) => done(await meshes(paths, options)));
}

async function meshes(paths: readonly string[], options: MeshesOptions): Promise<number> {
  const [only, ...others] = paths;
  const file = only !== undefined && others.length === 0 && (await isFile(only)) ? uriOf(only) : undefined;
  const input = await readInput(file === undefined || !isBelowHere(file) ? paths : ['.'], inputOptions(options));
  const { snapshot, fileOf } = input;
  const views = file === undefined ? snapshot.meshes : snapshot.meshesOf(file);
  const found = meshSummaries(snapshot, fileOf).filter((_, index) => views.includes(snapshot.meshes[index]!));
  const alone = [...snapshot.files.values()]
    .filter(({ uri }) => (file === undefined || uri === file) && snapshot.meshesOf(uri).length === 0)
    .map(({ uri }) => fileOf(uri));
  if (options.format === 'json') await write(process.stdout, `${JSON.stringify(meshesJson(found, alone), null, 2)}\n`);
  else if (file === undefined)
    await write(
      process.stdout,
      meshesText(found, alone, {
        style: styleFor(process.stdout),
        all: options.all ?? false,
        quiet: options.quiet ?? false,
      }),
    );
  else await write(process.stdout, membershipText(file, found, input));
  return input.complete ? EXIT.ok : EXIT.usage;
}

/** Which meshes a file is in and why, or why it is in none. */
function membershipText(uri: string, found: readonly MeshSummary[], { snapshot, fileOf }: Input): string {
  const file = fileOf(uri);
  if (found.length === 0) return `${file} is in no mesh: ${absence(snapshot.files.get(uri))}.\n`;
  const width = Math.max(...found.map(({ name }) => name.length));
  const lines = found.map(
    ({ name, why }) => `  ${(name === '' ? '.' : name).padEnd(width)}  ${why.replaceAll('`', '')}\n`,
  );
  return `${file} is in ${count(found.length, 'mesh').replace('meshs', 'meshes')}:\n${lines.join('')}`;
}

function absence(file: SourceFile | undefined): string {
  if (!file) return 'it is left out, or has no Kubernetes object';
  if (file.documents.some(({ problems }) => problems.some(({ severity }) => severity === 'error')))
    return 'its YAML cannot be read; mutual check says why';
  return 'it has no object of the kinds that bear on who may talk to whom';
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

function isBelowHere(uri: string): boolean {
  return uri.startsWith(`${uriOf('.')}/`);
}
