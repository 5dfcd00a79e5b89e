// What the workloads of an installation say: istiod's variables and image, and ztunnel, which only ambient meshes have.
import { Fields } from '../../manifest/fields';
import type { WorkloadObject } from '../../manifest/kinds/workload';
import type { KnownObject } from '../../manifest/read';
import { aside, gather, RANK, revisionOf, type Statement, statement } from './statement';
import { noteEnvironment, noteVersion } from './values';

/** True for the workloads that make up Istio itself. */
export function isInstalled(object: KnownObject): object is WorkloadObject {
  if (object.kind === 'Deployment') return istiod(object) !== undefined;
  return object.kind === 'DaemonSet' && object.metadata.name === 'ztunnel';
}

export function fromWorkload(object: WorkloadObject): Statement {
  const index = istiod(object);
  if (index === undefined)
    return aside(
      object,
      RANK.rendered,
      gather((note) => note('ambient', true, ['metadata', 'name'])),
    );
  const { template } = object.spec;
  const path = [...template.path, 'spec', 'containers', index];
  const { document, prefix } = object.source;
  const steps = [...prefix, ...path];
  const value = steps.reduce<unknown>((found, step) => (found as Record<string, unknown>)?.[step], document.value);
  const container = Fields.of(value, path, []);
  let revision = object.metadata.labels['istio.io/rev'];
  const facts = gather((note) => {
    for (const each of container.objects('env')) {
      const name = String(each.raw('name'));
      if (name === 'REVISION' && typeof each.raw('value') === 'string') revision = each.string('value');
      noteEnvironment(name, each.raw('value'), each.at('value'), note);
    }
    noteVersion(template.containers[index]!.image.split(':').pop(), container.at('image'), note);
  });
  return statement(object, RANK.rendered, revisionOf(revision), facts);
}

/** The container of istiod: `discovery`, with an image `pilot`. A patch has no image and is none. */
function istiod(object: KnownObject): number | undefined {
  if (object.kind !== 'Deployment' || !object.metadata.name.startsWith('istiod')) return undefined;
  const index = object.spec.template.containers.findIndex(
    ({ name, image }) => name === 'discovery' && /(?:^|\/)pilot(?::|@|-|$)/.test(image),
  );
  return index < 0 ? undefined : index;
}
