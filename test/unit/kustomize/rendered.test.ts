// What the real kustomize builds from the kustomizations of real repositories, field for field.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from '../../../server/src/kustomize/build';
import type { KustomizeFile } from '../../../server/src/kustomize/sources';
import { parseDocuments } from '../../../server/src/yaml/document';
import { shared } from '../../support/shared';
import type { Json } from './support';

interface Case {
  readonly ok: boolean;
  readonly error?: string;
}

const corpora = shared('corpora');
const rendered = shared('rendered');

function fromDisk(uri: string): KustomizeFile | undefined {
  const file = fileURLToPath(uri);
  return existsSync(file) && statSync(file).isFile() ? { text: readFileSync(file, 'utf8') } : undefined;
}

/** By kind, namespace and name. */
function byId(values: readonly Json[]): Record<string, unknown> {
  const id = (value: Json): string =>
    [value.apiVersion, value.kind, value.metadata.namespace ?? '', value.metadata.name].join(' ');
  const entries = values.map((value) => [id(value), value] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  assert.equal(new Set(entries.map(([key]) => key)).size, entries.length, 'objects repeat');
  return Object.fromEntries(entries);
}

describe('kustomizations of real repositories', function () {
  if (!corpora || !rendered) return;
  this.timeout(120_000);
  const cases: Record<string, Case> = JSON.parse(readFileSync(path.join(rendered, 'index.json'), 'utf8')).kustomize;
  const counts = { built: 0, refused: 0 };
  const resultOf = (folder: string) => build(pathToFileURL(path.join(corpora, folder)).href, fromDisk);

  for (const [folder, { ok, error }] of Object.entries(cases)) {
    if (ok) {
      it(`${folder}: the same objects`, () => {
        const { objects, problems, incomplete } = resultOf(folder);
        const text = readFileSync(path.join(rendered, 'kustomize', `${folder}.yaml`), 'utf8');
        const expected = parseDocuments(text).map((document) => document.value);
        assert.deepEqual(byId(objects.map(({ value }) => value)), byId(expected));
        assert.deepEqual(
          problems.filter(({ severity }) => severity === 'error').map(({ code }) => code),
          [],
        );
        assert.deepEqual(incomplete, []);
        counts.built++;
      });
    } else {
      it(`${folder}: refused`, () => {
        const { problems, incomplete } = resultOf(folder);
        const errors = problems.filter(({ severity }) => severity === 'error');
        assert.ok(errors.length + incomplete.length > 0, error);
        counts.refused++;
      });
    }
  }

  after(() => {
    const all = Object.values(cases);
    const built = all.filter(({ ok }) => ok).length;
    console.log(
      `      kustomize: ${counts.built} of ${built} built alike, ${counts.refused} of ${all.length - built} refused`,
    );
  });
});
