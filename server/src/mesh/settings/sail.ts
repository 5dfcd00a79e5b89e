// What the objects of the sail operator say of the mesh: Istio, IstioRevision, IstioRevisionTag, IstioCNI, ZTunnel.

import type { SailObject } from '../../manifest/kinds/install';
import { isPlaceholder } from '../../manifest/placeholder';
import { fieldsOf } from './istio-operator';
import { aside, type Fact, gather, RANK, revisionOf, type Statement } from './statement';
import { noteChart, noteProfile, noteValues, noteVersion, revisionsIn } from './values';

/** sail-operator api/v1 and pkg/revision: names of revisions follow from those of the objects. */
export function fromSail(object: SailObject): Statement {
  const { spec, metadata } = object;
  const values = spec.values && fieldsOf(spec.values);
  switch (object.kind) {
    case 'ZTunnel':
      return aside(
        object,
        RANK.operator,
        gather((note) => note('ambient', true, ['kind'])),
      );
    case 'IstioCNI':
      return aside(
        object,
        RANK.operator,
        gather((note) => {
          if (values) noteChart('cni', values, note);
          noteProfile(spec.profile, ['spec', 'profile'], note);
        }).filter(({ name }) => name === 'ambient'),
      );
    case 'IstioRevisionTag': {
      const { target } = spec;
      // an Istio that is updated by revisions has names of them that change
      const leadsTo = target?.kind === 'IstioRevision' || target?.name === 'default' ? target.name : undefined;
      return { ...aside(object, RANK.operator, []), tags: new Map([[metadata.name, leadsTo]]) };
    }
    case 'Istio':
    case 'IstioRevision': {
      const facts: Fact[] = gather((note) => {
        if (values) noteValues(values, note);
        noteProfile(spec.profile, ['spec', 'profile'], note);
        // the operator puts it over `global.istioNamespace`
        note('rootNamespace', spec.namespace || undefined, ['spec', 'namespace']);
        noteVersion(spec.version, ['spec', 'version'], note);
      });
      const revision = revisionName(object);
      const tags = new Map([...(values ? revisionsIn(values).tags.keys() : [])].map((tag) => [tag, revision]));
      return { object, rank: RANK.operator, revision, installs: true, tags, facts };
    }
  }
}

/** `RevisionBased` adds the version; one that is only a line of versions (`v1.24-latest`) is not known. */
function revisionName({ kind, metadata, spec }: SailObject): string | undefined {
  const { updateStrategy, version } = spec;
  if (updateStrategy !== undefined && isPlaceholder(updateStrategy)) return undefined;
  if (kind === 'IstioRevision' || updateStrategy !== 'RevisionBased') return revisionOf(metadata.name);
  if (version === undefined || !/^v\d+\.\d+\.\d+$/.test(version)) return undefined;
  return `${metadata.name}-${version.replaceAll('.', '-')}`;
}
