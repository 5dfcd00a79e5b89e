// legacy-object: a policy of Istio 1.4 or before, which nothing reads any more.
import { isLegacy, type LegacyObject } from '../manifest/kinds/legacy';
import { groupOf } from '../manifest/read';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { appendDocuments, styleOf } from '../yaml/edit';
import { remainsOf } from './fix-fields';
import { fileOf } from './fixes';
import { convertAuthentication } from './legacy-authentication';
import { convertRbac } from './legacy-rbac';
import { isPatch } from './placeholders';
import type { Finding, Fix, Rule, RuleContext } from './rule';

export const legacyObject: Rule = {
  id: 'legacy-object',
  severity: 'warning',
  summary: 'A policy of Istio 1.4 or before, which nothing reads any more.',
  happens:
    '`Policy` and `MeshPolicy` of `authentication.istio.io`, and the kinds of `rbac.istio.io`, went with Istio 1.6. A cluster of today refuses them, or keeps them without effect where their CRDs are left: what they required is not required.',
  remedy: 'Write a PeerAuthentication, a RequestAuthentication or an AuthorizationPolicy instead.',
  peers: ['IST0002'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const object of here.objects) {
      if (!isLegacy(object) || isPatch(snapshot, object)) continue;
      yield {
        ...placeOf(object, ['kind']),
        message: `Nothing reads \`${objectName(object)}\`: \`${groupOf(object.apiVersion)}\` went with Istio 1.6. ${INSTEAD[object.kind]} takes its place.`,
        related: [],
        fixes: () => conversion(snapshot, view, object),
      };
    }
  },
};

const INSTEAD: Readonly<Record<LegacyObject['kind'], string>> = {
  LegacyPolicy: 'A PeerAuthentication, or a RequestAuthentication for tokens,',
  LegacyMeshPolicy: 'A PeerAuthentication in the root namespace',
  LegacyServiceRole: 'An AuthorizationPolicy for the role and its bindings',
  LegacyServiceRoleBinding: 'An AuthorizationPolicy for the role and its bindings',
  LegacyRbacConfig: 'An AuthorizationPolicy without rules',
  LegacyClusterRbacConfig: 'An AuthorizationPolicy without rules',
};

/** The object replaced by others of the same meaning; none where that cannot be exact. */
function conversion(snapshot: Snapshot, view: MeshView, object: LegacyObject): Fix[] {
  const documents = convertAuthentication(view, object) ?? convertRbac(view, object);
  const file = fileOf(snapshot, object);
  const { document, prefix } = object.source;
  if (!documents || !file || prefix.length > 0 || object.source.rendered || /^\s*[{[]/.test(document.text)) return [];
  const style = styleOf(file.text);
  const written = documents.length === 0 ? '' : appendDocuments('', documents, style).newText;
  const newText = remainsOf(document, style.eol) + written;
  const kinds = [...new Set(documents.map(({ kind }) => String(kind)))];
  const title =
    documents.length === 0
      ? 'Remove it: it switches nothing on'
      : `Convert it to ${kinds.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`;
  return [
    {
      title,
      preferred: true,
      edits: new Map([[file.uri, [{ range: document.range, newText }]]]),
    },
  ];
}
