// The meshes for people: name and reason, what each holds, what is set and what is missing.
import { count } from '../words/names';
import { contentWords, type MeshSummary } from './meshes';
import { type Style, setCode } from './style';

export interface MeshesTextOptions {
  readonly style: Style;
  /** Every file. */
  readonly all: boolean;
  readonly quiet: boolean;
}

const MOST_FILES = 5;
const COLUMN = 10;

/** @param alone files that are in no mesh, since they hold nothing that Mutual knows */
export function meshesText(
  meshes: readonly MeshSummary[],
  alone: readonly string[],
  { style, all, quiet }: MeshesTextOptions,
): string {
  const line = (label: string, text: string): string => `  ${style.dim(label.padEnd(COLUMN))}${text}\n`;
  const listed = (files: readonly string[]): string => {
    const shown = all || files.length <= MOST_FILES + 1 ? files : files.slice(0, MOST_FILES);
    const rest = files.length - shown.length;
    return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  };
  const parts = meshes.map((mesh) => {
    const { name, why, files, settings, unread, broken } = mesh;
    return [
      `${style.bold(name === '' ? '.' : name)}\n`,
      line('why', setCode(why, style)),
      line('holds', contentWords(mesh)),
      line('files', `${files.length}: ${listed(files)}`),
      ...settings.map((setting, index) => line(index === 0 ? 'settings' : '', settingText(setting, style))),
      ...unread.map(({ reason, reference }, index) =>
        line(index === 0 ? 'not read' : '', `${reference} ${style.dim(`(${UNREAD[reason] ?? reason})`)}`),
      ),
      ...(broken ? [line('broken', style.red('kustomize builds nothing of it; mutual check says why'))] : []),
    ].join('');
  });
  const last = [
    `${count(meshes.length, 'mesh').replace('meshs', 'meshes')}`,
    ...(alone.length > 0 ? [`${count(alone.length, 'file')} in none: ${listed(alone)}`] : []),
  ].join('; ');
  return [...parts, ...(quiet ? [] : [`${last}\n`])].join('\n');
}

const UNREAD: Readonly<Record<string, string>> = {
  remote: 'from the network',
  unread: 'no such file among those read',
  plugin: 'a program would make it',
  template: 'what a template makes of values that are not known',
  placeholder: 'something is filled in later',
};

function settingText({ name, value, source, places }: MeshSummary['settings'][number], style: Style): string {
  const place = places.length > 0 ? ` (${places.join(', ')})` : '';
  return `${name}: ${value}  ${style.dim(`${source.replaceAll('`', '')}${place}`)}`;
}
