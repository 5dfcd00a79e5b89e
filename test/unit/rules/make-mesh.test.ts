// Large meshes with known mistakes: each is found where it was made, and nothing else is an error or a warning.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '../../../server/src/rules/rule';
import { check, messages, readFolder } from './annotated';

/** The rule that finds each kind of mistake, and the object at whose name or field it says so. */
const RULES: Readonly<Record<string, string>> = {
  'strict-server-disable-client': 'plaintext-refused',
  'destination-rule-wrong-namespace': 'destination-rule-host-unknown',
  'port-level-on-service-port': 'port-level-port-unknown',
  'selector-matches-no-workload': 'peer-authentication-selects-nothing',
  'mutual-to-workload-without-sidecar': 'istio-mtls-rejected',
  'principals-without-mtls': 'identity-without-mtls',
  'port-level-without-selector': 'object-rejected',
};

interface Mistake {
  readonly type: string;
  readonly file: string;
  readonly object: string;
}

function makeMesh(seed: number, broken: number): { files: Map<string, string>; mistakes: Mistake[] } {
  const folder = mkdtempSync(join(tmpdir(), 'mutual-mesh-'));
  try {
    const script = join(__dirname, '../../data/make-mesh.mjs');
    const [out, manifest] = [join(folder, 'mesh'), join(folder, 'mistakes.json')];
    execFileSync(process.execPath, [
      script,
      '--out',
      out,
      '--resources',
      '900',
      '--seed',
      String(seed),
      '--broken',
      String(broken),
      '--manifest',
      manifest,
    ]);
    return { files: readFolder(out), mistakes: JSON.parse(readFileSync(manifest, 'utf8')) as Mistake[] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isSevere({ severity }: Problem): boolean {
  return severity === 'error' || severity === 'warning';
}

/** The document of a file that holds an object. */
function documentOf(text: string, object: string): { start: number; end: number } {
  const [kind, name] = object.split('/');
  let start = 0;
  for (const document of text.split(/^---\n/m)) {
    if (document.includes(`kind: ${kind}\n`) && document.includes(`\n  name: ${name}\n`))
      return { start, end: start + document.length };
    start += document.length + '---\n'.length;
  }
  throw new Error(`no ${object}`);
}

describe('generated meshes', () => {
  for (const seed of [1, 2, 3]) {
    it(`healthy, seed ${seed}: no error and no warning`, () => {
      const { problems } = check(makeMesh(seed, 0).files);
      assert.equal(messages(problems.filter(isSevere)), '');
    }).timeout(60_000);

    for (const broken of [5, 20]) {
      it(`${broken} % broken, seed ${seed}: every mistake is found, and nothing else`, () => {
        const { files, mistakes } = makeMesh(seed, broken);
        const left = check(files).problems.filter(isSevere);
        assert.ok(mistakes.length > 0);
        for (const { type, file, object } of mistakes) {
          const { start, end } = documentOf(files.get(file)!, object);
          const index = left.findIndex(
            ({ rule, uri, range }) => rule === RULES[type] && uri === file && start <= range.start && range.end <= end,
          );
          assert.ok(index >= 0, `${type} in ${file} (${object}) is not found\n${messages(left)}`);
          left.splice(index, 1);
        }
        assert.equal(messages(left), '');
      }).timeout(60_000);
    }
  }
});
