// One field of a rule as a question to a request. istiod: authz/model/model.go:New, authz/model/generator.go.
import type {
  AuthorizationRule,
  Condition,
  FieldMatch,
  OperationField,
  SourceField,
} from '../manifest/kinds/authorization-policy';
import { isPathTemplate } from '../manifest/kinds/authorization-values';
import type { Path } from '../yaml/range';
import { parseBlock } from './address';
import { templateTest } from './path';
import type { SeenRequest } from './request';
import {
  expressionTest,
  namespaceTest,
  principalTest,
  serviceAccountTest,
  type TextTest,
  textTest,
  trustDomainTest,
} from './text';
import { expandPrincipal, expandTrustDomain } from './trust-domain';
import { type Maybe, not, some, type Truth, UNKNOWN } from './truth';

/** A field that has to hold. */
export interface Question {
  /** From the policy's root. */
  readonly path: Path;
  /**
   * `http`: only a request can answer. `identity`: asks for the peer's certificate. `broken`: Istio cannot build it,
   * on no layer.
   */
  readonly needs: 'nothing' | 'identity' | 'http' | 'broken';
  ask(seen: SeenRequest): Truth;
}

/** A rule as questions: every alternative asks all of its own. No alternatives: anything will do. */
export interface Questions {
  readonly from: readonly (readonly Question[])[];
  readonly to: readonly (readonly Question[])[];
  readonly when: readonly Question[];
}

/** What a rule's values are read with. */
export interface PolicyContext {
  /** Of the policy: bare service accounts are of it. */
  readonly namespace: string;
  readonly trustDomains: readonly string[];
}

/** The questions of a rule. */
export function questionsOf(rule: AuthorizationRule, context: PolicyContext): Questions {
  const fields = (matches: readonly FieldMatch<SourceField | OperationField>[]): Question[] =>
    matches.map(({ field, values, negated, path }) =>
      question(FIELD_ATTRIBUTES[field], values, negated, path, context),
    );
  return {
    from: rule.from.map(fields),
    to: rule.to.map(fields),
    when: rule.when.flatMap((condition) => conditionQuestions(condition, context)),
  };
}

function conditionQuestions(condition: Condition, context: PolicyContext): Question[] {
  const { key, values, notValues, path } = condition;
  const attribute = CONDITION_ATTRIBUTES.get(key) ?? bracketed(key);
  return [
    ...(values.length > 0 ? [question(attribute, values, false, [...path, 'values'], context)] : []),
    ...(notValues.length > 0 ? [question(attribute, notValues, true, [...path, 'notValues'], context)] : []),
  ];
}

/** Something a request has, and how a value is compared with it. */
interface Attribute {
  readonly needs: Question['needs'];
  test(value: string, context: PolicyContext): (seen: SeenRequest) => Truth;
}

function question(
  attribute: Attribute,
  values: readonly string[],
  negated: boolean,
  path: Path,
  context: PolicyContext,
): Question {
  const tests = values.map((value) => attribute.test(value, context));
  const ask = (seen: SeenRequest): Truth => some(tests.map((test) => test(seen)));
  return { path, needs: attribute.needs, ask: negated ? (seen) => not(ask(seen)) : ask };
}

/** An absent text fits nothing, an unknown one leaves it open. */
function compare(text: Maybe<string | undefined>, test: TextTest): Truth {
  if (text === UNKNOWN) return 'unknown';
  return text !== undefined && test(text);
}

type Read<T> = (seen: SeenRequest) => Maybe<T | undefined>;

const text = (
  needs: Question['needs'],
  read: Read<string>,
  make: (value: string) => TextTest = textTest,
): Attribute => ({
  needs,
  test(value) {
    const test = make(value);
    return (seen) => compare(read(seen), test);
  },
});
/** A text that every request has, so that a star fits without looking. */
const always = (read: Read<string>, make: (value: string) => TextTest = textTest): Attribute => ({
  needs: 'http',
  test: (value, context) => (value === '*' ? () => true : text('http', read, make).test(value, context)),
});
const address = (read: Read<string>): Attribute => text('nothing', read, (value) => parseBlock(value) ?? (() => false));
/** A value against the identity; without one nothing fits, so that every `not…` holds (§9.4). */
const identity = (make: (value: string, context: PolicyContext) => readonly TextTest[]): Attribute => ({
  needs: 'identity',
  test(value, context) {
    const tests = make(value, context);
    return ({ identity }) => identity !== undefined && tests.some((test) => test(identity));
  },
});

const PORT: Attribute = {
  needs: 'nothing',
  test: (value) => (seen) => seen.destinationPort === Number(value),
};
const PRINCIPAL = identity((value, context) => expandPrincipal(value, context.trustDomains).map(principalTest));
const NAMESPACE = identity((value) => [namespaceTest(value)]);
const SERVICE_ACCOUNT = identity((value, context) => [serviceAccountTest(value, context.namespace)]);
const TRUST_DOMAIN = identity((value, context) => expandTrustDomain(value, context.trustDomains).map(trustDomainTest));
const SOURCE_IP = address((seen) => seen.sourceIp);
const REMOTE_IP = address((seen) => seen.remoteIp);

/** `issuer/subject` of an accepted token (requestPrincipalGenerator). */
const REQUEST_PRINCIPAL: Attribute = {
  needs: 'http',
  test(value) {
    const [issuer, subject] = tokenTests(value);
    return ({ claims }) => {
      if (claims === UNKNOWN) return 'unknown';
      const { iss, sub } = claims ?? {};
      return typeof iss === 'string' && issuer(iss) && typeof sub === 'string' && subject(sub);
    };
  },
};

/** Split at the last slash, since issuers have some; the star stands at one end. */
function tokenTests(value: string): [issuer: TextTest, subject: TextTest] {
  const any = expressionTest('.+');
  const slash = value.lastIndexOf('/');
  const [issuer, subject] = slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  const exactly =
    (wanted: string): TextTest =>
    (found) =>
      found === wanted;
  if (value === '*') return [any, any];
  if (value.startsWith('*')) return slash < 0 ? [any, textTest(value)] : [textTest(issuer), exactly(subject)];
  if (value.endsWith('*')) return slash < 0 ? [textTest(value), any] : [exactly(issuer), textTest(subject)];
  return [exactly(issuer), exactly(subject)];
}

/** A claim of an accepted token: a text, or a list of which one item fits (MetadataListValueMatcherForJWTClaims). */
const claim = (names: readonly string[]): Attribute => ({
  needs: 'http',
  test(value) {
    const test = textTest(value);
    return ({ claims }) => {
      if (claims === UNKNOWN) return 'unknown';
      let found: unknown = claims;
      for (const name of names) {
        const map = found as Readonly<Record<string, unknown>> | null | undefined;
        found = typeof map === 'object' && map !== null && Object.hasOwn(map, name) ? map[name] : undefined;
      }
      const texts = Array.isArray(found) ? found : [found];
      return texts.some((each) => typeof each === 'string' && test(each));
    };
  },
});

const header = (name: string): Attribute => ({
  needs: 'http',
  test(value) {
    const test: TextTest = value === '*' ? () => true : textTest(value);
    return (seen) => compare(seen.header(name), test);
  },
});

const PATHS = always(
  (seen) => seen.path,
  (value) => (isPathTemplate(value) ? templateTest(value) : textTest(value)),
);

const FIELD_ATTRIBUTES: Readonly<Record<SourceField | OperationField, Attribute>> = {
  principals: PRINCIPAL,
  requestPrincipals: REQUEST_PRINCIPAL,
  namespaces: NAMESPACE,
  serviceAccounts: SERVICE_ACCOUNT,
  trustDomains: TRUST_DOMAIN,
  ipBlocks: SOURCE_IP,
  remoteIpBlocks: REMOTE_IP,
  hosts: always(
    (seen) => seen.host,
    (value) => textTest(value, true),
  ),
  ports: PORT,
  methods: always((seen) => seen.method),
  paths: PATHS,
};

const CONDITION_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map(
  Object.entries({
    'source.ip': SOURCE_IP,
    'remote.ip': REMOTE_IP,
    'source.namespace': NAMESPACE,
    'source.serviceAccount': SERVICE_ACCOUNT,
    'source.principal': PRINCIPAL,
    'source.trustDomain': TRUST_DOMAIN,
    'request.auth.principal': REQUEST_PRINCIPAL,
    'request.auth.audiences': claim(['aud']),
    'request.auth.presenter': claim(['azp']),
    'destination.ip': address((seen) => seen.destinationIp),
    'destination.port': PORT,
    'connection.sni': text('nothing', (seen) => seen.sni),
  }),
);

const BROKEN: Attribute = { needs: 'broken', test: () => () => false };
/** Whatever other filters left behind; manifests do not show it. */
const METADATA: Attribute = { needs: 'nothing', test: () => () => 'unknown' };

/** `realm][role` is a claim in a claim; other brackets belong to the name (authz/model/util.go:extractNameInNestedBrackets). */
function claimNames(inner: string): string[] {
  const names = inner.split('][');
  return names.some((name) => /[[\]]/.test(name)) ? [inner] : names;
}

/** Keys with a name in brackets: `request.headers[x-role]`, `request.auth.claims[realm][role]`. */
function bracketed(key: string): Attribute {
  if (key.startsWith('request.headers')) {
    const name = /^request\.headers\[(.*)\]$/.exec(key)?.[1];
    return name === undefined ? BROKEN : header(name);
  }
  if (key.startsWith('request.auth.claims')) {
    const name = /^request\.auth\.claims\[(.*)\]$/.exec(key)?.[1];
    return name === undefined ? BROKEN : claim(claimNames(name));
  }
  return key.startsWith('experimental.envoy.filters.') ? METADATA : BROKEN;
}
