// kustomization-incomplete: a kustomization takes something from outside the workspace.
import type { Unknown } from '../kustomize/result';
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
      if (isGenerated(unknown) || isPlaceholder(unknown.reference)) continue;
      const { uri, document, path } = unknown.origin;
      yield {
        uri,
        range: document.rangeOf(path) ?? document.range,
        message: `${words(unknown)} is not known here: what it brings or changes is left out.`,
        related: [],
      };
    }
  },
};

function words({ reason, reference }: Unknown): string {
  const name = reference === '' ? 'this' : `\`${reference}\``;
  return { remote: `What is at ${name}`, unread: `What ${name} holds`, plugin: `What ${name} makes` }[reason];
}
