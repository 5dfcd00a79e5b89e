// What a rule is: data about a mistake, a check that finds it, and fixes.
import type { MeshNamespace } from '../mesh/mesh';
import type { Place } from '../words/names';
import type { MeshView, Snapshot, SourceFile } from '../workspace/workspace';
import type { TextEdit } from '../yaml/edit';

export type { TextEdit } from '../yaml/edit';

/** `error` only for what will fail or be refused; `warning` for what does not do what it says; the rest is posture. */
export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface Related extends Place {
  readonly message: string;
}

/** A change that mends a problem. */
export interface Fix {
  readonly title: string;
  /** The best of several. */
  readonly preferred?: boolean;
  /** By URI; a URI that is no file yet is created. */
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>;
}

/** One mistake at one place, before severities of the settings. */
export interface Finding extends Place {
  readonly message: string;
  readonly related: readonly Related[];
  /** Overrides the rule's own severity. */
  readonly severity?: Severity;
  /** Made when asked for: fixes can be costly. */
  fixes?(): Fix[];
}

/** What a rule's check sees. */
export interface RuleContext {
  readonly snapshot: Snapshot;
  readonly view: MeshView;
  /** The namespace that is checked. */
  readonly here: MeshNamespace;
  readonly options: RuleOptions;
}

/** Settings that bear on rules. */
export interface RuleOptions {
  /** Whether a service without a DestinationRule for it is reported: with auto mTLS nothing breaks. */
  readonly requireDestinationRule: 'auto' | 'always' | 'never';
  /** Severities by rule id; `off` silences a rule. */
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
}

export const DEFAULT_OPTIONS: RuleOptions = { requireDestinationRule: 'auto', severities: {} };

export interface Rule {
  /** Readable, kebab-case and stable. */
  readonly id: string;
  readonly severity: Severity;
  /** One line: what is wrong. */
  readonly summary: string;
  /** What happens in a cluster. */
  readonly happens: string;
  /** How to mend it. */
  readonly remedy: string;
  /** Codes under which istioctl (`IST…`) and Kiali (`KIA…`) report the same mistake or a part of it. */
  readonly peers?: readonly string[];
  /** What one namespace of a mesh tells: about its own objects, whatever it takes to judge them. */
  check?(context: RuleContext): Iterable<Finding>;
  /** What only the mesh as a whole tells. */
  checkMesh?(context: Omit<RuleContext, 'here'>): Iterable<Finding>;
  /** What a file tells by itself, whatever is around it. */
  checkFile?(file: SourceFile, snapshot: Snapshot): Iterable<Finding>;
}

/** A finding as it is shown: with its rule, its severity in force, and the meshes in which it holds. */
export interface Problem extends Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** Names of the meshes; one mesh has the empty name. */
  readonly meshes: readonly string[];
}

/** Where the page of a rule is read. */
export function rulePage(rule: string): string {
  return `https://mutual-istio.dev/rules/${rule}`;
}
