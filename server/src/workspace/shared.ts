// What meshes of one workspace tell each other: how Istio is installed and what namespaces are labelled, where all who
// say so agree. Policies stay where they are.
import { perObject } from '../incremental/cells';
import { isRejected, refKey, refOf, sameLabels } from '../manifest/object';
import type { KnownObject, Namespace } from '../manifest/read';
import { sameItems } from '../mesh/lookup';
import { openField } from '../mesh/open';
import { readSettings } from '../mesh/settings';
import { bearsOnSettings, statementsOf } from '../mesh/settings/discover';
import type { MeshGroup } from './grouping';

/** What holds for a mesh and is written in others. */
export interface Elsewhere {
  /** Objects that say how Istio is installed. */
  readonly settings: readonly KnownObject[];
  /** By name. */
  readonly namespaces: ReadonlyMap<string, Namespace>;
}

const NOTHING: Elsewhere = { settings: [], namespaces: new Map() };

/**
 * For each group what others say of it. Labels, and that auto mTLS is off, are taken over only where no policy of
 * another mesh may act there too: with them an answer would look certain that is not. Meshes that a configuration names
 * are told apart by whoever named them.
 */
export function sharedBetween(groups: readonly MeshGroup[]): readonly Elsewhere[] {
  const open = groups.filter(({ kind }) => kind !== 'named');
  if (open.length < 2) return groups.map(() => NOTHING);
  const parts = new Map(open.map((group) => [group, installing(group.objects)]));
  const settings = agreedSettings([...parts.values()].filter((part) => part.length > 0));
  const namespaces = agreedNamespaces(open);
  const { rootNamespace, enableAutoMtls } = readSettings(settings, {});
  return groups.map((group): Elsewhere => {
    const part = parts.get(group);
    if (!part) return NOTHING;
    const used = new Set(group.objects.map(({ metadata }) => metadata.namespace));
    const asked = new Set(used);
    for (const object of group.objects) if (object.kind === 'Namespace') asked.delete(object.metadata.name);
    const labelled = [...asked].flatMap((name) =>
      namespaces.has(name) ? [[name, namespaces.get(name)!] as const] : [],
    );
    const told = part.length === 0 ? settings : [];
    if (labelled.length === 0 && (told.length === 0 || enableAutoMtls)) return { ...NOTHING, settings: told };
    if (!mayBeActedOn(group, new Set([...used, rootNamespace]), open)) {
      return { settings: told, namespaces: new Map(labelled) };
    }
    return { ...NOTHING, settings: enableAutoMtls ? told : [] };
  });
}

const POLICIES: ReadonlySet<string> = new Set(['PeerAuthentication', 'DestinationRule', 'Sidecar', 'BackendTLSPolicy']);

/** True when another mesh, which is no alternative to `group`, has a policy in one of the namespaces. */
function mayBeActedOn(group: MeshGroup, namespaces: ReadonlySet<string>, groups: readonly MeshGroup[]): boolean {
  const own = new Set(group.objects);
  const keys = new Set(group.objects.map(keyOf));
  return groups.some(
    (other) =>
      other !== group &&
      other.objects.some(
        (object) => POLICIES.has(object.kind) && namespaces.has(object.metadata.namespace) && !own.has(object),
      ) &&
      !other.objects.some((object) => keys.has(keyOf(object))),
  );
}

/** What other meshes may hang on of a file's objects: an edit that changes none of it reaches its own mesh alone. */
export function toldToOthers(objects: readonly KnownObject[]): readonly unknown[] {
  return objects.flatMap((object): readonly unknown[] =>
    object.kind === 'Namespace' ? [object] : POLICIES.has(object.kind) ? [object.metadata.namespace] : [],
  );
}

const keyOf = perObject((object: KnownObject) => refKey(refOf(object)));

/** True when both say the same by the same objects. */
export function sameElsewhere(a: Elsewhere, b: Elsewhere): boolean {
  return (
    sameItems(a.settings, b.settings) &&
    a.namespaces.size === b.namespaces.size &&
    [...a.namespaces].every(([name, object]) => b.namespaces.get(name) === object)
  );
}

/** The objects that say how Istio is installed; none where nothing is said. */
function installing(objects: readonly KnownObject[]): readonly KnownObject[] {
  const bearing = objects.filter(bearsOnSettings);
  return statementsOf(bearing).length > 0 ? bearing : [];
}

/**
 * What is said by all meshes together. Those that install a control plane have to come to the same settings, each with
 * what is said beside them; of others nothing may differ.
 */
function agreedSettings(parts: readonly (readonly KnownObject[])[]): readonly KnownObject[] {
  const installs = (part: readonly KnownObject[]): boolean => statementsOf(part).some((each) => each.installs);
  const beside = parts.filter((part) => !installs(part)).flat();
  const planes = parts.filter(installs);
  const [first, ...others] = (planes.length > 0 ? planes : [[]]).map((plane) => [...plane, ...beside]);
  const said = valuesOf(first!);
  return said !== undefined && others.every((other) => valuesOf(other) === said) ? first! : [];
}

/** The settings as one text; undefined where objects differ. */
function valuesOf(objects: readonly KnownObject[]): string | undefined {
  const { sources, ...values } = readSettings(objects, {});
  return Object.values(sources).some(({ by }) => by === 'contradiction') ? undefined : JSON.stringify(values);
}

/** Namespaces that have the same labels wherever they are defined. */
function agreedNamespaces(groups: readonly MeshGroup[]): ReadonlyMap<string, Namespace> {
  const found = new Map<string, Namespace | undefined>();
  for (const object of groups.flatMap(({ objects }) => objects)) {
    if (object.kind !== 'Namespace') continue;
    const { name } = object.metadata;
    const isPlain = !isRejected(object) && !openField(object);
    const known = found.has(name) ? found.get(name) : object;
    found.set(name, isPlain && known && sameLabels(known.metadata.labels, object.metadata.labels) ? known : undefined);
  }
  // what nobody has put into a namespace is in `default` only as it stands
  found.delete('default');
  return new Map([...found].flatMap(([name, object]) => (object ? [[name, object] as const] : [])));
}
