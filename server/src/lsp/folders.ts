// The workspace folders, each with its settings and its mutual.yaml, and what holds in it after both.
import { type Baseline, parseBaseline, splitByBaseline } from '../report/baseline';
import { ALL_RULES } from '../rules/index';
import type { Problem } from '../rules/rule';
import type { HelmSettings } from '../workspace/chart-rendering';
import { type ConfigurationProblem, NO_CONFIGURATION, readConfiguration } from '../workspace/configuration';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import type { Snapshot } from '../workspace/workspace';
import type { FileAccess } from './file-access';
import type { FolderRules } from './files';
import { type EditorSettings, type FolderSettings, NO_EDITOR_SETTINGS, settingsOf } from './settings';
import { canonical, nameOf, parentOf, pathForPeople } from './uri';

/** The editor's settings for one folder. */
export interface FolderEditorSettings {
  readonly mutual: EditorSettings;
  /** Globs of `files.exclude`. */
  readonly filesExclude: readonly string[];
}

interface Folder {
  readonly editor: FolderEditorSettings;
  /** The URI and text of its mutual.yaml, if it has one. */
  readonly file: { readonly uri: string; readonly text: string } | undefined;
  readonly settings: FolderSettings;
  readonly baseline: FolderBaseline | undefined;
}

/** Problems that a folder's mutual.yaml sets aside. */
interface FolderBaseline {
  readonly uri: string;
  /** The URI of the folder that its paths are relative to. */
  readonly home: string;
  /** Undefined while there is no such file, or none that can be read. */
  readonly known: Baseline | undefined;
}

/** What is wrong in one mutual.yaml. */
export interface ConfigurationProblems {
  readonly uri: string;
  readonly text: string;
  readonly problems: readonly ConfigurationProblem[];
}

const UNSET: FolderEditorSettings = { mutual: NO_EDITOR_SETTINGS, filesExclude: [] };

/** Rule ids, for what mutual.yaml says of them. */
const RULE_IDS = ALL_RULES.map(({ id }) => id);

export class Folders {
  private folders = new Map<string, Folder>();
  /** What holds for files outside of all folders. */
  private others: FolderSettings = settingsOf('');
  private othersEditor: EditorSettings | undefined;

  private trusted = true;
  private told: readonly ConfigurationProblems[] = [];

  constructor(private readonly access: FileAccess) {}

  get uris(): readonly string[] {
    return [...this.folders.keys()];
  }

  /** Every mutual.yaml that is for one of the folders. */
  get configurationUris(): readonly string[] {
    return [...new Set([...this.folders.values()].flatMap(({ file }) => file?.uri ?? []))];
  }

  /**
   * Takes the folders as they are now, and reads their mutual.yaml.
   * @param settings of the editor, by folder; the empty name stands for files outside of all folders
   * @param trusted false while nothing in the folders may hide problems: their mutual.yaml and .gitignore do not count
   * @returns the folders of which other files count than before
   */
  async load(
    uris: readonly string[],
    settings: ReadonlyMap<string, FolderEditorSettings>,
    trusted: boolean,
  ): Promise<readonly string[]> {
    const before = this.folders;
    this.folders = new Map();
    const others = settings.get('')?.mutual;
    if (!saySame(others, this.othersEditor)) this.others = settingsOf('', others);
    this.othersEditor = others;
    const moved: string[] = [];
    for (const uri of uris) {
      const editor = settings.get(uri) ?? UNSET;
      const file = await this.access.findConfiguration(uri);
      const counts = trusted && file ? readConfiguration(file.text, RULE_IDS).configuration : NO_CONFIGURATION;
      const own = { ...editor.mutual, exclude: [...editor.mutual.exclude, ...editor.filesExclude] };
      const home = file ? parentOf(file.uri) : uri;
      const baseline = counts.baseline === undefined ? undefined : await this.readBaseline(home, counts.baseline);
      const folder = { editor, file, baseline, settings: settingsOf(uri, own, counts, home) };
      const old = before.get(uri);
      const same = old && sameFiles(old, folder) && this.trusted === trusted;
      if (!same) moved.push(uri);
      // settings that say the same stay the same: with others, everything would be checked anew
      const isOld = same && saySame(old.baseline, baseline) && saySame(old.editor, editor);
      this.folders.set(uri, isOld ? old : folder);
    }
    this.trusted = trusted;
    return moved;
  }

  private async readBaseline(home: string, name: string): Promise<FolderBaseline> {
    const uri = canonical(`${home}/${name.split('/').map(encodeURIComponent).join('/')}`);
    const text = (await this.access.readFiles([uri])).files.get(uri);
    return { uri, home, known: text === undefined ? undefined : parseBaseline(text) };
  }

  /** Problems of a folder without those that its baseline knows. */
  withoutKnown(part: string, problems: readonly Problem[], snapshot: Snapshot): readonly Problem[] {
    const { home = '', known } = this.folders.get(part)?.baseline ?? {};
    if (!known) return problems;
    return splitByBaseline(problems, known, snapshot, (uri) => pathForPeople(uri, home)).left;
  }

  /** True for files that say what holds in a folder. */
  isAbout(uri: string): boolean {
    const name = nameOf(uri);
    if (name === CONFIGURATION_NAME || name === '.gitignore') return true;
    return [...this.folders.values()].some(({ baseline }) => baseline?.uri === uri);
  }

  /** What counts in each folder. */
  rules(): ReadonlyMap<string, FolderRules> {
    return new Map(
      [...this.folders].map(([uri, { settings }]) => [
        uri,
        { isExcluded: (each: string) => settings.isExcluded(each), gitIgnore: this.trusted },
      ]),
    );
  }

  /** How Helm may be run, by folder; nothing of a workspace is run before it is trusted. */
  helm(): ReadonlyMap<string, HelmSettings | undefined> {
    return new Map([...this.folders].map(([uri, { editor }]) => [uri, this.trusted ? editor.mutual.helm : undefined]));
  }

  /** What holds in a part of the workspace: a folder's, else that of files outside of all folders. */
  settings(part: string): FolderSettings {
    return this.folders.get(part)?.settings ?? this.others;
  }

  /**
   * What is wrong in the mutual.yaml files that are for the folders; the same answer while their texts are the same.
   * @param textOf the text in the editor, where one is open
   */
  problems(textOf: (uri: string) => string | undefined): readonly ConfigurationProblems[] {
    const files = new Map(
      [...this.folders.values()].flatMap(({ file }) => (file ? [[file.uri, file.text] as const] : [])),
    );
    const texts = [...files].map(([uri, text]) => ({ uri, text: textOf(uri) ?? text }));
    const isSame =
      this.told.length === texts.length &&
      texts.every(({ uri, text }, index) => this.told[index]!.uri === uri && this.told[index]!.text === text);
    if (!isSame)
      this.told = texts.map(({ uri, text }) => ({ uri, text, problems: readConfiguration(text, RULE_IDS).problems }));
    return this.told;
  }
}

function saySame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** True where the same files are left out. */
function sameFiles(a: Folder, b: Folder): boolean {
  const key = ({ editor, file }: Folder): string => JSON.stringify([editor.mutual.exclude, editor.filesExclude, file]);
  return key(a) === key(b);
}
