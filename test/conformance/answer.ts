// `npm run -s answer < cases.jsonl > answers.jsonl`: answers conformance cases through the same workspace that the
// editor and the command line use. A line is {"id", "manifests", "ambient"?}; the answer {"id", "answers"}.
import { createInterface } from 'node:readline';
import { conformanceAnswers } from '../../server/src/report/answer';
import { Workspace } from '../../server/src/workspace/workspace';

interface Case {
  readonly id: string;
  readonly manifests: string;
  readonly ambient?: boolean;
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const { id, manifests, ambient } = JSON.parse(line) as Case;
    const workspace = new Workspace();
    workspace.apply({ files: new Map([['manifests.yaml', manifests]]), assume: { ambient: ambient ?? false } });
    const answers = workspace.snapshot().meshes.flatMap((view) => conformanceAnswers(view.mtls));
    process.stdout.write(`${JSON.stringify({ id, answers })}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(`answer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
