// The fast way to a document's value: a loader without positions, some ten times faster than the parser that has them.
import { FAILSAFE_SCHEMA, load, Type } from 'js-yaml';
import { KUBERNETES_SCALARS } from './scalars';

/** The first characters of plain scalars that may be anything but a string; most are told apart by them. */
const NO_STRING = /^[-+.0-9~nNyYtTfFoO]/;

/** The tag for a plain scalar; undefined for a string. */
function tagOf(text: string): (typeof KUBERNETES_SCALARS)[number] | undefined {
  if (text === '') return KUBERNETES_SCALARS[0];
  return NO_STRING.test(text) ? KUBERNETES_SCALARS.find(({ test }) => test!.test(text)) : undefined;
}

/**
 * The scalars that the other parser resolves, so that both read the same values (a property test says so). They are one
 * type here: the loader asks each type for each scalar.
 */
const SCHEMA = FAILSAFE_SCHEMA.extend({
  implicit: [
    new Type('tag:yaml.org,2002:scalar', {
      kind: 'scalar',
      resolve: (text: unknown) => text === null || tagOf(String(text)) !== undefined,
      construct: (text: unknown) => (text === null ? null : resolved(String(text))),
    }),
    new Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: (text: unknown) => text === '<<' }),
  ],
});

function resolved(text: string): unknown {
  const resolve = tagOf(text)!.resolve as unknown as (text: string) => unknown;
  return resolve(text);
}

/** An anchor's use, which can nest without bound, a tag, or a template's brackets, which make mappings of keys. */
const FOR_THE_OTHER = /(?:^|[\s[{,:-])(?:\*[^\s\],}]|!)|\{\{/;

/**
 * The value of a document, or undefined where this loader is no judge: broken documents, equal keys, aliases,
 * tags and templates.
 * The careful parser then decides, and says what is wrong.
 */
export function loadValue(text: string): { readonly value: unknown } | undefined {
  if (FOR_THE_OTHER.test(text)) return undefined;
  try {
    return { value: load(text, { schema: SCHEMA }) };
  } catch {
    // whatever is wrong, the careful parser finds it again and reports it with its place
    return undefined;
  }
}
