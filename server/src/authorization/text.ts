// How policies compare texts: exactly, with one star at an end, or by an expression.
import { quoted, wholePattern } from '../manifest/pattern';

/** Tells whether a text is meant. */
export type TextTest = (text: string) => boolean;

/**
 * A value with at most one star at an end; `*` alone is any text but the empty one, any other star is a star
 * (authz/matcher/string.go:StringMatcher).
 */
export function textTest(value: string, ignoreCase = false): TextTest {
  if (value === '*') return (text) => text !== '';
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const wanted = fold(value);
  if (value.startsWith('*')) return (text) => fold(text).endsWith(wanted.slice(1));
  if (value.endsWith('*')) return (text) => fold(text).startsWith(wanted.slice(0, -1));
  return (text) => fold(text) === wanted;
}

/** An expression that has to fit the whole text. One that is none fits nothing. */
export function expressionTest(expression: string): TextTest {
  try {
    const test = wholePattern(expression);
    return (text) => test.test(text);
  } catch {
    return () => false;
  }
}

const SPIFFE = 'spiffe://';

/**
 * A value of `principals` against an identity with its `spiffe://`, which the value has to lack
 * (authz/model/generator.go:srcPrincipalGenerator).
 */
export function principalTest(value: string): TextTest {
  if (value === '*') return (identity) => identity !== '';
  if (value.startsWith('*')) {
    const end = textTest(value);
    return (identity) => identity.startsWith(SPIFFE) && end(identity.slice(SPIFFE.length));
  }
  return textTest(SPIFFE + value);
}

/** A value of `namespaces`: stars anywhere, all else as it stands (srcNamespaceGenerator). */
export function namespaceTest(value: string): TextTest {
  return expressionTest(`.*/ns/${value.split('*').map(quoted).join('.*')}/.*`);
}

/** `name`, of the policy's namespace, or `namespace/name` (srcServiceAccountGenerator). */
export function serviceAccountTest(value: string, policyNamespace: string): TextTest {
  const slash = value.indexOf('/');
  const namespace = quoted(slash < 0 ? policyNamespace : value.slice(0, slash));
  return expressionTest(`${SPIFFE}.+/ns/${namespace}/(.+/|)sa/${quoted(value.slice(slash + 1))}(/.+)?`);
}

/** A value of `trustDomains` against an identity's first part. */
export function trustDomainTest(value: string): TextTest {
  const test = textTest(value);
  return (identity) => test(identity.slice(SPIFFE.length).split('/', 1)[0]!);
}
