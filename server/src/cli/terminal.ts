// Where output goes: colour and width of a terminal, progress that leaves no trace, and pipes that close early.
import { ANSI, PLAIN, type Style } from '../report/style';

/** Colour only on a terminal: NO_COLOR turns it off, FORCE_COLOR turns it on (no-color.org, force-color.org). */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return PLAIN;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR === '0' ? PLAIN : ANSI;
  return stream.isTTY && TERM !== 'dumb' ? ANSI : PLAIN;
}

/** The width of the terminal; undefined where there is none and nothing has to fit. */
export function widthOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
}

/** A text that was printed, and where. */
export interface Written {
  readonly to: 'stdout' | 'stderr';
  readonly text: string;
}

let record: Written[] | undefined;

/** Runs `work`, and gives what it has printed beside its result. */
export async function recorded<T>(work: () => Promise<T>): Promise<{ result: T; written: readonly Written[] }> {
  const written: Written[] = [];
  record = written;
  try {
    return { result: await work(), written };
  } finally {
    record = undefined;
  }
}

/** Writes a whole text and waits until it is taken, so that a pipe gets everything before the process ends. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  record?.push({ to: stream === process.stderr ? 'stderr' : 'stdout', text });
  return new Promise((done) => stream.write(text, () => done()));
}

/** A reader that has seen enough (`| head`) is no error. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}

/** One line on a terminal that changes and goes away; nothing where there is no terminal. */
export interface Progress {
  show(text: string): void;
  done(): void;
}

/** Shows nothing during the first moments: most runs are over by then. */
export function makeProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (!stream.isTTY || quiet) return { show() {}, done() {} };
  const started = performance.now();
  let last = 0;
  let shown = false;
  return {
    show(text) {
      const now = performance.now();
      if (now - started < 300 || now - last < 80) return;
      last = now;
      shown = true;
      stream.write(`\r\u001b[K${text}`);
    },
    done() {
      if (shown) stream.write('\r\u001b[K');
    },
  };
}
