// Further changes of single fields: keys, list items, and several edits of one file as one fix.
import type { KubernetesObject } from '../manifest/object';
import type { Snapshot } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';
import { appendItem, renameKey, valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { editable, removable } from './editable';
import type { Fix } from './rule';

/** Gives an entry another key. */
export function setKey(
  snapshot: Snapshot,
  object: KubernetesObject,
  path: Path,
  key: string,
  title: string,
  preferred = false,
): Fix | undefined {
  const at = removable(snapshot, object, path);
  const edit = at && renameKey(at.file.text, at.document, at.path, key);
  return edit && { title, edits: new Map([[at.file.uri, [edit]]]), ...(preferred && { preferred }) };
}

/** Adds an item to a list of scalars. */
export function addItem(
  snapshot: Snapshot,
  object: KubernetesObject,
  list: Path,
  value: string,
  title: string,
  preferred = false,
): Fix | undefined {
  const at = editable(snapshot, object, list);
  const edit = at && appendItem(at.file.text, at.document, at.path, value);
  return edit && { title, edits: new Map([[at.file.uri, [edit]]]), ...(preferred && { preferred }) };
}

/**
 * Makes an item of a block list part of the item before it, by taking away its dash. Undefined where the two are not
 * mappings written under each other, or have a key in common.
 */
export function joinToItemBefore(
  snapshot: Snapshot,
  object: KubernetesObject,
  list: Path,
  index: number,
  title: string,
): Fix | undefined {
  const at = editable(snapshot, object, list);
  if (!at || index === 0) return undefined;
  const { file, document, path } = at;
  const [before, own] = [index - 1, index].map((item) => {
    const keys = Object.keys(valueAt(document.value, [...path, item]) ?? {});
    const start = document.rangeOf([...path, item, keys[0] ?? ''], 'key')?.start ?? 0;
    return { keys, start, lead: file.text.slice(file.text.lastIndexOf('\n', start - 1) + 1, start) };
  });
  // the first keys stand under each other, each behind its dash
  if (!/^ *- +$/.test(own!.lead) || before!.lead !== own!.lead) return undefined;
  if (own!.keys.some((key) => before!.keys.includes(key))) return undefined;
  const dash = own!.start - own!.lead.length + own!.lead.indexOf('-');
  const edit = { range: { start: dash, end: dash + 1 }, newText: ' ' };
  return { title, edits: new Map([[file.uri, [edit]]]) };
}

/** What stays of a document that goes: what stands behind `---` on its line, and comments on lines of their own. */
export function remainsOf({ range, text }: YamlDocument, eol: string): string {
  const [lead = ''] = /^[ \t]*(?:#[^\n]*)?\r?\n/.exec(range.start > 0 ? text : '') ?? [];
  const comments = text
    .slice(lead.length)
    .split(/(?<=\n)/)
    .filter((line) => /^[ \t]*#/.test(line));
  return lead + comments.map((line) => line.replace(/\r?\n?$/, eol)).join('');
}

/** Several changes as one; undefined if any of them cannot be made. */
export function together(title: string, parts: readonly (Fix | undefined)[], preferred = false): Fix | undefined {
  if (parts.some((part) => part === undefined)) return undefined;
  const edits = new Map<string, Fix['edits'] extends ReadonlyMap<string, infer Edits> ? Edits : never>();
  for (const part of parts) {
    for (const [uri, list] of part!.edits) edits.set(uri, [...(edits.get(uri) ?? []), ...list]);
  }
  return { title, edits, ...(preferred && { preferred }) };
}
