// `npm run soak [-- --edits N]`: half an hour of somebody's editing, as fast as the server takes it: typing, hovers, fixes,
// the table, files that come and go. Memory is read after forced collections; it must not grow.
import { randomOf } from '../properties/bytes';
import { PULLING, TestClient } from './client';
import { CART, DISABLE, NAMESPACE, STRICT, WEB } from './manifests';

/** An edit each 0.3 s for 30 minutes, which is nobody's pace. */
const HALF_AN_HOUR = 6000;
const SAMPLES = 20;

export interface Soaked {
  readonly edits: number;
  readonly answers: number;
  /** MiB after collections, evenly over the run without its first fifth, in which caches fill. */
  readonly heap: readonly number[];
  /** MiB that a thousand edits add, by the line that fits the samples best. */
  readonly growth: number;
  readonly seconds: number;
}

export async function soak(edits: number, seed: number): Promise<Soaked> {
  const random = randomOf(seed);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const files = {
    'namespace.yaml': NAMESPACE,
    'web.yaml': WEB,
    'cart.yaml': CART,
    'strict.yaml': STRICT,
    'rule.yaml': DISABLE,
  };
  const client = await TestClient.start({
    files,
    capabilities: PULLING,
    nodeArguments: ['--expose-gc', '--require', require.resolve('./heap.cjs')],
  });
  const started = Date.now();
  const heap: { edits: number; used: number }[] = [];
  let answers = 0;
  try {
    const names = Object.keys(files) as (keyof typeof files)[];
    const texts = new Map<string, string>(Object.entries(files));
    for (const name of names) await client.open(name, files[name]);
    let version = 1;
    const sampleEvery = Math.max(1, Math.floor(edits / SAMPLES));
    for (let done = 1; done <= edits; done++) {
      const name = names[upTo(names.length)]!;
      const text = texts.get(name)!;
      // typed, wrong for a while, and put right again: the text must not grow, or memory may
      const next = random() < 0.4 ? files[name] : changed(text, files[name], upTo);
      texts.set(name, next);
      await client.connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: client.uri(name), version: ++version },
        contentChanges: [{ text: next }],
      });
      const document = { textDocument: { uri: client.uri(name) } };
      const position = { line: upTo(12), character: upTo(12) };
      const asked = upTo(6);
      if (asked === 0) await client.request('textDocument/diagnostic', document);
      if (asked === 1) await client.request('textDocument/hover', { ...document, position });
      if (asked === 2)
        await client.request('textDocument/codeAction', {
          ...document,
          range: { start: position, end: position },
          context: { diagnostics: [] },
        });
      if (asked === 3) await client.request('mutual/table', { uri: client.uri(name) });
      if (asked === 4) await client.request('textDocument/documentSymbol', document);
      if (asked < 5) answers++;
      if (done % 50 === 0) {
        await client.connection.sendNotification('textDocument/didClose', document);
        await client.open(name, next, ++version);
      }
      if (done % sampleEvery === 0 && done > edits / 5) heap.push({ edits: done, used: await heapOf(client) });
    }
  } finally {
    await client.stop();
  }
  return {
    edits,
    answers,
    heap: heap.map(({ used }) => Math.round(used * 10) / 10),
    growth: slope(heap) * 1000,
    seconds: (Date.now() - started) / 1000,
  };
}

function changed(text: string, original: string, upTo: (limit: number) => number): string {
  const at = upTo(text.length);
  const grown = text.slice(0, at) + [' ', 'x', '\n', ': ', '#', '"'][upTo(6)] + text.slice(at + upTo(3));
  return grown.length > original.length + 40 ? original : grown;
}

/** MiB. */
function heapOf({ process: server }: TestClient): Promise<number> {
  return new Promise((resolve) => {
    server.once('message', ({ heap }: { heap: number }) => resolve(heap / 1024 / 1024));
    server.send('heap');
  });
}

/** Of the line through the points that has the least squares. */
function slope(points: readonly { edits: number; used: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(({ edits }) => edits)), mean(points.map(({ used }) => used))];
  const over = points.reduce((sum, { edits, used }) => sum + (edits - x) * (used - y), 0);
  return over / points.reduce((sum, { edits }) => sum + (edits - x) ** 2, 0);
}

async function main(): Promise<void> {
  const at = process.argv.indexOf('--edits');
  const edits = at < 0 ? HALF_AN_HOUR : Number(process.argv[at + 1]);
  if (!(edits >= 100)) {
    console.error('soak: --edits takes a number, 100 or more.');
    process.exitCode = 2;
    return;
  }
  const { answers, heap, growth, seconds } = await soak(edits, 1);
  console.log(`soak: ${edits} edits and ${answers} questions in ${Math.round(seconds)} s`);
  console.log(`heap in MiB: ${heap.join(' ')}; ${growth.toFixed(2)} MiB more for each thousand edits`);
  process.exitCode = growth < 1 ? 0 : 1;
}

if (require.main === module) void main();
