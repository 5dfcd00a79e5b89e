// A part of an object that is kept as it is written, such as Helm values, with the way that leads to it.
import type { Path } from '../../yaml/range';
import { type Fields, isMapping } from '../fields';

export interface Block {
  /** From the object's root. */
  readonly path: Path;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The mapping in a field, or undefined where there is none. */
export function readBlock(fields: Fields | undefined, name: string): Block | undefined {
  const value = fields?.raw(name);
  return fields && isMapping(value) ? { path: fields.at(name), value } : undefined;
}

/** A text or a number as text, such as a version that YAML reads as `1.2`; anything else is nothing. */
export function textIn(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.raw(name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
