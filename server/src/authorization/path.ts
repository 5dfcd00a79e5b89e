// What policies see of a request's path: Envoy rewrites it first, and matches it without its query.
import { quoted, wholePattern } from '../manifest/pattern';
import type { PathNormalization } from '../mesh/settings';

/**
 * The path that the filters see, without query and fragment. istiod sets the options by
 * `meshConfig.pathNormalization` (core/listener.go:buildHTTPConnectionManager); Envoy's order is: unescape slashes,
 * normalise, merge slashes (source/common/http/path_utility.cc).
 */
export function seenPath(sent: string, normalization: PathNormalization): string {
  let path = sent.split(/[?#]/, 1)[0]!;
  if (normalization === 'NONE') return path;
  if (normalization === 'DECODE_AND_MERGE_SLASHES') path = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
  if (path.startsWith('/')) path = canonicalPath(path);
  const merges = normalization === 'MERGE_SLASHES' || normalization === 'DECODE_AND_MERGE_SLASHES';
  return merges ? path.replace(/\/{2,}/g, '/') : path;
}

/** RFC 3986 normalisation as Chromium's URL library does it: unreserved octets decoded, `\` a slash, dots resolved. */
function canonicalPath(path: string): string {
  const decoded = path
    .replace(/%([0-9a-fA-F]{2})/g, (escaped, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9\-._~]/.test(character) ? character : escaped;
    })
    .replaceAll('\\', '/');
  const kept: string[] = [];
  const segments = decoded.split('/').slice(1);
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === '.' || segment === '..') {
      if (segment === '..') kept.pop();
      if (last) kept.push('');
    } else kept.push(segment);
  });
  return `/${kept.join('/')}`;
}

/** Characters of a path that are not its slashes (RFC 3986 `pchar`), as Envoy's templates take them. */
const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]";

/**
 * A path template as a test: `{*}` is one whole segment, `{**}` anything, also nothing
 * (authz/matcher/template.go, Envoy's extensions/path/uri_template_lib).
 */
export function templateTest(template: string): (path: string) => boolean {
  const source = template
    .split(/(\{\*{1,2}\})/)
    .map((piece) => {
      if (piece === '{*}') return `${SEGMENT}+`;
      // a star that stands by itself means the same to Envoy; admission refuses it
      return piece === '{**}' ? `(?:${SEGMENT}|/)*` : quoted(piece);
    })
    .join('');
  const test = wholePattern(source);
  return (path) => test.test(path);
}
