// Edits of YAML texts: the rest of the file stays as it is, whatever its style.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDocuments } from '../../../server/src/yaml/document';
import {
  appendDocuments,
  applyEdits,
  insertInto,
  removeEntry,
  replaceScalar,
  styleOf,
  type TextEdit,
  valueAt,
} from '../../../server/src/yaml/edit';
import type { Path } from '../../../server/src/yaml/range';

interface Rule {
  readonly text: string;
  readonly value: Record<string, unknown>;
}

/** A rule as people write it: in blocks or on a line, with comments, quotes, other indentation, CRLF. */
const rules: fc.Arbitrary<Rule> = fc
  .record({
    eol: fc.constantFrom('\n', '\r\n'),
    indent: fc.constantFrom(2, 4),
    quote: fc.constantFrom('', '"', "'"),
    comment: fc.constantFrom('', ' # why', '   # it is "so"'),
    line: fc.constantFrom('', '# a line', '    # deeper'),
    flow: fc.boolean(),
    more: fc.boolean(),
    last: fc.boolean(),
    newline: fc.boolean(),
  })
  .map(({ eol, indent, quote, comment, line, flow, more, last, newline }) => {
    const at = (level: number, text: string): string => ' '.repeat(level * indent) + text;
    const mode = `${quote}DISABLE${quote}`;
    const pool = { maxRequests: 3 };
    const block = [
      at(1, 'trafficPolicy:'),
      ...(more && !last ? [at(2, 'pool:'), at(3, `maxRequests: 3${comment}`)] : []),
      at(2, `tls:${comment}`),
      ...(line ? [line] : []),
      at(3, `mode: ${mode}${comment}`),
      ...(line ? [line] : []),
      ...(more && last ? [at(2, 'pool:'), at(3, `maxRequests: 3${comment}`)] : []),
    ];
    const inline = [
      at(
        1,
        `trafficPolicy: { ${more && !last ? 'pool: { maxRequests: 3 }, ' : ''}tls: { mode: ${mode} }${more && last ? ', pool: { maxRequests: 3 }' : ''} }${comment}`,
      ),
    ];
    const lines = ['kind: DestinationRule', 'spec:', at(1, `host: cart${comment}`), ...(flow ? inline : block)];
    const value = {
      kind: 'DestinationRule',
      spec: { host: 'cart', trafficPolicy: { ...(more && { pool }), tls: { mode: 'DISABLE' } } },
    };
    return { text: lines.join(eol) + (newline ? eol : ''), value };
  });

const TLS: Path = ['spec', 'trafficPolicy', 'tls'];

function edited(text: string, edit: TextEdit | undefined): { text: string; values: unknown[] } {
  assert.ok(edit, `no edit for ${text}`);
  const after = applyEdits(text, [edit]);
  const documents = parseDocuments(after);
  for (const { problems } of documents) assert.deepEqual(problems, [], after);
  const lone = (each: string): number => each.split(/(?<!\r)\n/).length;
  if (text.includes('\r\n')) assert.equal(lone(after), lone(text), `line endings of ${JSON.stringify(after)}`);
  return { text: after, values: documents.map(({ value }) => value) };
}

function comments(text: string): string[] {
  return text.match(/^[ \t]*#.*$/gm) ?? [];
}

describe('edits of YAML', () => {
  it('replace a scalar in its quotes', () => {
    fc.assert(
      fc.property(rules, ({ text, value }) => {
        const document = parseDocuments(text)[0]!;
        assert.deepEqual(document.value, value);
        const after = edited(text, replaceScalar(text, document, [...TLS, 'mode'], 'ISTIO_MUTUAL'));
        assert.equal(after.text, text.replace('DISABLE', 'ISTIO_MUTUAL'));
      }),
    );
  });

  it('remove an entry and leave its neighbours and all comments on lines of their own', () => {
    fc.assert(
      fc.property(rules, ({ text, value }) => {
        const document = parseDocuments(text)[0]!;
        const policy = valueAt(value, ['spec', 'trafficPolicy']) as Record<string, unknown>;
        const path = Object.keys(policy).length > 1 ? TLS : TLS.slice(0, -1);
        const after = edited(text, removeEntry(text, document, path));
        assert.equal(valueAt(after.values[0], TLS), undefined);
        assert.deepEqual(valueAt(after.values[0], ['spec', 'trafficPolicy', 'pool']), policy.pool);
        assert.equal(valueAt(after.values[0], ['spec', 'host']), 'cart');
        assert.deepEqual(comments(after.text), comments(text));
      }),
    );
  });

  it('add an entry to a mapping, in its style', () => {
    fc.assert(
      fc.property(rules, fc.constantFrom<Path>(TLS, TLS.slice(0, -1), ['spec']), ({ text, value }, parent) => {
        const document = parseDocuments(text)[0]!;
        const tree = { ports: { 8080: { mode: 'PERMISSIVE' } } };
        const after = edited(text, insertInto(text, document, parent, tree, styleOf(text)));
        const expected = structuredClone(value);
        Object.assign(valueAt(expected, parent) as object, tree);
        assert.deepEqual(after.values[0], expected);
        assert.deepEqual(comments(after.text), comments(text));
      }),
    );
  });

  it('add documents behind the last one', () => {
    const ends = fc.constantFrom('', '---', '---\n', '\n---\n# to come\n', '\n...\n', '\n\n');
    fc.assert(
      fc.property(rules, ends, ({ text, value }, end) => {
        const eol = text.includes('\r\n') ? '\r\n' : '\n';
        const closed = end.startsWith('---') && !text.endsWith('\n') ? text + eol : text;
        const whole = closed + end.replaceAll('\n', eol);
        const labels = { on: 'true', port: '0777', host: '*.shop', plain: 'a-b.c/d' };
        const after = edited(whole, appendDocuments(whole, [{ kind: 'A', labels }, { kind: 'B' }]));
        assert.deepEqual(after.values, [value, { kind: 'A', labels }, { kind: 'B' }]);
        assert.ok(after.text.startsWith(whole));
        assert.ok(after.text.endsWith(eol));
      }),
    );
  });

  it('begin a file', () => {
    assert.equal(
      applyEdits('', [appendDocuments('', [{ kind: 'A', spec: { host: 'x' } }])]),
      'kind: A\nspec:\n  host: x\n',
    );
  });

  it('fill an empty field', () => {
    const text = 'spec:\n  mtls:\n    mode:\n  other: 1\n';
    const document = parseDocuments(text)[0]!;
    assert.equal(
      applyEdits(text, [replaceScalar(text, document, ['spec', 'mtls', 'mode'], 'STRICT')!]),
      'spec:\n  mtls:\n    mode: STRICT\n  other: 1\n',
    );
    const bare = 'spec:\n  mtls:\n  other: 1\n';
    assert.equal(
      applyEdits(bare, [
        insertInto(bare, parseDocuments(bare)[0]!, ['spec', 'mtls'], { mode: 'STRICT' }, styleOf(bare))!,
      ]),
      'spec:\n  mtls:\n    mode: STRICT\n  other: 1\n',
    );
  });

  it('write JSON into JSON', () => {
    const text = '{"spec": {"trafficPolicy": {"pool": {}}}}';
    const edit = insertInto(
      text,
      parseDocuments(text)[0]!,
      ['spec', 'trafficPolicy'],
      { tls: { mode: 'DISABLE' } },
      styleOf(text),
    );
    assert.deepEqual(JSON.parse(applyEdits(text, [edit!])), {
      spec: { trafficPolicy: { pool: {}, tls: { mode: 'DISABLE' } } },
    });
  });
});
