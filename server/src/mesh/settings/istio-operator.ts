// What an IstioOperator says of the mesh. One that installs gateways alone says nothing.
import { Fields } from '../../manifest/fields';
import type { Block } from '../../manifest/kinds/block';
import type { IstioOperator } from '../../manifest/kinds/install';
import { noteMeshConfig } from './mesh-config';
import { gather, RANK, revisionOf, type Statement } from './statement';
import { noteEnvironment, noteProfile, noteValues, noteVersion, revisionsIn, section } from './values';

/** operator/pkg/values and operator/pkg/helm: `spec.meshConfig` goes over `spec.values.meshConfig`. */
export function fromIstioOperator(object: IstioOperator): Statement | undefined {
  const { spec } = object;
  const values = spec.values && fieldsOf(spec.values);
  const components = spec.components && fieldsOf(spec.components);
  const enabled = (name: string): unknown => (components && section(components, name))?.raw('enabled');
  const profile = spec.profile ?? (values?.raw('profile') as string | undefined);
  if (profile === 'empty' && enabled('pilot') !== true) return undefined;
  if (enabled('pilot') === false) return undefined;
  const facts = gather((note) => {
    if (spec.meshConfig) noteMeshConfig(fieldsOf(spec.meshConfig), note);
    const pilot = components && section(components, 'pilot');
    const kubernetes = pilot && section(pilot, 'k8s');
    for (const each of kubernetes?.objects('env') ?? [])
      noteEnvironment(String(each.raw('name')), each.raw('value'), each.at('value'), note);
    if (enabled('ztunnel') === true) note('ambient', true, ['spec', 'components', 'ztunnel', 'enabled']);
    if (values) noteValues(values, note);
    noteProfile(spec.profile, ['spec', 'profile'], note);
    note('rootNamespace', spec.namespace || undefined, ['spec', 'namespace']);
    noteVersion(spec.tag, ['spec', 'tag'], note);
  });
  const inValues = values ? revisionsIn(values) : undefined;
  const revision = spec.revision ? revisionOf(spec.revision) : inValues ? inValues.revision : 'default';
  const tags = new Map([...(inValues?.tags.keys() ?? [])].map((tag) => [tag, revision]));
  return { object, rank: RANK.operator, revision, installs: true, tags, facts };
}

/** A part of an object, to be read field by field. */
export function fieldsOf({ value, path }: Block): Fields {
  return Fields.of(value, path, []);
}
