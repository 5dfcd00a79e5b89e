// What fixes leave of a text: its line endings, and every line that is none of their business.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fix, Problem } from '../../../server/src/rules/rule';
import { applyEdits } from '../../../server/src/yaml/edit';
import { check, mending, readCases } from './annotated';

const FIXTURES = join(__dirname, '../../fixtures');
type Files = ReadonlyMap<string, string>;

function changedBy(files: Files, { edits }: Fix): Map<string, string> {
  return new Map([...edits].map(([uri, list]) => [uri, applyEdits(files.get(uri) ?? '', list)]));
}

/** Every fix of every problem, with what it makes of the files. */
function results(files: Files): { problem: Problem; fix: Fix; texts: Map<string, string> }[] {
  return check(files).problems.flatMap((problem) =>
    mending(problem).map((fix) => ({ problem, fix, texts: changedBy(files, fix) })),
  );
}

function mapped(files: Files, change: (text: string) => string): Map<string, string> {
  return new Map([...files].map(([uri, text]) => [uri, change(text)]));
}

const unix = (text: string): string => text.replace(/\r\n/g, '\n');
const dos = (text: string): string => unix(text).replace(/\n/g, '\r\n');

/** Lines that a text has and another has not, each as often as it stands. */
function missing(from: readonly string[], in_: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of in_) left.set(line, (left.get(line) ?? 0) + 1);
  return from.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

describe('fixes', () => {
  for (const rule of readdirSync(FIXTURES).sort()) {
    it(`of ${rule} do the same to a text with the line endings of Windows`, () => {
      for (const { name, files } of readCases(join(FIXTURES, rule))) {
        const plain = results(mapped(files, unix));
        const windows = results(mapped(files, dos));
        assert.deepEqual(
          windows.map(({ fix }) => fix.title),
          plain.map(({ fix }) => fix.title),
          name,
        );
        for (const [index, { fix, texts }] of windows.entries())
          for (const [uri, text] of texts) {
            const isNew = !files.has(uri);
            assert.equal(isNew ? dos(text) : text, dos(plain[index]!.texts.get(uri)!), `${name}: ${fix.title}`);
          }
      }
    });

    it(`of ${rule} leave every line alone but those that they change`, () => {
      for (const { name, files } of readCases(join(FIXTURES, rule)))
        for (const { fix, texts } of results(files))
          for (const [uri, text] of texts) {
            const before = (files.get(uri) ?? '').split('\n');
            const touched = fix.edits.get(uri)!.reduce((sum, { range }) => {
              const lines = files.get(uri)?.slice(range.start, range.end).split('\n').length ?? 0;
              return sum + lines;
            }, 0);
            const gone = missing(before, text.split('\n'));
            assert.ok(gone.length <= touched, `${name}: ${fix.title} changes\n${gone.join('\n')}`);
          }
    });
  }
});
