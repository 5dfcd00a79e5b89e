// `npm run -s answer < cases.jsonl > answers.jsonl`: answers conformance cases through the same workspace that the
// editor and the command line use. A line is {"id", "manifests", "ambient"?, "probes"?}; the answer {"id", "answers"}:
// one for each probe where there are any, else one for each workload.
import { createInterface } from 'node:readline';
import { answerCase, type Case, meshOf } from './cases';
import { answerProbe, type Probe } from './probes';

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const each = JSON.parse(line) as Case & { readonly probes?: readonly Probe[] };
    const answers = each.probes ? answerProbes(each, each.probes) : answerCase(each);
    process.stdout.write(`${JSON.stringify({ id: each.id, answers })}\n`);
  }
}

function answerProbes(each: Case, probes: readonly Probe[]): unknown[] {
  const view = meshOf(each);
  return view ? probes.map(answerProbe(view.mtls)) : [];
}

main().catch((error: unknown) => {
  console.error(`answer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
