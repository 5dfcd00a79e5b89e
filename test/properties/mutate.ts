// Manifests to start from, and what can happen to a text: cut, mixed, repeated, filled with what no manifest holds.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ownCases } from '../conformance/cases';
import { shared } from '../support/shared';

/** Texts of the project's fixtures, examples and cases, and of the shared repositories where they are. */
export function seeds(): string[] {
  const root = path.join(__dirname, '../..');
  const folders = ['test/fixtures', 'examples'].map((name) => path.join(root, name));
  const corpora = shared('corpora');
  const files = [...folders, ...(corpora ? [corpora] : [])].flatMap((folder) => yamlFiles(folder));
  const cases = (['traps', 'meshes', 'ambient', 'authorization'] as const).flatMap((name) => ownCases(name));
  return [...files.map((file) => readFileSync(file, 'utf8')), ...cases.map(({ manifests }) => manifests)].filter(
    (text) => text.length < 60_000,
  );
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const file = path.join(folder, name);
      return statSync(file).isDirectory() ? yamlFiles(file) : /\.ya?ml$/.test(name) ? [file] : [];
    });
}

const ODD = [
  '\0',
  '\ufffd',
  '\ud800',
  '\udc00',
  '\ufeff',
  '\u2028',
  '\r',
  '\t',
  '---\n',
  '...\n',
  '{{ .Values.x }}',
  '$(X)',
  '<<: *a\n',
  '&a ',
  '*a',
  '!!binary ',
  '!!set ',
  '? ',
  ': ',
  '- ',
  '|2-\n',
  '>+\n',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '%YAML 1.1\n',
  '# mutual-ignore ',
  '__proto__: ',
  'constructor: ',
  'hasOwnProperty: ',
  'toString',
  '*',
  '*.*',
  '~',
  '.nan',
  '-.inf',
  '1e999',
  '0x',
  '-1',
  '99999999999999999999',
  '(a+)+$',
  '\\',
];

/** A changed text: some changes, each of a kind chosen by `random`. */
export function mutated(texts: readonly string[], random: () => number): string {
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[upTo(list.length)]!;
  let text = pick(texts);
  for (let count = 1 + upTo(6); count > 0; count--) {
    const at = upTo(text.length + 1);
    const to = Math.min(text.length, at + upTo(random() < 0.8 ? 12 : 400));
    switch (upTo(9)) {
      case 0:
        text = text.slice(0, at) + pick(ODD) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(to);
        break;
      case 2:
        text = text.slice(0, at);
        break;
      case 3: {
        const lines = text.split('\n');
        [lines[upTo(lines.length)], lines[upTo(lines.length)]] = [pick(lines), pick(lines)];
        text = lines.join('\n');
        break;
      }
      case 4: {
        const other = pick(texts);
        const from = upTo(other.length);
        text = text.slice(0, at) + other.slice(from, from + upTo(800)) + text.slice(to);
        break;
      }
      case 5:
        text = text.slice(0, at) + text.slice(at, to).repeat(1 + upTo(20)) + text.slice(to);
        break;
      case 6:
        // a value becomes another one
        text = replaceValue(text, upTo(text.length), pick(ODD));
        break;
      case 7:
        text = text.slice(0, at) + String.fromCharCode(upTo(0x10000)) + text.slice(at);
        break;
      default:
        text = `${text}\n---\n${pick(texts)}`;
    }
    if (text.length > 200_000) text = text.slice(0, 200_000);
  }
  return text;
}

/** What stands behind the next colon of its line. */
function replaceValue(text: string, from: number, value: string): string {
  const start = text.indexOf(': ', from) + 2;
  if (start < 2) return text;
  const end = text.indexOf('\n', start);
  return text.slice(0, start) + value + (end < 0 ? '' : text.slice(end));
}
