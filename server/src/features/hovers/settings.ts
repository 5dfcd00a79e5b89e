// Hover of an object that says how Istio is installed: the settings of the mesh, and who says each.
import type { SettingName, SettingPlace, SettingSource } from '../../mesh/settings';
import { objectName, pathText } from '../../words/names';
import { SETTING_NAMES, settingPlaces, settingsSentence, settingText, sourceText } from '../../words/settings';
import type { Snapshot } from '../../workspace/workspace';
import { code, escapeText, linkObject, table } from '../markdown';
import type { HoverContext } from './context';

/** Settings that are always shown; others where something states them. */
const ALWAYS: readonly SettingName[] = ['revision', 'rootNamespace', 'trustDomain', 'enableAutoMtls'];

export function settingsHover({ snapshot, view, object }: HoverContext): string[] {
  const { settings } = view.mesh;
  const own = (Object.keys(SETTING_NAMES) as SettingName[]).filter((name) =>
    settingPlaces(settings.sources[name]).some((place) => place.object === object),
  );
  const title = `**${escapeText(objectName(object))}**`;
  const says = own.length === 0 ? 'sets nothing that is in force here' : `sets ${own.length} of the settings below`;
  const shown = (Object.keys(SETTING_NAMES) as SettingName[]).filter(
    (name) => ALWAYS.includes(name) || settings.sources[name].by !== 'default',
  );
  const rows = shown.map((name) => [
    SETTING_NAMES[name],
    code(settingText(settings, name)),
    from(snapshot, settings.sources[name]),
  ]);
  return [
    `${title} ${says}`,
    `This mesh: ${settingsSentence(settings)}.`,
    ...table(['setting', 'value', 'from'], rows),
  ];
}

function from(snapshot: Snapshot, source: SettingSource): string {
  const link = ({ object, path, inner }: SettingPlace): string => {
    const field =
      path[0] === 'metadata' ? '' : ` ${code([pathText(path), ...(inner ? [pathText(inner)] : [])].join(': '))}`;
    return `${linkObject(snapshot, object, path)}${field}`;
  };
  const places = settingPlaces(source);
  if (places.length === 0) return escapeText(sourceText(source));
  return `${places.length > 1 ? 'manifests differ: ' : ''}${places.map(link).join(', ')}`;
}
