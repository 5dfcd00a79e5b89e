// kustomization-incomplete: a kustomization takes something from outside the workspace.
import { isGenerated } from './completeness';
import { isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const kustomizationIncomplete: Rule = {
  id: 'kustomization-incomplete',
  severity: 'hint',
  summary: 'A kustomization takes something from outside the workspace.',
  happens:
    'What a remote base, a plugin, a chart or a file elsewhere brings is not known. Mutual answers from the rest, and does not call missing what may come from there.',
  remedy: 'Nothing has to be done. To know more, put what is missing into the workspace.',
  *checkMesh({ view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    for (const unknown of view.unknowns) {
      const words = WORDS.get(unknown.reason);
      if (!words || isGenerated(unknown) || isPlaceholder(unknown.reference)) continue;
      const { uri, document, path } = unknown.origin;
      const name = unknown.reference === '' ? 'this' : `\`${unknown.reference}\``;
      yield {
        uri,
        range: document.rangeOf(path) ?? document.range,
        message: `${words(name)} is not known here: what it brings or changes is left out.`,
        related: [],
      };
    }
  },
};

/** By the reason why it is not known; what charts leave open is no matter of kustomizations. */
const WORDS: ReadonlyMap<string, (name: string) => string> = new Map([
  ['remote', (name: string) => `What is at ${name}`],
  ['unread', (name: string) => `What ${name} holds`],
  ['plugin', (name: string) => `What ${name} makes`],
]);
