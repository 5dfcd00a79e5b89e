// Pieces of Markdown that hovers are made of: links to places, tables that do not grow without end, lists with a rest.
import type { KubernetesObject } from '../manifest/object';
import { objectName, type Place, placeOf, shortName } from '../words/names';
import type { Because } from '../words/reasons';
import type { Snapshot } from '../workspace/workspace';
import { type Path, positionAt } from '../yaml/range';

const MAX_ROWS = 12;
const MAX_NAMES = 3;

/** The address of a place, with its line: editors open `file:///a.yaml#L12` there. */
function address(snapshot: Snapshot, place: Place): string {
  const file = snapshot.files.get(place.uri);
  const line = file ? positionAt(file.lines, place.range.start).line + 1 : 1;
  const uri = place.uri.replaceAll('(', '%28').replaceAll(')', '%29').replaceAll(' ', '%20');
  return `${uri}#L${line}`;
}

/** `PeerAuthentication shop/default`, leading to the object or to one of its fields. */
export function linkObject(snapshot: Snapshot, object: KubernetesObject, path?: Path): string {
  return `[${escapeText(objectName(object))}](${address(snapshot, placeOf(object, path))})`;
}

/** `shop/default`, leading to the object or to one of its fields. */
export function linkName(snapshot: Snapshot, object: KubernetesObject, path?: Path): string {
  return `[${escapeText(shortName(object))}](${address(snapshot, placeOf(object, path))})`;
}

/** The sentence, with the object that it names as a link. */
export function linkBecause(snapshot: Snapshot, because: Because): string {
  if (!because.object) return because.text;
  return because.text.replace(`\`${objectName(because.object)}\``, () =>
    linkObject(snapshot, because.object!, because.path),
  );
}

/** `code` as code, whatever it holds. */
export function code(text: string | number): string {
  return `\`${String(text).replaceAll('`', "'")}\``;
}

/** Text of a manifest as text, not as Markdown. */
export function escapeText(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|~]/g, '\\$&');
}

/** A table; rows past the dozenth are counted, not shown. Without rows, nothing. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('\n', ' ')).join(' | ')} |`;
  // one row more is shown rather than "and 1 more"
  const shown = rows.length <= MAX_ROWS + 1 ? rows : rows.slice(0, MAX_ROWS);
  const lines = [line(header), line(header.map(() => '---')), ...shown.map(line)];
  const block = lines.join('\n');
  return rows.length > shown.length ? [block, `and ${rows.length - shown.length} more`] : [block];
}

/** `a, b, c and 12 more` */
export function list(names: readonly string[], max = MAX_NAMES): string {
  if (names.length <= max + 1) return names.join(', ');
  return `${names.slice(0, max).join(', ')} and ${names.length - max} more`;
}

/** A sentence begins with a capital and ends with a full stop. */
export function sentence(text: string): string {
  const first = text.slice(0, 1);
  const begun = /[a-z]/.test(first) && !/^mTLS/.test(text) ? first.toUpperCase() + text.slice(1) : text;
  return /[.:!?]$/.test(begun) ? begun : `${begun}.`;
}
