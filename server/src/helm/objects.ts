// Which objects of a template count: those that are the same whatever the values are. All others are only known to be
// missing.
import { isKnownKind, type KnownObject, readObjects } from '../manifest/read';
import type { Path, TextRange } from '../yaml/range';
import { type Gap, readTemplate, type TemplateDocument } from './read';

/** An object that a template may make and that does not count. */
export interface UnreadObject {
  readonly uri: string;
  /** Its document in the template; undefined for what a template may print without showing it. */
  readonly range: TextRange | undefined;
  /** Empty where that is not written. */
  readonly kind: string;
}

export interface TemplateObjects {
  readonly objects: readonly KnownObject[];
  /** Empty where `objects` is all there is, as far as Mutual reads it. */
  readonly unread: readonly UnreadObject[];
}

/** What is no template of Go's alone: Jinja's statements, gomplate around Helm, ERB, ytt. */
const FOREIGN = /\{%|\{\{[<#]|\{<|<%|(?:^|[ \t])#@/m;

/** The objects of a template that needs no rendering to be read; the rest is told as unread. Never throws. */
export function readTemplateObjects(uri: string, text: string): TemplateObjects {
  const reading = FOREIGN.test(text) ? undefined : readTemplate(text);
  if (!reading) return { objects: [], unread: [{ uri, range: { start: 0, end: text.length }, kind: '' }] };
  const objects: KnownObject[] = [];
  const unread: UnreadObject[] = [];
  for (const template of reading.documents) {
    const found = readObjects(uri, template.document);
    const literal = found.filter((object) => isLiteral(object, template.gaps));
    objects.push(...literal);
    if (literal.length === found.length && (found.length > 0 || isIrrelevant(template))) continue;
    const kind = literalText(template, 'kind');
    unread.push({ uri, range: template.document.range, kind });
  }
  if (reading.hidesDocuments) unread.push({ uri, range: undefined, kind: '' });
  return { objects, unread };
}

/** True when the template leaves nothing open that Mutual reads of the object. */
function isLiteral({ kind, source }: KnownObject, gaps: readonly Gap[]): boolean {
  return gaps.every(({ path }) => {
    const inside = startsWith(path, source.prefix);
    // a gap beside the object, in another item of a list
    if (!inside && !startsWith(source.prefix, path)) return true;
    return inside && isNeverRead(kind, path.slice(source.prefix.length));
  });
}

/** Fields below a pod's `spec` and a container that decide nothing about traffic. */
const POD_FIELDS = new Set([
  'affinity',
  'imagePullSecrets',
  'nodeSelector',
  'priorityClassName',
  'terminationGracePeriodSeconds',
  'tolerations',
  'topologySpreadConstraints',
]);
const CONTAINER_FIELDS = new Set(['image', 'imagePullPolicy', 'resources', 'volumeMounts']);
const OBJECT_FIELDS = new Set(['progressDeadlineSeconds', 'revisionHistoryLimit', 'strategy', 'updateStrategy']);

function isNeverRead(kind: string, path: Path): boolean {
  if (kind === 'CronJob' || path[0] !== 'spec') return false;
  if (kind !== 'Pod' && kind !== 'Deployment' && kind !== 'StatefulSet' && kind !== 'DaemonSet') return false;
  const pod = kind === 'Pod' ? path.slice(1) : path[1] === 'template' && path[2] === 'spec' ? path.slice(3) : undefined;
  if (!pod) return OBJECT_FIELDS.has(String(path[1]));
  if (pod[0] === 'containers' || pod[0] === 'initContainers') {
    return typeof pod[1] === 'number' && CONTAINER_FIELDS.has(String(pod[2]));
  }
  return POD_FIELDS.has(String(pod[0]));
}

/** True for a document that is surely of a kind that Mutual does not read, or surely no object. */
function isIrrelevant({ document, gaps }: TemplateDocument): boolean {
  if (gaps.length === 0) return true;
  if (gaps.some(({ path, reason }) => path.length === 0 && reason !== 'open')) return false;
  const template = { document, gaps };
  const kind = literalText(template, 'kind');
  return kind !== '' && !kind.endsWith('List') && !isKnownKind(kind, literalText(template, 'apiVersion') || undefined);
}

/** A field of the root that is written out, under whatever condition; empty otherwise. */
function literalText({ document, gaps }: TemplateDocument, field: string): string {
  const value = (document.value as Readonly<Record<string, unknown>> | null | undefined)?.[field];
  const isUnknown = gaps.some(({ path, reason }) => path[0] === field && reason === 'unknown');
  return typeof value === 'string' && !isUnknown ? value : '';
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}
