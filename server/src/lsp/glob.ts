// Globs of the settings: `**` any folders, `*` and `?` within a name, `{a,b}` alternatives.

/** A test for paths with forward slashes. A pattern without a slash is meant for any folder. */
export function globTest(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns
    .filter((pattern) => pattern.trim() !== '')
    .map((pattern) => new RegExp(`^${source(pattern)}$`));
  return (path) => tests.some((test) => test.test(path));
}

function source(pattern: string): string {
  const anywhere = pattern.includes('/') ? pattern.replace(/^\.?\//, '') : `**/${pattern}`;
  let depth = 0;
  const text = anywhere.replaceAll(/\*\*\/|\/\*\*$|\*\*|\*|\?|[{},]|[^\w]/g, (token) => {
    switch (token) {
      case '**/':
        return '(?:.*/)?';
      case '/**':
        return '(?:/.*)?';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      case '{':
        depth++;
        return '(?:';
      case '}':
        return depth-- > 0 ? ')' : '\\}';
      case ',':
        return depth > 0 ? '|' : ',';
      default:
        return `\\${token}`;
    }
  });
  // an open brace is text, and what follows it too
  return depth > 0 ? anywhere.replaceAll(/[^\w]/g, '\\$&') : text;
}
