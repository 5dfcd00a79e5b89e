// object-repeated: one object is defined more than once in one mesh, and only one of the definitions can be in force.
import type { KnownObject } from '../manifest/read';
import { objectName, placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import { styleOf } from '../yaml/edit';
import { remainsOf } from './fix-fields';
import { fileOf, offered } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Fix, Rule, RuleContext } from './rule';

/** Kinds of which the wrong one in force changes who may talk to whom. */
const POLICIES = new Set(['PeerAuthentication', 'DestinationRule', 'AuthorizationPolicy', 'RequestAuthentication']);

export const objectRepeated: Rule = {
  id: 'object-repeated',
  severity: 'warning',
  summary: 'The same object is defined more than once.',
  happens:
    'Applying one definition replaces the others: the one that is applied last stays, in a file the last one. In several files they may be alternatives, of which a person applies one; then this is information.',
  remedy: 'Keep one of them, or give the others names of their own.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const [winner, copies] of copiesIn(snapshot, view, here)) {
      const spec = JSON.stringify(winner.spec);
      const differing = copies.filter((object) => JSON.stringify(object.spec) !== spec);
      for (const uri of new Set(differing.map(({ source }) => source.uri)))
        yield finding(
          snapshot,
          winner,
          differing.filter(({ source }) => source.uri === uri),
          copies.length + 1,
        );
    }
  },
};

/** The definitions that do not count, by the one that does. */
function copiesIn(
  snapshot: Snapshot,
  view: RuleContext['view'],
  here: RuleContext['here'],
): Map<KnownObject, KnownObject[]> {
  const byWinner = new Map<KnownObject, KnownObject[]>();
  for (const object of here.ignored) {
    const { code, winner } = view.mesh.ignoredReason(object) ?? {};
    if (code !== 'repeated' || !winner || isPatch(snapshot, object) || isPatch(snapshot, winner)) continue;
    const known = byWinner.get(winner);
    if (known) known.push(object);
    else byWinner.set(winner, [object]);
  }
  return byWinner;
}

/** One for all definitions of a file, at the first. */
function finding(snapshot: Snapshot, winner: KnownObject, copies: readonly KnownObject[], total: number): Finding {
  const [object] = copies;
  const sameFile = object!.source.uri === winner.source.uri;
  const times = total === 2 ? 'twice' : `${total} times`;
  const others = total === 2 ? 'the other' : 'the others';
  const effect = sameFile
    ? `in this file the last one replaces ${others}`
    : `whichever is applied last replaces ${others}`;
  return {
    ...placeOf(object!),
    severity: sameFile ? 'warning' : POLICIES.has(winner.kind) ? 'information' : 'hint',
    message: `\`${objectName(winner)}\` is defined ${times}; ${effect}.`,
    related: [
      { ...placeOf(winner), message: total === 2 ? 'the other definition' : 'the definition that stays' },
      ...copies.slice(1, 6).map((each) => ({ ...placeOf(each), message: 'another definition' })),
    ],
    fixes: () => (sameFile ? offered(removal(snapshot, copies)) : []),
  };
}

/** Takes out what the last definition of the file replaces; comments on lines of their own stay. */
function removal(snapshot: Snapshot, copies: readonly KnownObject[]): Fix | undefined {
  const file = fileOf(snapshot, copies[0]!);
  if (!file || copies.some(({ source }) => source.rendered || source.prefix.length > 0)) return undefined;
  const { eol } = styleOf(file.text);
  const edits = copies.map(({ source: { document } }) => ({
    range: document.range,
    newText: remainsOf(document, eol),
  }));
  const title =
    copies.length === 1 ? 'Remove the definition that is replaced' : 'Remove the definitions that are replaced';
  return { title, edits: new Map([[file.uri, edits]]) };
}
