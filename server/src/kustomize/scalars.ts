// Kustomize reads YAML otherwise than kubectl: `yes` and `on` are strings to it, a date becomes a time.
import type { YamlDocument } from '../yaml/document';
import {
  below,
  type MapNode,
  type Node,
  originOfPlace,
  type Place,
  type Scalar,
  toNode,
  toValue,
  writtenText,
} from './node';

/** Plain scalars that the two may read differently; a text without them needs no second look. */
const DOUBTFUL =
  /(?:^|[\s:,[{-])(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|\d{4}-\d\d?-\d\d?[^\n,\]}]*)[ \t]*(?=$|[\r\n,\]}#:])/m;

const NOT_BOOLEAN = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;
const DATE = /^\d{4}-\d\d?-\d\d?$/;
const TIME = /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ ]+)(\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)?$/;
/** What a key that is read as `true` or `false` may have been. */
const KEYS = {
  true: ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'],
  false: ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'],
} as const;

/** The node tree of a document as kustomize reads it; lists are no objects, and are read as kubectl reads them. */
export function nodeOf(document: YamlDocument, place: Place): Node {
  const plain = toNode(document.value, place);
  const node = DOUBTFUL.test(document.text) && plain.kind !== 'list' ? corrected(plain) : plain;
  return /[^\r\n]$/.test(document.text) ? withoutLastBreak(node) : node;
}

/** A block of lines at the end of a file that has no line break there has none either. */
function withoutLastBreak(node: Node): Node {
  if (node.kind === 'map') {
    const last = [...node.entries].at(-1);
    return last ? { ...node, entries: new Map(node.entries).set(last[0], withoutLastBreak(last[1])) } : node;
  }
  if (node.kind === 'list') {
    const last = node.items.at(-1);
    return last ? { ...node, items: [...node.items.slice(0, -1), withoutLastBreak(last)] } : node;
  }
  if (typeof node.value !== 'string' || !node.value.endsWith('\n')) return node;
  const { document, path } = originOfPlace(node.place);
  const range = document.rangeOf(path);
  const source = range && document.text.slice(range.start - document.range.start);
  return source && /^[|>]-?\d?-?[ \t]*[\r\n#]/.test(source) ? { ...node, value: node.value.replace(/\n$/, '') } : node;
}

function corrected(node: Node): Node {
  if (node.kind === 'list') return { ...node, items: node.items.map(corrected) };
  if (node.kind === 'map') {
    const entries = [...node.entries].map(([key, item]): [string, Node] =>
      key === 'true' || key === 'false' ? correctedKey(key, item, node) : [key, corrected(item)],
    );
    return { ...node, entries: new Map(entries) };
  }
  const value = correctedScalar(node.value, () => writtenText(node));
  return value === node.value ? node : { ...node, value };
}

/** An entry with the key that is written, from which its places follow. */
function correctedKey(key: 'true' | 'false', item: Node, { place }: MapNode): [string, Node] {
  const { document, path } = originOfPlace(place);
  const written = document.has([...path, key]) ? key : KEYS[key].find((each) => document.has([...path, each]));
  if (written === undefined || written === key) return [key, corrected(item)];
  return [written, corrected(toNode(toValue(item), below(place, written)))];
}

function correctedScalar(value: Scalar, written: () => string | undefined): Scalar {
  if (typeof value === 'boolean') {
    const text = written();
    return text !== undefined && NOT_BOOLEAN.test(text) ? text : value;
  }
  if (typeof value === 'string' && (DATE.test(value) || TIME.test(value)) && written() === value) return timeOf(value);
  return value;
}

/** A time as RFC 3339 writes it; what is no day of the calendar stays a string. */
function timeOf(text: string): string {
  const pad = (digits: string): string => digits.padStart(2, '0');
  if (DATE.test(text)) {
    const [year, month, day] = text.split('-') as [string, string, string];
    return isDay(year, month, day) ? `${year}-${pad(month)}-${pad(day)}T00:00:00Z` : text;
  }
  const [, year, month, day, hour, minute, second, fraction = '', zone] = TIME.exec(text)! as unknown as string[];
  // with a T there must be a zone, with a space there must be none
  if (!isDay(year!, month!, day!) || /[Tt]/.test(text) !== (zone !== undefined)) return text;
  const digits = fraction.replace(/\.?0*$/, '');
  const time = [hour, minute, second].map((part) => pad(part!)).join(':');
  return `${year}-${pad(month!)}-${pad(day!)}T${time}${digits}${zone === undefined || /^[-+]00:00$/.test(zone) ? 'Z' : zone}`;
}

function isDay(year: string, month: string, day: string): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
