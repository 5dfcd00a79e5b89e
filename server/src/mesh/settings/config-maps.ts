// The ConfigMaps in which istiod and its injector read their configuration.
import { Fields, isMapping } from '../../manifest/fields';
import { readLabelSelector } from '../../manifest/kinds/label-selector';
import type { ConfigMap } from '../../manifest/read';
import { parseDocuments } from '../../yaml/document';
import { noteMeshConfig } from './mesh-config';
import { aside, gather, RANK, revisionOf, type Statement, statement } from './statement';
import { noteValues } from './values';

/** True for the mesh configuration of a control plane: `istio`, or `istio-REVISION`, with the key `mesh`. */
export function isMeshConfig(map: ConfigMap): boolean {
  return /^istio(-.+)?$/.test(map.metadata.name) && typeof map.spec.data.mesh === 'string';
}

/** True for what the injector reads: its policy, and the values of the chart that it was rendered from. */
export function isInjectorConfig({ metadata, spec }: ConfigMap): boolean {
  return /^istio-sidecar-injector(-.+)?$/.test(metadata.name) && typeof spec.data.config === 'string';
}

/** charts/istio-control/istio-discovery/templates/configmap.yaml */
export function fromMeshConfigMap(object: ConfigMap): Statement {
  const { metadata, spec } = object;
  const mesh = contents(spec.data.mesh!);
  const facts = gather((note) => noteMeshConfig(mesh, note), ['data', 'mesh']);
  // where others are namesakes, the one in Istio's usual namespace is meant
  const rank = metadata.namespace === 'istio-system' ? RANK.configuration : RANK.rendered;
  return statement(object, rank, revisionIn(object, 'istio'), facts);
}

/** charts/istio-control/istio-discovery/templates/istiod-injector-configmap.yaml */
export function fromInjectorConfigMap(object: ConfigMap): Statement {
  const { config = '', values = '' } = object.spec.data;
  const policy = contents(config);
  const facts = [
    ...gather(
      (note) => {
        const stated = policy.string('policy');
        note('autoInject', stated === undefined ? undefined : stated !== 'disabled', policy.at('policy'));
        for (const name of ['neverInjectSelector', 'alwaysInjectSelector'] as const)
          note(name, policy.has(name) ? policy.objects(name).map(readLabelSelector) : undefined, policy.at(name));
      },
      ['data', 'config'],
    ),
    ...gather((note) => noteValues(contents(values), note), ['data', 'values']),
  ];
  const known = new Set<string>();
  const first = facts.filter(({ name }) => !known.has(name) && known.add(name));
  return statement(object, RANK.rendered, revisionIn(object, 'istio-sidecar-injector'), first);
}

/** The mapping in a text of YAML; an empty one where there is none. */
export function contents(text: string): Fields {
  const value = parseDocuments(text)[0]?.value;
  return Fields.of(isMapping(value) ? value : {}, [], []);
}

function revisionIn({ metadata }: ConfigMap, prefix: string): string | undefined {
  return revisionOf(metadata.labels['istio.io/rev'] ?? metadata.name.slice(prefix.length + 1));
}

/** True for the configuration of the CNI plugin. */
export function isCniConfig({ metadata, spec }: ConfigMap): boolean {
  return metadata.name === 'istio-cni-config' && spec.data.AMBIENT_ENABLED !== undefined;
}

/** charts/istio-cni/templates/configmap-cni.yaml */
export function fromCniConfigMap(object: ConfigMap): Statement {
  const enabled = object.spec.data.AMBIENT_ENABLED;
  const facts = gather((note) =>
    note('ambient', enabled === 'true' ? true : enabled === 'false' ? false : undefined, ['data', 'AMBIENT_ENABLED']),
  );
  return aside(object, RANK.rendered, facts);
}
