// Where in the TypeScript a test failed: VS Code formats the stacks of its extension host itself, past Node's own maps.
import { findSourceMap } from 'node:module';

const frame = /(?:file:\/\/)?([^\s()]*\.js):(\d+):(\d+)/g;

export function mapStack(error: Error): void {
  if (inWebWorker) return; // There are no source maps of files.
  error.stack = error.stack?.replace(frame, (text, file: string, line: string, column: string) => {
    // Mocha has already taken the working folder off.
    const full = file.startsWith('/') ? file : `${process.cwd()}/${file}`;
    const entry = findSourceMap(full)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!entry || !('originalSource' in entry) || !entry.originalSource) return text;
    const source = entry.originalSource.replace('file://', '').replace(`${process.cwd()}/`, '');
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}
