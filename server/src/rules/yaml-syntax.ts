// yaml-syntax: a manifest that cannot be read.
import type { SourceFile } from '../workspace/workspace';
import { isTemplate } from './placeholders';
import type { Finding, Rule } from './rule';

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
      for (const problem of document.problems) {
        yield {
          uri: file.uri,
          range: problem.range,
          severity: problem.severity,
          message: `${sentence(problem.message)} ${consequence(problem.severity)}`,
          related: [],
        };
      }
    }
  },
};

function consequence(severity: 'error' | 'warning'): string {
  return severity === 'error' ? 'This document cannot be read.' : 'The last one counts.';
}

function sentence(message: string): string {
  const line = message.split('\n', 1)[0]!.trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function looksLikeManifest(text: string): boolean {
  return /^[ \t]*["']?apiVersion["']?[ \t]*:/m.test(text) && /^[ \t]*["']?kind["']?[ \t]*:/m.test(text);
}
