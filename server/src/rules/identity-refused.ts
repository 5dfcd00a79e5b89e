// identity-refused: clients take a server only for names that its certificate does not have.
import type { ClientTlsSettings } from '../manifest/kinds/destination-rule';
import type { Endpoint } from '../mesh/endpoints';
import type { MeshSettings } from '../mesh/settings';
import { identityOf, spiffe } from '../mtls/handshake';
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { addItem } from './fix-fields';
import { offered, removeField, setField } from './fixes';
import { isPatch, isPlaceholder } from './placeholders';
import { refusedWords, relatedHalves } from './refused-words';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { byCause, type Cause, decidedBy, isCertain, rulePathOf, serviceNames, underRules } from './traffic';
import { listed } from './wording';

export const identityRefused: Rule = {
  id: 'identity-refused',
  severity: 'error',
  summary: 'A rule expects an identity that the server does not have.',
  happens:
    "`subjectAltNames` takes the place of every identity that Istio knows for the service. The client's sidecar compares whole names, and ends the handshake with a server whose certificate has none of them: `503 upstream connect error … TLS_error … CERTIFICATE_VERIFY_FAILED: SAN matcher`.",
  remedy:
    'Name the identity of each server, `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT`, or leave `subjectAltNames` out: clients then expect the service accounts of the endpoints.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const refused = underRules(view, here.name).filter(
      (reach) => reach.endpoint.failure === 'identity-refused' && isCertain(view, reach),
    );
    for (const cause of byCause(refused, rulePathOf)) {
      if (isPatch(snapshot, cause.object)) continue;
      const { subjectAltNames } = tlsOf(cause);
      if (!subjectAltNames.some(isPlaceholder)) yield finding(snapshot, view, cause, subjectAltNames);
    }
  },
};

/** The block that decides. */
function tlsOf({ object, path }: Cause): ClientTlsSettings {
  return valueAt(object, path) as ClientTlsSettings;
}

function finding(snapshot: Snapshot, view: MeshView, cause: Cause, names: readonly string[]): Finding {
  const { object, path, reaches: list } = cause;
  const { settings } = view.mesh;
  const missing = [...new Set(list.map(({ endpoint }) => shownBy(settings, endpoint.endpoint)))];
  const shown = identitiesOf(view, cause);
  const meant = missing.length === 1 ? meantFor(missing[0]!, names, shown) : undefined;
  // the only thing that tells the names apart is what no manifest says
  const isAssumed =
    !isTrustDomainKnown(settings) &&
    names.some((name) => name.startsWith('spiffe://') && missing.some((identity) => sameAccount(identity, name)));
  const all = [...path, 'subjectAltNames'];
  const at = meant ?? (names.length === 1 ? 0 : undefined);
  const place = at === undefined ? placeOf(object, all, 'key') : placeOf(object, [...all, at]);
  const expected = meant === undefined ? listed(names, 2) : `\`${names[meant]}\``;
  const only = meant === undefined && names.length === 1 ? 'only ' : '';
  const unless = isAssumed ? `, unless the mesh has another trust domain than \`${settings.trustDomain}\`` : '';
  return {
    ...place,
    ...(isAssumed && { severity: 'information' as const }),
    message: `Clients of ${serviceNames(view, list)} expect ${only}${expected} here, but the server is ${listed(missing, 2)}: ${refusedWords(list, 'cut off')}${unless}.`,
    related: relatedHalves(list).filter(({ message }) => !message.startsWith('`mode')),
    fixes: () => (isAssumed ? [] : fixes(snapshot, view, cause, names, meant, shown)),
  };
}

/** What the certificate of an endpoint says. */
function shownBy(settings: MeshSettings, { namespace, serviceAccount = 'default' }: Endpoint): string {
  return spiffe(identityOf(settings, { namespace, serviceAccount }));
}

/** Who the servers are whose certificates the block judges. */
function identitiesOf(view: MeshView, { object, path }: Cause): ReadonlySet<string> {
  const known = decidedBy(view, object, path).filter(({ endpoint }) => endpoint.endpoint.serviceAccount !== undefined);
  return new Set(known.map(({ endpoint }) => shownBy(view.mesh.settings, endpoint.endpoint)));
}

/** The entry that was meant to be this identity: misspelt, or of the same account; a name of another server stays. */
function meantFor(identity: string, names: readonly string[], shown: ReadonlySet<string>): number | undefined {
  const alike = (name: string): boolean =>
    !shown.has(name) &&
    (sameAccount(identity, name) || nearMisses(name, [identity]).length > 0 || accountOf(name) === accountOf(identity));
  const found = names.findIndex(alike);
  return found >= 0 ? found : undefined;
}

/** True where some pod of the mesh is called so: whoever wrote it may have meant just that one. */
function isSomebody({ mesh }: MeshView, name: string): boolean {
  const [, namespace, account] = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(name) ?? [];
  return namespace !== undefined && mesh.podsIn(namespace).some(({ serviceAccount }) => serviceAccount === account);
}

function sameAccount(a: string, b: string): boolean {
  const [x, y] = [/\/ns\/.+$/.exec(a)?.[0], /\/ns\/.+$/.exec(b)?.[0]];
  return x !== undefined && x === y;
}

function accountOf(name: string): string | undefined {
  return /\/sa\/([^/]+)$/.exec(name)?.[1];
}

function isTrustDomainKnown({ sources }: MeshSettings): boolean {
  const source = sources.trustDomain;
  return source.by === 'default' ? source.object !== undefined : source.by !== 'contradiction';
}

/** More names than a person would read are not written at once. */
const MOST_NAMES = 5;

function fixes(
  snapshot: Snapshot,
  view: MeshView,
  { object, path }: Cause,
  names: readonly string[],
  meant: number | undefined,
  shown: ReadonlySet<string>,
): Fix[] {
  const list: Path = [...path, 'subjectAltNames'];
  const { settings } = view.mesh;
  const missing = [...shown].filter((identity) => !names.includes(identity));
  const [identity] = missing;
  if (identity === undefined || missing.length > MOST_NAMES) return [];
  const isForeign = names.some((name) => /^(?:spiffe:\/\/)?([^/]+)\/ns\//.exec(name)?.[1] !== settings.trustDomain);
  // a name of another trust domain may be right about that
  const one = missing.length === 1 && (isTrustDomainKnown(settings) || !isForeign);
  const isSure = meant !== undefined && (sameAccount(names[meant]!, identity) || !isSomebody(view, names[meant]!));
  // a name that stands for another server stays
  const wrong = meant ?? (names.length === 1 && !shown.has(names[0]!) ? 0 : undefined);
  return offered(
    one && wrong !== undefined
      ? setField(snapshot, object, [...list, wrong], identity, `Expect \`${identity}\``, isSure)
      : undefined,
    one ? addItem(snapshot, object, list, identity, `Expect \`${identity}\` as well`) : undefined,
    removeField(snapshot, object, list, 'Remove `subjectAltNames`: the service accounts of the endpoints are expected'),
  );
}
