// `npm run -s answer < cases.jsonl > answers.jsonl`: answers conformance cases through the same workspace that the
// editor and the command line use. A line is {"id", "manifests", "ambient"?, "probes"?}; the answer {"id", "answers"}:
// one for each probe where there are any, else one for each workload.
import { createInterface } from 'node:readline';
import { conformanceAnswers } from '../../server/src/report/answer';
import { Workspace } from '../../server/src/workspace/workspace';
import { answerProbe, type Probe } from './probes';

interface Case {
  readonly id: string;
  readonly manifests: string;
  readonly ambient?: boolean;
  readonly probes?: readonly Probe[];
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const { id, manifests, ambient, probes } = JSON.parse(line) as Case;
    const workspace = new Workspace();
    workspace.apply({ files: new Map([['manifests.yaml', manifests]]), assume: { ambient: ambient ?? false } });
    const { meshes } = workspace.snapshot();
    const answers = probes
      ? meshes.slice(0, 1).flatMap((view) => probes.map(answerProbe(view.mtls)))
      : meshes.flatMap((view) => conformanceAnswers(view.mtls));
    process.stdout.write(`${JSON.stringify({ id, answers })}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(`answer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
