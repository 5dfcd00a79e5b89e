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

/** Why a file cannot be read, by the code of the error. */
export function unreadable(code: string): Pick<DiskProblem, 'cause' | 'remedy'> {
  return code === 'EACCES' || code === 'EPERM'
    ? { cause: 'permission denied', remedy: 'Give yourself read access, or leave it out.' }
    : { cause: `cannot be read (${code})`, remedy: 'Leave it out, or mend the file system.' };
}

/** Why a file of so many bytes is passed over. */
export function tooLarge(bytes: number): Pick<DiskProblem, 'cause' | 'remedy'> {
  const megabytes = Math.round(bytes / 1024 / 1024);
  return { cause: `${megabytes} MiB is more than the limit of 10 MiB`, remedy: 'Split it, or leave it out.' };
}

/** Kubernetes reads these, and so does Mutual. */
export function isManifestName(path: string): boolean {
  return /[^/\\]\.(?:ya?ml|json)$/i.test(path) || /(?:^|[/\\])Kustomization$/.test(path);
}

/**
 * True when a text may hold a Kubernetes object, since both words of one stand at the beginning of an entry, or may be
 * a kustomization or values of Istio's charts, which leave them out. Much other YAML of a repository (workflows, values,
 * sites) is told apart by that without being parsed.
 */
export function mayHoldManifest(text: string): boolean {
  // most files are told by their first lines
  if (/(?:^|[\s{,"'-])kind["']?\s*:/m.test(text) && /(?:^|[\s{,"'-])apiVersion["']?\s*:/m.test(text)) return true;
  return mayBeIstioHelm(text) || mayBeKustomize(text) || mayBeChart(text);
}

/** True for a Chart.yaml, and for templates that leave everything to others. */
function mayBeChart(text: string): boolean {
  if (/^apiVersion:[ \t]*["']?v[12]["']?[ \t\r]*$/m.test(text) && /^name:/m.test(text) && /^version:/m.test(text))
    return true;
  return /\{\{-?\s*(?:include|template)\b/.test(text);
}

/** True for kustomizations and for what they read that has no kind: patches, replacements, configurations. */
function mayBeKustomize(text: string): boolean {
  return (
    /^(?:resources|bases|components|patches\w*|namespace|name(?:Prefix|Suffix)|\w+Generator|replacements|configurations|transformers|helmCharts|nameReference|varReference|metadata|spec)[ \t]*:/m.test(
      text,
    ) ||
    /^[ \t]*-[ \t]+source[ \t]*:/m.test(text) ||
    /^[ \t{[-]*["']?op["']?[ \t]*:[ \t]*["']?(?:add|remove|replace|move|copy|test)\b/m.test(text)
  );
}

/** What others are put together by is known by its name, however wrong its text is. */
const ASSEMBLES = /(?:^|[/\\])(?:kustomization\.ya?ml|Kustomization|Chart\.yaml)$/;

/** True for kustomizations and charts, which count while they are being written too. */
export function isAssembling(path: string): boolean {
  return ASSEMBLES.test(path);
}

/** True for a file found in a folder that is worth reading as a manifest. */
export function mayBeManifest(path: string, text: string): boolean {
  if (isAssembling(path)) return true;
  return mayHoldManifest(text) && (!/\.json$/i.test(path) || isKubernetesJson(text) || isJsonPatch(text));
}

function isJsonPatch(text: string): boolean {
  return /^\s*\[\s*\{[^{}[\]]*"(?:op|path)"\s*:/.test(text);
}

/** Why the bytes of a file are no text; undefined where they are. */
export function noText(name: string, bytes: Uint8Array): Pick<DiskProblem, 'cause' | 'remedy'> | undefined {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return { cause: 'the file is UTF-16, not UTF-8', remedy: `Convert it: iconv -f UTF-16 -t UTF-8 ${name}` };
  }
  const isBinary = bytes.subarray(0, 8192).includes(0);
  return isBinary ? { cause: 'the file is binary', remedy: 'Leave it out, or rename it.' } : undefined;
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
