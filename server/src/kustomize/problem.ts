// What keeps a kustomization from being built, as data: a code, where it is to be mended, and what it is about.
import { type Origin, originOfPlace, type Place } from './node';

export type KustomizeProblemCode =
  /** The folder has no kustomization file, or several. */
  | 'kustomization-missing'
  | 'kustomization-ambiguous'
  | 'kustomization-empty'
  /** A field that kustomize does not know or that has the wrong type; kustomize reads such a file not at all. */
  | 'kustomization-invalid'
  /** A file or folder that a kustomization names and that does not exist. */
  | 'file-missing'
  /** A folder that includes itself: it names its own folder or one above it. */
  | 'cycle'
  /** A component among resources, or a kustomization among components. */
  | 'wrong-kind'
  | 'not-yaml'
  /** A document without kind or name. */
  | 'not-an-object'
  | 'object-repeated'
  | 'patch-invalid'
  /** A patch without `target` names an object that is not there. */
  | 'patch-target-missing'
  /** A `target` that selects nothing: kustomize passes over it in silence. */
  | 'patch-without-effect'
  | 'patch-failed'
  | 'field-not-found'
  | 'replacement-source-missing'
  | 'generator-invalid'
  | 'replica-target-missing'
  | 'variable-unresolved'
  | 'reference-ambiguous';

export interface KustomizeProblem {
  /** `error`: kustomize builds nothing. */
  readonly severity: 'error' | 'warning';
  readonly code: KustomizeProblemCode;
  readonly origin: Origin;
  /** What the words about it are made of. */
  readonly data: Readonly<Record<string, string>>;
}

/** Thrown where one step cannot go on; the step's owner notes it and goes on with the next. */
export class BuildError extends Error {
  constructor(
    readonly code: KustomizeProblemCode,
    readonly place: Place,
    readonly data: Readonly<Record<string, string>> = {},
  ) {
    super(code);
  }
}

export function problemOf(
  { code, place, data }: BuildError,
  severity: 'error' | 'warning' = 'error',
): KustomizeProblem {
  return { severity, code, origin: originOfPlace(place), data };
}
