// yaml-syntax: a manifest that cannot be read.
import type { SourceFile } from '../workspace/workspace';
import type { YamlDocument, YamlProblem } from '../yaml/document';
import type { TextRange } from '../yaml/range';
import { isTemplate } from './placeholders';
import type { Finding, Rule } from './rule';

/** In one document; nobody reads more. */
const MOST = 100;

export const yamlSyntax: Rule = {
  id: 'yaml-syntax',
  severity: 'error',
  summary: 'A manifest is not valid YAML.',
  happens: '`kubectl` refuses the document, and Mutual takes its objects as not existing.',
  remedy: 'Correct the YAML at the marked place.',
  *checkFile(file: SourceFile): Iterable<Finding> {
    // templates are YAML only when rendered; and what is not Kubernetes' is not ours to judge
    if (isTemplate(file.text) || !looksLikeManifest(file.text)) return;
    for (const document of file.documents) {
      if (file.objects.length === 0 && !looksLikeManifest(document.text)) continue;
      // what follows the first error is mostly its consequence
      const first = document.problems.find((problem) => problem.severity === 'error');
      if (first && isUnindentedQuote(first, document)) continue;
      const conflict = first && conflictIn(document);
      if (conflict) {
        const message = 'A merge conflict is not resolved here. This document cannot be read until one side is chosen.';
        yield { uri: file.uri, range: conflict, message, related: [] };
        continue;
      }
      for (const problem of first ? [first] : document.problems.slice(0, MOST)) {
        yield {
          uri: file.uri,
          range: visible(file.text, problem.range),
          severity: problem.severity,
          message: `${sentence(WORDS[problem.code] ?? problem.message)} ${consequence(problem)}`,
          related: [],
        };
      }
    }
  },
};

/** Where the parser's own message speaks of YAML's grammar. */
const WORDS: Readonly<Record<string, string>> = {
  BAD_INDENT: 'The indentation does not fit the lines above',
  BLOCK_AS_IMPLICIT_KEY: 'A mapping begins in the middle of a line: check the indentation, or put the text into quotes',
  DUPLICATE_KEY: 'The key is there twice',
  MULTILINE_IMPLICIT_KEY: 'A key must stand on one line, with its colon',
  TAB_AS_INDENT: 'YAML takes no tabs for indentation',
  TOO_LONG: 'This document is longer than 2 MiB or 100,000 lines',
  TOO_DEEP: 'This document nests deeper than 500 levels',
  TOO_MANY_ALIASES: 'The aliases of this document unfold to more than the API server reads',
};

/** The line with which git begins the first conflict. */
function conflictIn({ text, range }: YamlDocument): TextRange | undefined {
  const found = /^<{7} [^\n]*[^\s][^\n]*?(?=\s*$)/m.exec(text);
  if (!found || !/^={7}\s*$/m.test(text.slice(found.index))) return undefined;
  const start = range.start + found.index;
  return { start, end: start + found[0].length };
}

/** A place that can be seen: what is missing at the end of a text is marked on the last line before it. */
function visible(text: string, range: TextRange): TextRange {
  const marked = text.slice(range.start, range.end).split('\n', 1)[0]!.trimEnd();
  if (marked !== '') return { start: range.start, end: range.start + marked.length };
  const before = text.slice(0, range.start).trimEnd();
  const last = before.slice(before.lastIndexOf('\n') + 1);
  return { start: before.length - last.trimStart().length, end: before.length };
}

function consequence({ severity, code }: YamlProblem): string {
  if (code === 'TOO_LONG') {
    const result = severity === 'error' ? 'It is not read' : 'All that is said of it is said at its first line';
    return `${result}: split it into documents.`;
  }
  return severity === 'error' ? 'This document cannot be read.' : 'The last one counts.';
}

function sentence(message: string): string {
  const line = message.split('\n', 1)[0]!.trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/**
 * True for a quoted text that goes on at the indentation of its key. YAML forbids it; `kubectl` reads it, and tools
 * that fold long descriptions write it.
 */
function isUnindentedQuote(problem: YamlProblem, document: YamlDocument): boolean {
  const quote = /closing (['"])quote/.exec(problem.message)?.[1];
  return quote !== undefined && document.text.includes(quote, problem.range.start - document.range.start + 1);
}

function looksLikeManifest(text: string): boolean {
  return /^[ \t]*["']?apiVersion["']?[ \t]*:/m.test(text) && /^[ \t]*["']?kind["']?[ \t]*:/m.test(text);
}
