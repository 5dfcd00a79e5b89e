// What holds for the whole mesh: Istio's defaults, then what manifests say, then what the user states. Each with its
// source; docs/meshes.md tells where settings are looked for.
import type { KnownObject } from '../manifest/read';
import { statementsOf } from './settings/discover';
import { resolve, revisionInForce } from './settings/resolve';
import { membersOf } from './settings/service-mesh-control-plane';
import type { Statement } from './settings/statement';
import type { Assumptions, MeshSettings, SettingName, SettingSource, SettingValues } from './settings/types';
import { injectorsOf } from './settings/webhooks';
import { NEWEST_VERSION, parseVersion } from './version';

export { bearsOnSettings } from './settings/discover';
export type {
  Assumptions,
  ExtensionProvider,
  MeshSettings,
  PathNormalization,
  SettingName,
  SettingPlace,
  SettingSource,
  SettingValues,
} from './settings/types';

/** pkg/config/mesh/mesh.go:DefaultMeshConfig, and a default installation. */
const DEFAULT_VALUES: SettingValues = {
  istioVersion: NEWEST_VERSION,
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  certificateTrustDomains: [],
  pathNormalization: 'DEFAULT',
  extensionProviders: [],
  clusterDomain: 'cluster.local',
  enableAutoMtls: true,
  meshMtls: undefined,
  prometheusMerge: true,
  rewriteProbes: true,
  defaultServiceExportTo: ['*'],
  defaultVirtualServiceExportTo: ['*'],
  defaultDestinationRuleExportTo: ['*'],
  outboundTrafficPolicy: 'ALLOW_ANY',
  discoverySelectors: [],
  revisions: ['default'],
  revision: 'default',
  enableNamespacesByDefault: false,
  autoInject: true,
  neverInjectSelector: [],
  alwaysInjectSelector: [],
  injectors: [],
  members: undefined,
  ambient: false,
  sidecarHbone: false,
};

/** The settings of Mutual by which a user states one of the mesh. */
const ASSUMED: Partial<Record<SettingName, string>> = {
  istioVersion: 'mutual.istioVersion',
  rootNamespace: 'mutual.assume.rootNamespace',
  trustDomain: 'mutual.assume.trustDomain',
  clusterDomain: 'mutual.assume.clusterDomain',
  enableAutoMtls: 'mutual.assume.autoMtls',
  revisions: 'mutual.assume.revisions',
  ambient: 'mutual.assume.ambient',
};

/**
 * The settings in force.
 * @param objects of the mesh: all, or at least those for which `bearsOnSettings` holds
 */
export function readSettings(objects: readonly KnownObject[], assume: Assumptions): MeshSettings {
  const statements = statementsOf(objects);
  const revision = revisionInForce(statements, assume.revisions);
  const found = resolve(statements, revision);
  const values: Record<SettingName, unknown> = { ...DEFAULT_VALUES };
  const sources = Object.fromEntries(
    Object.keys(DEFAULT_VALUES).map((name): [string, SettingSource] => [name, { by: 'default' }]),
  ) as Record<SettingName, SettingSource>;
  const set = (name: SettingName, value: unknown, source: SettingSource | undefined): void => {
    if (value !== undefined) values[name] = value;
    if (source) sources[name] = source;
  };

  const configuration = statements.find(
    ({ object, revision: own }) =>
      object.kind === 'ConfigMap' && own === revision && object.spec.data.mesh !== undefined,
  );
  if (configuration)
    for (const name of IN_CONFIGURATION) sources[name] = { by: 'default', object: configuration.object };
  for (const name of Object.keys(found.sources) as SettingName[]) set(name, found.values[name], found.sources[name]);

  const installed = revisionsIn(statements);
  set('revisions', [...new Set(['default', ...installed.keys()])], placeOf(installed.values().next().value));
  set('revision', revision, placeOf(installed.get(revision)));
  const webhooks = objects.flatMap((object) => (object.kind === 'MutatingWebhookConfiguration' ? [object] : []));
  set('injectors', webhooks.flatMap(injectorsOf), placeOf(webhooks[0], ['webhooks']));
  setMembers(objects, statements, revision, set);

  for (const [name, setting] of Object.entries(ASSUMED) as [SettingName, string][]) {
    const stated =
      name === 'istioVersion' ? parseVersion(assume.istioVersion ?? '') : assume[name as keyof Assumptions];
    if (stated !== undefined) set(name, stated, { by: 'assumption', setting });
  }
  // the ambient profile has sidecars listen for HBONE; a whole mesh configuration would say so
  if (sources.sidecarHbone.by === 'default' && !configuration) set('sidecarHbone', values.ambient, sources.ambient);
  return { ...(values as unknown as SettingValues), sources, revisionsStated: assume.revisions !== undefined };
}

/** What a mesh configuration leaves at its default by saying nothing of it. */
const IN_CONFIGURATION = [
  'rootNamespace',
  'trustDomain',
  'trustDomainAliases',
  'certificateTrustDomains',
  'pathNormalization',
  'extensionProviders',
  'enableAutoMtls',
  'prometheusMerge',
  'defaultServiceExportTo',
  'defaultVirtualServiceExportTo',
  'defaultDestinationRuleExportTo',
  'outboundTrafficPolicy',
  'discoverySelectors',
  'sidecarHbone',
] as const satisfies readonly SettingName[];

/** Revisions and tags, with the first object that shows each. */
function revisionsIn(statements: readonly Statement[]): Map<string, KnownObject> {
  const shown = new Map<string, KnownObject>();
  for (const { installs, revision, tags, object } of statements) {
    for (const name of [...(installs && revision !== undefined ? [revision] : []), ...tags.keys()])
      if (!shown.has(name)) shown.set(name, object);
  }
  return shown;
}

function setMembers(
  objects: readonly KnownObject[],
  statements: readonly Statement[],
  revision: string,
  set: (name: SettingName, value: unknown, source: SettingSource | undefined) => void,
): void {
  const planes = statements.filter(({ object }) => object.kind === 'ServiceMeshControlPlane');
  // another istiod of the same revision may inject by labels alone
  const others = statements.some((each) => each.installs && each.revision === revision && !planes.includes(each));
  if (planes.length === 0 || others) return;
  const rolls = objects.flatMap((object) => (object.kind === 'ServiceMeshMemberRoll' ? [object] : []));
  const single = objects.flatMap((object) => (object.kind === 'ServiceMeshMember' ? [object] : []));
  const namespaces = new Set(planes.map(({ object }) => object.metadata.namespace));
  set('members', membersOf(namespaces, rolls, single), placeOf(rolls[0] ?? single[0] ?? planes[0]?.object, ['spec']));
}

function placeOf(object: KnownObject | undefined, path = ['metadata', 'name']): SettingSource | undefined {
  return object && { by: 'manifest', object, path };
}
