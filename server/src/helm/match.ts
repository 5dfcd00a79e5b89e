// Which document of a template has printed an object, and which field of the object stands where.
import { isMapping } from '../manifest/fields';
import type { Path } from '../yaml/range';
import type { Gap, TemplateDocument, TemplateReading } from './read';

/** Where a field of a rendered object stands in its template. */
export interface TemplatePlace {
  /** In the template's document; of the nearest field above where the field itself is not in sight. */
  readonly path: Path;
  /** How many steps are missing: 0 where the template has exactly this value there, in so many words. */
  readonly rest: number;
}

/**
 * The document that has printed `value`: the only one that can, by all that is literal in it. Undefined where more than
 * one can, or none in sight.
 */
export function documentOf(value: unknown, reading: TemplateReading): TemplateDocument | undefined {
  const fitting = reading.documents.filter(({ document, gaps }) => {
    const isUnclear = gaps.some(({ path, reason }) => path.length === 0 && reason === 'unknown');
    return !isUnclear && fits(document.value, value, new GapIndex(gaps), []);
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The place of the field at `path` of an object that `template` has printed. */
export function placeOf(value: unknown, path: Path, { document, gaps }: TemplateDocument): TemplatePlace {
  const index = new GapIndex(gaps);
  let [written, real]: [unknown, unknown] = [document.value, value];
  for (const [depth, step] of path.entries()) {
    const at = path.slice(0, depth);
    // the items of a list that may have more of them stand at other numbers
    const isSure = !(Array.isArray(written) && index.has(at, 'open'));
    const next = isSure
      ? (written as Readonly<Record<string | number, unknown>> | null | undefined)?.[step]
      : undefined;
    real = (real as Readonly<Record<string | number, unknown>> | null | undefined)?.[step];
    if (next === undefined || typeof written !== 'object') return { path: at, rest: path.length - depth };
    written = next;
  }
  const isLiteral = typeof written === 'object' || (written === real && !index.has(path, 'unknown'));
  return { path, rest: isLiteral ? 0 : 1 };
}

class GapIndex {
  private readonly reasons = new Map<string, Set<Gap['reason']>>();

  constructor(gaps: readonly Gap[]) {
    for (const { path, reason } of gaps) {
      const key = JSON.stringify(path);
      this.reasons.set(key, (this.reasons.get(key) ?? new Set()).add(reason));
    }
  }

  has(path: Path, reason: Gap['reason']): boolean {
    return this.reasons.get(JSON.stringify(path))?.has(reason) ?? false;
  }
}

/** True when a template with these gaps can have printed `real`. */
function fits(written: unknown, real: unknown, gaps: GapIndex, at: Path): boolean {
  if (gaps.has(at, 'unknown') || (real === undefined && gaps.has(at, 'conditional'))) return true;
  if (written === null || written === undefined) return real === null || real === undefined;
  if (typeof written !== 'object') return written === real;
  if (real === null || real === undefined) return true;
  const isOpen = gaps.has(at, 'open');
  if (Array.isArray(written)) {
    if (!Array.isArray(real)) return false;
    if (isOpen) return true;
    return written.length === real.length && written.every((item, i) => fits(item, real[i], gaps, [...at, i]));
  }
  if (!isMapping(real)) return false;
  if (!isOpen && Object.keys(real).some((key) => !Object.hasOwn(written, key))) return false;
  return Object.entries(written).every(([key, item]) => fits(item, real[key], gaps, [...at, key]));
}
