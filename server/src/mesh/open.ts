// Objects that something still fills in: `${VAR}`, `<name>`, `{{ value }}`, ytt's annotations. What such an object will
// say nobody knows here, so it does not count, and what it may change is not judged.
import { readTemplateObjects } from '../helm/objects';
import { perObject } from '../incremental/cells';
import { isMapping } from '../manifest/fields';
import { WORKLOAD_KINDS } from '../manifest/kinds/workload';
import { refKey, refOf } from '../manifest/object';
import { isPlaceholder, isTemplate } from '../manifest/placeholder';
import type { KnownObject } from '../manifest/read';
import type { Path } from '../yaml/range';

/** What of an object is filled in later. */
export interface OpenField {
  /** From the object's root; empty where a template makes more of it than one field. */
  readonly path: Path;
  /** The text there; empty where `path` is. */
  readonly text: string;
}

/** `[]` fits every key and item. */
type Pattern = readonly (string | RegExp)[];

const ISTIO_KEY = /istio\.io\//;
const EVERY = /(?:)/;
const ALL_OF_SPEC: readonly Pattern[] = [['spec']];
const POD: readonly Pattern[] = [
  ['metadata', /^(?:labels|annotations)$/, ISTIO_KEY],
  ['spec', 'template', 'metadata', 'labels'],
  ['spec', 'template', 'metadata', 'annotations', ISTIO_KEY],
  ['spec', 'template', 'spec', 'serviceAccountName'],
];

/** By kind, the fields besides the namespace on which answers rest. Kinds that are not here count in any case. */
const DECISIVE: ReadonlyMap<string, readonly Pattern[]> = new Map<string, readonly Pattern[]>([
  ...WORKLOAD_KINDS.map((kind): [string, readonly Pattern[]] => [kind, POD]),
  [
    'Pod',
    [
      ['metadata', 'labels'],
      ['metadata', 'annotations', ISTIO_KEY],
      ['spec', 'serviceAccountName'],
    ],
  ],
  ['CronJob', [['spec', 'jobTemplate', 'spec', 'template', 'metadata', 'labels']]],
  [
    'Namespace',
    [
      ['metadata', 'name'],
      ['metadata', /^(?:labels|annotations)$/, /istio/],
    ],
  ],
  [
    'Service',
    [
      ['metadata', 'name'],
      ['metadata', /^(?:labels|annotations)$/, ISTIO_KEY],
      ['spec', /^(?:selector|type|clusterIP)$/],
      ['spec', 'ports', EVERY, /^(?:name|port|targetPort|protocol|appProtocol)$/],
    ],
  ],
  ['PeerAuthentication', ALL_OF_SPEC],
  ['AuthorizationPolicy', ALL_OF_SPEC],
  [
    'RequestAuthentication',
    [
      ['spec', /^(?:selector|targetRefs?)$/],
      ['spec', 'jwtRules', EVERY, 'issuer'],
    ],
  ],
  ['DestinationRule', ALL_OF_SPEC],
  ['Sidecar', ALL_OF_SPEC],
  ['ServiceEntry', ALL_OF_SPEC],
  ['WorkloadEntry', ALL_OF_SPEC],
  ['VirtualService', [['spec', 'exportTo']]],
  ['Gateway', [['spec', 'selector']]],
  ['KubernetesGateway', [['metadata', 'name']]],
  ['BackendTlsPolicy', ALL_OF_SPEC],
]);

/** Kinds without which all that is said of others still holds; what is not there may be there, though. */
const ADDITIONS: ReadonlySet<string> = new Set([
  'AuthorizationPolicy',
  'Namespace',
  'RequestAuthentication',
  'Service',
  'ServiceEntry',
  'WorkloadEntry',
  'VirtualService',
  'Gateway',
  'KubernetesGateway',
  ...WORKLOAD_KINDS,
]);

/** True for kinds of which more can be defined without changing what is true of the others. */
export function isAddition(kind: string): boolean {
  return ADDITIONS.has(kind);
}

/** What of the object is filled in later, where an answer would rest on it; undefined where it counts as it stands. */
export const openField = perObject((object: KnownObject): OpenField | undefined => {
  const decisive = DECISIVE.get(object.kind);
  const { rendered, document, prefix } = object.source;
  if (!decisive || (!rendered && !mayBeOpen(document))) return undefined;
  if (!rendered && isTemplate(document.text) && !isOnlyText(object)) {
    return isCertain(object) ? undefined : { path: [], text: '' };
  }
  const root = prefix.reduce<unknown>(
    (at, step) => (at as Record<string | number, unknown> | undefined)?.[step],
    document.value,
  );
  for (const pattern of [['metadata', 'namespace'], ...decisive]) {
    const found = search(root, pattern, []);
    if (found) return found;
  }
  return undefined;
});

/** One look at the text before any at values. */
const mayBeOpen = perObject(({ text }: KnownObject['source']['document']) => isPlaceholder(text));

/** True where everything of a template language is inside of values, so that these tell all of it. */
function isOnlyText({ source }: KnownObject): boolean {
  const { text, value } = source.document;
  if (/\{%|\{\{[<#]|\{<|<%|(?:^|[ \t])#@/m.test(text)) return false;
  const inside = texts(value).reduce((sum, each) => sum + occurrences(each), 0);
  return inside === occurrences(text);
}

function occurrences(text: string): number {
  return text.split('{{').length - 1;
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** True where the template says the same of the object whatever its values are. */
function isCertain(object: KnownObject): boolean {
  const { uri, document, prefix } = object.source;
  const key = `${prefix.join('.')} ${refKey(refOf(object))}`;
  return readTemplateObjects(uri, document.text).objects.some(
    (each) => `${each.source.prefix.join('.')} ${refKey(refOf(each))}` === key,
  );
}

/** The first text below `pattern` that is to be filled in. */
function search(value: unknown, [step, ...rest]: Pattern, path: Path): OpenField | undefined {
  if (typeof value === 'string') return step === undefined && isPlaceholder(value) ? { path, text: value } : undefined;
  if (!isMapping(value) && !Array.isArray(value)) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (step !== undefined && (typeof step === 'string' ? step !== key : !step.test(key))) continue;
    const own = [...path, Array.isArray(value) ? Number(key) : key];
    if (step === undefined && isPlaceholder(key)) return { path: own, text: key };
    const found = search(child, rest, own);
    if (found) return found;
  }
  return undefined;
}
