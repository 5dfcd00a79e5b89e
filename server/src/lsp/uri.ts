// URIs as the names of files: one spelling for each, its folder, its path below a folder. Knows no file system.

/** What most URIs are: names that need no escapes. */
const PLAIN = /^file:\/\/(?:\/(?!\.{1,2}(?:\/|$))[\w.~@+-]+)+$/;

/**
 * One spelling for a URI: clients escape more or fewer characters than others do. A scheme's authority and what is no
 * path stay as they are; so does a URI that cannot be read.
 */
export function canonical(uri: string): string {
  if (PLAIN.test(uri)) return uri;
  const found = /^([a-z][a-z0-9+.-]*:)(\/\/[^/?#]*)?(\/[^?#]*)?([?#].*)?$/is.exec(uri);
  if (!found) return uri;
  const [, scheme = '', authority, path = '', rest = ''] = found;
  const isFile = scheme.toLowerCase() === 'file:';
  if (path === '' && !isFile) return uri;
  try {
    const start = isFile ? `//${(authority ?? '//').slice(2).replace(/^localhost$/i, '')}` : (authority ?? '');
    return `${scheme.toLowerCase()}${start}${canonicalPath(path)}${rest}`;
  } catch {
    // escapes that are no UTF-8: whoever wrote it means exactly this
    return uri;
  }
}

function canonicalPath(path: string): string {
  const names: string[] = [];
  for (const escaped of path.split('/').slice(1)) {
    const name = decodeURIComponent(escaped);
    // an escaped slash is no separator
    if (name === '.' || name === '') continue;
    if (name === '..') names.pop();
    else names.push(encodeURIComponent(name).replaceAll('%40', '@').replaceAll('%2B', '+'));
  }
  // Windows: `C%3A` and `c:` are one drive
  if (names[0] !== undefined && /^[a-z]%3A$/i.test(names[0])) names[0] = `${names[0][0]!.toLowerCase()}:`;
  return names.map((name) => `/${name}`).join('');
}

/** The folder of a canonical URI; the URI itself where there is none above it. */
export function parentOf(uri: string): string {
  const end = uri.lastIndexOf('/');
  return end <= uri.indexOf('://') + 2 ? uri : uri.slice(0, end);
}

/** The last name of a canonical URI's path, readable. */
export function nameOf(uri: string): string {
  return readable(uri.slice(uri.lastIndexOf('/') + 1));
}

/** The scheme without its colon. */
export function schemeOf(uri: string): string {
  return uri.slice(0, Math.max(0, uri.indexOf(':'))).toLowerCase();
}

/** The names that lead from a folder to a file below it, readable; undefined for a file elsewhere. Both canonical. */
export function namesBelow(folder: string, uri: string): string[] | undefined {
  if (!uri.startsWith(`${folder}/`)) return undefined;
  return uri
    .slice(folder.length + 1)
    .split('/')
    .map(readable);
}

/** For people: the path below the folder; what is elsewhere as it climbs out of it, other schemes whole. */
export function pathForPeople(uri: string, folder: string): string {
  const below = namesBelow(folder, uri);
  if (below) return below.join('/');
  if (schemeOf(uri) !== schemeOf(folder)) return uri;
  const up = parentOf(folder);
  return up === folder ? readable(uri) : `../${pathForPeople(uri, up)}`;
}

function readable(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
