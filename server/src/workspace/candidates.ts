// Which files may hold manifests, told by their names and texts; knows no file system.
import { mayBeIstioHelm } from '../manifest/kinds/helm';

/** In bytes. Larger files are no manifests that a person wrote. */
export const LARGEST_FILE = 10 * 1024 * 1024;

/** Something that was passed over, with what to do about it. */
export interface DiskProblem {
  /**
   * `missing` and `unreadable`: the answer lacks something that was asked for. `skipped`: a file that cannot be a
   * manifest. `templates`: a Helm chart's templates, which are no YAML before they are rendered.
   */
  readonly code: 'missing' | 'unreadable' | 'skipped' | 'templates';
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}

/** Why a file of so many bytes is passed over. */
export function tooLarge(bytes: number): Pick<DiskProblem, 'cause' | 'remedy'> {
  const megabytes = Math.round(bytes / 1024 / 1024);
  return { cause: `${megabytes} MiB is more than the limit of 10 MiB`, remedy: 'Split it, or leave it out.' };
}

/** Kubernetes reads these, and so does Mutual. */
export function isManifestName(path: string): boolean {
  return /[^/\\]\.(?:ya?ml|json)$/i.test(path);
}

/**
 * True when a text may hold a Kubernetes object, since both words of one stand at the beginning of an entry, or may be
 * a kustomization or values of Istio's charts, which leave them out. Much other YAML of a repository (workflows, values,
 * sites) is told apart by that without being parsed.
 */
export function mayHoldManifest(text: string): boolean {
  if (mayBeIstioHelm(text)) return true;
  if (/^(?:resources|bases|components|patches\w*)[ \t]*:/m.test(text)) return true;
  return /(?:^|[\s{,"'-])kind["']?\s*:/m.test(text) && /(?:^|[\s{,"'-])apiVersion["']?\s*:/m.test(text);
}

/** True for a file found in a folder that is worth reading as a manifest. */
export function mayBeManifest(path: string, text: string): boolean {
  return mayHoldManifest(text) && (!/\.json$/i.test(path) || isKubernetesJson(text));
}

/** True for JSON whose root is an object of Kubernetes, and for broken JSON that looks like one. */
function isKubernetesJson(text: string): boolean {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    return typeof value?.kind === 'string' && typeof value.apiVersion === 'string';
  } catch {
    return /^\s*\{[^{[]*"(?:kind|apiVersion)"\s*:\s*"/.test(text);
  }
}
