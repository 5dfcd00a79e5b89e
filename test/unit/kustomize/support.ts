// Small kustomizations in memory. With MUTUAL_KUSTOMIZE set to a `kustomize` binary, each is built by that as well and
// must come out the same.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../../server/src/kustomize/build';
import { rangeOfOrigin } from '../../../server/src/kustomize/node';
import { type KustomizeResult, originOf, type RenderedObject } from '../../../server/src/kustomize/result';
import { parseDocuments } from '../../../server/src/yaml/document';
import type { Path } from '../../../server/src/yaml/range';

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind, looked into by tests
export type Json = any;
export type Tree = Readonly<Record<string, string>>;
const ROOT = 'file:///repo';

/** The result for the folder of a tree, whatever comes of it. */
export function buildTree(tree: Tree, folder = ''): KustomizeResult {
  const files = (uri: string) => {
    const text = tree[decodeURI(uri).slice(ROOT.length + 1)];
    return text === undefined ? undefined : { text };
  };
  const result = build(`${ROOT}/${folder}`, files);
  // where something is remote the real one would go and fetch it
  if (process.env.MUTUAL_KUSTOMIZE && result.incomplete.length === 0)
    compareWithReal(process.env.MUTUAL_KUSTOMIZE, tree, folder, result);
  return result;
}

/** The objects of a tree that builds without any problem. */
export function objectsOf(tree: Tree, folder = ''): readonly RenderedObject[] {
  const { objects, problems, incomplete } = buildTree(tree, folder);
  assert.deepEqual(
    problems.map(({ code, data }) => ({ code, ...data })),
    [],
  );
  assert.deepEqual(incomplete, []);
  return objects;
}

/** The value of the only object of a kind. */
export function objectOf(objects: readonly RenderedObject[], kind: string): Json {
  const found = objects.filter((object) => object.kind === kind);
  assert.equal(found.length, 1, `objects of kind ${kind}: ${found.length}`);
  return found[0]!.value;
}

/** Names and namespaces, as `Kind namespace/name`, sorted. */
export function namesOf(objects: readonly RenderedObject[]): string[] {
  return objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).sort();
}

/** The problems as `file:line code`. */
export function problemsOf(tree: Tree, { problems }: KustomizeResult): string[] {
  return problems.map(({ code, origin }) => `${lineOf(tree, origin.uri, origin)} ${code}`);
}

/** Where a field was written, as `file:line text`. */
export function placeOf(tree: Tree, object: RenderedObject, field: Path): string {
  const origin = originOf(object, field);
  const range = rangeOfOrigin(origin);
  const text = tree[origin.uri.slice(ROOT.length + 1)]!.slice(range.start, range.end);
  return `${lineOf(tree, origin.uri, origin)} ${text.split('\n')[0]}`;
}

function lineOf(tree: Tree, uri: string, origin: ReturnType<typeof originOf>): string {
  const name = uri.slice(ROOT.length + 1);
  const range = rangeOfOrigin(origin);
  return `${name}:${(tree[name] ?? '').slice(0, range.start).split('\n').length}`;
}

function compareWithReal(binary: string, tree: Tree, folder: string, result: KustomizeResult): void {
  const root = mkdtempSync(path.join(tmpdir(), 'kustomize-'));
  for (const [name, text] of Object.entries(tree)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const arguments_ = ['build', '--load-restrictor', 'LoadRestrictionsNone', path.join(root, folder)];
  const { status, stdout, stderr } = spawnSync(binary, arguments_, { encoding: 'utf8' });
  rmSync(root, { recursive: true });
  const isComplete = result.incomplete.length === 0 && !result.problems.some(({ severity }) => severity === 'error');
  assert.equal(isComplete ? 0 : 1, status, stderr);
  if (isComplete) assert.deepEqual(sorted(result.objects.map(({ value }) => value)), sorted(values(stdout)));
}

function values(text: string): unknown[] {
  return parseDocuments(text).map((document) => document.value);
}

function sorted(objects: readonly unknown[]): unknown[] {
  const key = (object: Json): string =>
    `${object.apiVersion} ${object.kind} ${object.metadata.namespace} ${object.metadata.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
