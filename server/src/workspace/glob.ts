// Globs of mutual.yaml and of the settings.
import picomatch from 'picomatch/posix';

/**
 * A test for paths with forward slashes. A glob fits files and folders, and a folder's with all that is in it; without
 * a slash it is meant for any folder.
 */
export function globTest(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs
    .map((glob) =>
      glob
        .trim()
        .replace(/^\.?\/(?!$)/, '/')
        .replace(/\/+$/, ''),
    )
    .filter((glob) => glob !== '');
  if (patterns.length === 0) return () => false;
  const test = picomatch(
    // a slash in front says "from here"
    patterns.map((glob) => (glob.includes('/') ? glob.replace(/^\//, '') : `**/${glob}`)),
    { dot: true },
  );
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
      if (test(path.slice(0, end))) return true;
    return false;
  };
}
