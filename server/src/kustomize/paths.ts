// Paths as kustomizations write them: relative to their folder, or to somewhere that is not here.

/** Names under which kustomize looks for a folder's kustomization. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** The URI that `path` means in the folder `folder`, without a slash at its end. */
export function resolvePath(folder: string, path: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)?(.*)$/i.exec(folder) ?? [];
  const segments = path.startsWith('/') ? [] : rest.split('/').filter((segment) => segment !== '');
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encodeSegment(segment));
  }
  const isRelative = scheme === '' && !folder.startsWith('/') && !path.startsWith('/');
  return `${scheme}${isRelative ? '' : '/'}${segments.join('/')}`;
}

/** As file URIs are written. */
function encodeSegment(segment: string): string {
  return encodeURI(segment).replace(/[?#]/g, (character) => (character === '?' ? '%3F' : '%23'));
}

/** True for what kustomize would fetch: URLs, git repositories, hosts that it knows. */
export function isRemote(path: string): boolean {
  return (
    /^(?:git::|gh:|(?:https?|ssh|git|file|s3):\/\/)/i.test(path) ||
    /^[\w.-]+@[\w.-]+:/.test(path) ||
    /^(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)[/:]/i.test(path) ||
    /\?(?:ref|version|timeout|submodules)=/.test(path) ||
    /^[\w-]+(?:\.[\w-]+)+(?::\d+)?\/.*(?:\.git\b|\/\/)/.test(path) ||
    /_git\//.test(path)
  );
}

/** True when `folder` is `inner` or holds it. */
export function holds(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

export function baseName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? path;
}
