// `npm run fuzz -- --minutes N [--seed S] [--count C]`: mutated manifests for as long as you like, each of a seed of its
// own, which is printed where it breaks something; `--seed S --count 1` runs that one again and `--print` shows its text.
// The inputs run in another process, so that one that never ends is noticed, too.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exercise, NEIGHBOUR, randomOf } from './bytes';
import { mutated, seeds } from './mutate';

const BUDGET_MS = 10_000;
const SILENCE_MS = 60_000;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    count: { type: 'string' },
    print: { type: 'boolean', default: false },
    child: { type: 'boolean', default: false },
  },
});
const first = options.seed ? Number(options.seed) : Math.floor(Math.random() * 2 ** 31);
const count = options.count ? Number(options.count) : Number.POSITIVE_INFINITY;
const end = Date.now() + Number(options.minutes) * 60_000;
if (!Number.isFinite(first) || Number.isNaN(count) || Number.isNaN(end)) {
  console.error('fuzz: --minutes, --seed and --count take numbers.');
  process.exit(2);
}

if (options.child) runHere();
else watch();

/** One line for each input: its seed before, what was wrong after. */
function runHere(): void {
  const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);
  const texts = seeds();
  for (let seed = first; seed < first + count && Date.now() < end; seed++) {
    say({ seed });
    const random = randomOf(seed);
    const text = mutated(texts, random);
    if (options.print) process.stderr.write(text);
    const { faults, milliseconds, slowest, problems } = exercise(text, random);
    const wrong = [
      ...faults,
      ...(milliseconds > BUDGET_MS ? [`took ${Math.round(milliseconds)} ms (${slowest})`] : []),
      ...(problems.some(({ uri }) => uri === NEIGHBOUR) ? [] : ['the file beside it lost its answer']),
    ];
    if (wrong.length > 0) say({ seed, wrong });
  }
  say({ memory: Math.round(process.memoryUsage().heapUsed / 1024 / 1024) });
}

function watch(): void {
  console.log(`fuzz: from seed ${first}`);
  const broken = new Map<string, number>();
  let inputs = 0;
  let last = first - 1;
  let memory = 0;
  const begin = (from: number): void => {
    const left = String((end - Date.now()) / 60_000);
    const limit = options.count ? ['--count', String(first + count - from)] : [];
    const flags = [
      '--child',
      '--seed',
      String(from),
      '--minutes',
      left,
      ...limit,
      ...(options.print ? ['--print'] : []),
    ];
    const child = spawn(process.execPath, ['--import', 'tsx', __filename, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    let timer = guard(child);
    child.stdout.on('data', (data) => {
      clearTimeout(timer);
      timer = guard(child);
      const lines = (rest + data).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const told = JSON.parse(line) as { seed?: number; wrong?: string[]; memory?: number };
        if (told.memory !== undefined) memory = told.memory;
        else if (told.wrong) for (const each of told.wrong) note(each, told.seed!);
        else {
          inputs++;
          last = told.seed!;
        }
      }
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return finish();
      note(
        signal === 'SIGKILL' ? `no end within ${SILENCE_MS / 1000} s` : `the process ended with ${code ?? signal}`,
        last,
      );
      if (Date.now() < end && last + 1 < first + count) begin(last + 1);
      else finish();
    });
  };
  const note = (wrong: string, seed: number): void => {
    const key = wrong.split('\n').slice(0, 3).join('\n');
    if (!broken.has(key)) console.log(`\nseed ${seed}: ${wrong}`);
    broken.set(key, (broken.get(key) ?? 0) + 1);
  };
  const finish = (): void => {
    console.log(
      `fuzz: ${inputs} inputs, seeds ${first} to ${last}, ${broken.size} kinds of faults, heap ${memory} MiB`,
    );
    process.exitCode = broken.size > 0 ? 1 : 0;
  };
  begin(first);
}

function guard(child: ChildProcess): NodeJS.Timeout {
  return setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
}
