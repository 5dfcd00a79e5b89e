// The injected grammar as the editor's own engine runs it.
// Two host grammars stand in for the editor's: the long-lived one that reads line by line, and one in the manner of
// the newer that follows indentation with begin and while. The marks have to be the same in both.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import lineByLine from 'tm-grammars/grammars/yaml.json';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, parseRawGrammar, Registry } from 'vscode-textmate';

/** The repository's folder. */
export const root = join(__dirname, '..', '..', '..');
const injectionPath = join(root, 'syntaxes', 'istio.injection.json');

const byIndentation = {
  scopeName: 'source.yaml',
  patterns: [
    { match: '^---', name: 'entity.other.document.begin.yaml' },
    { begin: '^(?!---)', while: '^(?!---)', patterns: [{ include: '#node' }] },
  ],
  repository: {
    node: {
      patterns: [
        {
          begin: '\\G( *)(?=["\']?[A-Za-z0-9_][^:#]*:(?:\\s|$))',
          while: '\\G(?:\\1| *$)',
          name: 'meta.mapping.yaml',
          patterns: [
            {
              match: '["\']?[A-Za-z0-9_][^:#]*(?=:(?:\\s|$))',
              name: 'string.unquoted.plain.yaml entity.name.tag.yaml',
            },
            {
              begin: ':(?=\\s|$)',
              while: '\\G(?=\\s|-\\s|#|$)',
              beginCaptures: { 0: { name: 'punctuation.separator.map.value.yaml' } },
              name: 'meta.map.value.yaml',
              patterns: [{ include: '#node' }],
            },
            { include: '#comment' },
          ],
        },
        {
          begin: '\\G( *)(-)(?=\\s)',
          while: '\\G(?:\\1 | *$)',
          beginCaptures: { 2: { name: 'punctuation.definition.block.sequence.item.yaml' } },
          name: 'meta.block.sequence.yaml',
          patterns: [{ include: '#node' }],
        },
        { begin: '[|>][+-]?$', while: '\\G(?=\\s|$)', contentName: 'string.unquoted.block.yaml', patterns: [] },
        { include: '#flow' },
        {
          match: '(?<=\\s|^|\\G)(?!-\\s)[^\\s#\\[\\]{},"\'|>:](?:[^#:]|:(?!\\s)|(?<!\\s)#)*',
          name: 'string.unquoted.plain.out.yaml',
        },
        { include: '#comment' },
      ],
    },
    flow: {
      patterns: [
        { begin: '"', end: '"', name: 'string.quoted.double.yaml' },
        { begin: "'", end: "'", name: 'string.quoted.single.yaml' },
        { begin: '\\{', end: '\\}', name: 'meta.flow.mapping.yaml', patterns: [{ include: '#flow-inner' }] },
        { begin: '\\[', end: '\\]', name: 'meta.flow.sequence.yaml', patterns: [{ include: '#flow-inner' }] },
      ],
    },
    'flow-inner': {
      patterns: [
        { match: '[\\w.-]+(?=:\\s)', name: 'string.unquoted.plain.in.yaml entity.name.tag.yaml' },
        { include: '#flow' },
        { match: '[^\\s,:#\\[\\]{}"\'](?:[^\\s,:\\[\\]{}]|:(?!\\s))*', name: 'string.unquoted.plain.in.yaml' },
      ],
    },
    comment: { begin: '(?<=\\s|^)#', end: '$', name: 'comment.line.number-sign.yaml' },
  },
};

export const hosts = {
  'a host grammar that reads line by line': lineByLine,
  'a host grammar that follows indentation': byIndentation,
};

export interface Token {
  text: string;
  scopes: string[];
}

let engine: Promise<void> | undefined;

export async function load(host: object, injected: boolean): Promise<IGrammar> {
  const wasm = readFileSync(join(dirname(require.resolve('vscode-oniguruma')), 'onig.wasm'));
  engine ??= loadWASM(wasm);
  await engine;
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (scope) => {
      if (scope === 'source.yaml') return parseRawGrammar(JSON.stringify(host), 'host.json');
      if (scope === 'istio.injection') return parseRawGrammar(readFileSync(injectionPath, 'utf8'), injectionPath);
      return null;
    },
    getInjections: (scope) => (injected && scope === 'source.yaml' ? ['istio.injection'] : undefined),
  });
  const grammar = await registry.loadGrammar('source.yaml');
  assert.ok(grammar);
  return grammar;
}

export function tokenise(grammar: IGrammar, text: string): Token[] {
  const tokens: Token[] = [];
  let state = INITIAL;
  for (const line of text.split('\n')) {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    for (const token of result.tokens) {
      const part = line.slice(token.startIndex, token.endIndex);
      if (part.trim() !== '') tokens.push({ text: part, scopes: token.scopes });
    }
  }
  return tokens;
}

/** The marked pieces in reading order: what the innermost scope of ours says about each. */
export function marks(grammar: IGrammar, text: string): string[] {
  return tokenise(grammar, text).flatMap((token) => {
    const own = token.scopes.filter((scope) => scope.endsWith('.istio') && !scope.startsWith('meta.')).at(-1);
    return own === undefined ? [] : [`${token.text}  ${own}`];
  });
}

/** All that is comment, in one line. */
export function commentText(tokens: Token[]): string {
  const parts = tokens.filter((token) => token.scopes.some((scope) => scope.startsWith('comment')));
  return parts
    .map((token) => token.text.trim())
    .join(' ')
    .replaceAll(/#\s+/g, '# ');
}
