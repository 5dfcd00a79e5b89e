// What injector webhooks say: which revisions and tags there are, and which pods are selected.
import type { MutatingWebhookConfiguration } from '../../manifest/kinds/webhook';
import { RANK, revisionOf, type Statement } from './statement';
import type { Injector } from './types';

/** charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml and revision-tags-mwc.yaml */
export function fromWebhooks(object: MutatingWebhookConfiguration): Statement {
  const { revision, tag } = namesOf(object);
  const tags = new Map(tag === undefined ? [] : [[tag, revision]]);
  return { object, rank: RANK.rendered, revision, installs: tag === undefined, tags, facts: [] };
}

/** Its webhooks, by the name that labels ask for; none where that name is still to be filled in. */
export function injectorsOf(object: MutatingWebhookConfiguration): Injector[] {
  const { revision, tag } = namesOf(object);
  const asked = tag ?? revision;
  if (asked === undefined) return [];
  return object.spec.webhooks.map(({ namespaceSelector, objectSelector }) => ({
    asked,
    namespaceSelector,
    objectSelector,
  }));
}

function namesOf({ metadata }: MutatingWebhookConfiguration): {
  revision: string | undefined;
  tag: string | undefined;
} {
  const { 'istio.io/rev': revision, 'istio.io/tag': tag } = metadata.labels;
  const byName = /^istio-revision-tag-(.+?)(?:-istio-system)?$/.exec(metadata.name)?.[1];
  const stated = tag ?? byName;
  return { revision: revisionOf(revision), tag: stated === undefined ? undefined : revisionOf(stated) };
}
