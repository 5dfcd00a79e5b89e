// The fast way to a document's value: a loader without positions, some ten times faster than the parser that has them.
import { FAILSAFE_SCHEMA, load, Type } from 'js-yaml';
import { KUBERNETES_SCALARS } from './scalars';

/** The scalars that the other parser resolves, so that both read the same values (a property test says so). */
const SCHEMA = FAILSAFE_SCHEMA.extend({
  implicit: [
    ...KUBERNETES_SCALARS.map(
      ({ tag, test, resolve }) =>
        new Type(tag, {
          kind: 'scalar',
          resolve: (text: unknown) => (text === null ? tag.endsWith(':null') : test!.test(String(text))),
          construct: (text: unknown) =>
            text === null ? null : (resolve as unknown as (text: string) => unknown)(String(text)),
        }),
    ),
    new Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: (text: unknown) => text === '<<' }),
  ],
});

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
