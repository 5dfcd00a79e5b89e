// Reads conformance cases and answers them through the same workspace that the editor and the command line use.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { conformanceAnswers, type WorkloadAnswer } from '../../server/src/report/answer';
import { type MeshView, Workspace } from '../../server/src/workspace/workspace';

export interface Case {
  readonly id: string;
  readonly manifests: string;
  readonly ambient?: boolean;
  readonly answers?: readonly WorkloadAnswer[];
}

/** The cases of a `.jsonl` or `.jsonl.gz` file. */
export function readCases(file: string): Case[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Case);
}

/** The cases that the project holds itself: `traps`, `meshes`, `ambient`, `authorization`. */
export function ownCases(name: string): Case[] {
  return readCases(path.join(__dirname, `../data/conformance/${name}.jsonl.gz`));
}

/** The mesh of a case; undefined where nothing in it is known. */
export function meshOf({ manifests, ambient }: Pick<Case, 'manifests' | 'ambient'>): MeshView | undefined {
  const workspace = new Workspace();
  workspace.apply({ files: new Map([['manifests.yaml', manifests]]), assume: { ambient: ambient ?? false } });
  return workspace.snapshot().meshes[0];
}

/** The answers for a case's mesh. */
export function answerCase(each: Case): WorkloadAnswer[] {
  const view = meshOf(each);
  return view ? conformanceAnswers(view.mtls) : [];
}
