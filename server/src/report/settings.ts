// The settings of a mesh with their sources: for people, line by line, and for machines.
import { refOf } from '../manifest/object';
import type { MeshSettings, SettingName, SettingSource } from '../mesh/settings';
import { SETTING_NAMES, settingPlaceOf, settingPlaces, settingText, sourceText } from '../words/settings';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { type Location, rangeIn } from './location';

export interface SettingLine {
  /** The key of the setting, such as `rootNamespace`. */
  readonly setting: SettingName;
  /** What people call it. */
  readonly name: string;
  readonly value: string;
  readonly by: SettingSource['by'];
  readonly source: string;
  /** Each as `file:line`, 1-based; empty for what no manifest says. */
  readonly places: readonly string[];
}

/**
 * Every setting of a mesh, in one order for all meshes.
 * @param fileOf the path to print for a URI
 */
export function settingsReport(view: MeshView, snapshot: Snapshot, fileOf: (uri: string) => string): SettingLine[] {
  const { settings } = view.mesh;
  return (Object.keys(SETTING_NAMES) as SettingName[]).map((setting) => {
    const source = settings.sources[setting];
    const places = locationsOf(source, snapshot, fileOf).map(({ file, range }) => `${file}:${range.start.line + 1}`);
    return {
      setting,
      name: SETTING_NAMES[setting],
      value: settingText(settings, setting),
      by: source.by,
      source: sourceText(source),
      places: [...new Set(places)],
    };
  });
}

/** The settings of a mesh that are not Istio's defaults, for machines; `settings` of the published schemas. */
export function settingsJson(settings: MeshSettings, snapshot: Snapshot, fileOf: (uri: string) => string): object[] {
  return (Object.keys(SETTING_NAMES) as SettingName[]).flatMap((setting) => {
    const source = settings.sources[setting];
    if (source.by === 'default') return [];
    return {
      setting,
      value: settings[setting] ?? null,
      by: source.by,
      source: sourceText(source),
      objects: settingPlaces(source).map(({ object }) => refOf(object)),
      locations: locationsOf(source, snapshot, fileOf),
    };
  });
}

function locationsOf(source: SettingSource, snapshot: Snapshot, fileOf: (uri: string) => string): Location[] {
  return settingPlaces(source).map((each) => {
    const { uri, range } = settingPlaceOf(each);
    return { file: fileOf(uri), range: rangeIn(snapshot, uri, range) };
  });
}
