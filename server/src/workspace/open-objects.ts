// What a mesh lacks because something still fills it in.
import { perObject } from '../incremental/cells';
import type { FieldOrigin } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
import { openField } from '../mesh/open';
import { objectName } from '../words/names';

/** An object that does not count, since something of it is filled in later. */
export interface OpenObject {
  readonly reason: 'placeholder';
  readonly kind: string;
  /** Its name, and the text that stands for something else. */
  readonly reference: string;
  readonly origin: Pick<FieldOrigin, 'uri' | 'document' | 'path'>;
}

const openObject = perObject((object: KnownObject): OpenObject | undefined => {
  const field = openField(object);
  if (!field) return undefined;
  const { uri, document, prefix, rendered } = object.source;
  const name = objectName(object);
  return {
    reason: 'placeholder',
    kind: object.kind,
    reference: field.text === '' || name.includes(field.text) ? name : `${name} with ${field.text}`,
    origin: rendered ? rendered.origin(field.path) : { uri, document, path: [...prefix, ...field.path] },
  };
});

/** Those among the objects that do not count for that reason; the same for the same object. */
export function openObjects(objects: readonly KnownObject[]): OpenObject[] {
  return objects.flatMap((object) => openObject(object) ?? []);
}
