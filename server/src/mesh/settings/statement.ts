// What one manifest says of the mesh: facts with their places, for the control plane of one revision.
import { isPlaceholder } from '../../manifest/placeholder';
import type { KnownObject } from '../../manifest/read';
import type { Path } from '../../yaml/range';
import type { SettingName, SettingValues } from './types';

export interface Fact<N extends SettingName = SettingName> {
  readonly name: N;
  readonly value: SettingValues[N];
  readonly path: Path;
  readonly inner?: Path;
}

/** How near to the running mesh a manifest is: of two that differ the higher counts. */
export const RANK = { chart: 1, values: 2, operator: 3, rendered: 4, configuration: 5 } as const;

export interface Statement {
  readonly object: KnownObject;
  readonly rank: number;
  /** Whose control plane it speaks of; undefined where it holds for all, or a placeholder stands for it. */
  readonly revision: string | undefined;
  /** It installs an istiod of that revision, so that its webhooks are there. */
  readonly installs: boolean;
  /** Further names of revisions: by tag, the revision that it leads to; undefined for one that is not known. */
  readonly tags: ReadonlyMap<string, string | undefined>;
  readonly facts: readonly Fact[];
}

/** Takes a fact. Undefined says nothing, and so does what is still to be filled in; the first of a name counts. */
export type Note = <N extends SettingName>(name: N, value: SettingValues[N] | undefined, path: Path) => void;

/** The facts that `read` notes; with `text`, the path of the text that they are inside of. */
export function gather(read: (note: Note) => void, text?: Path): Fact[] {
  const facts = new Map<SettingName, Fact>();
  read((name, value, path) => {
    if (value === undefined || facts.has(name) || isOpen(value)) return;
    facts.set(name, text ? { name, value, path: text, inner: path } : { name, value, path });
  });
  return [...facts.values()];
}

function isOpen(value: unknown): boolean {
  if (typeof value === 'string') return isPlaceholder(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(isOpen);
}

/** A revision as its webhooks know it: empty for the unnamed one; undefined for a placeholder. */
export function revisionOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return 'default';
  return isPlaceholder(text) ? undefined : text;
}

/** A statement without tags of a control plane. */
export function statement(
  object: KnownObject,
  rank: number,
  revision: string | undefined,
  facts: readonly Fact[],
): Statement {
  return { object, rank, revision, installs: true, tags: new Map(), facts };
}

/** A statement that holds whichever control plane is meant. */
export function aside(object: KnownObject, rank: number, facts: readonly Fact[]): Statement {
  return { object, rank, revision: undefined, installs: false, tags: new Map(), facts };
}
