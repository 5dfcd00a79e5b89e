// What is read of the charts of real repositories without rendering, against what the real Helm renders from them.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTemplateObjects } from '../../../server/src/helm/objects';
import { type Gap, readTemplate, type TemplateDocument } from '../../../server/src/helm/read';
import { parseDocuments } from '../../../server/src/yaml/document';
import { shared } from '../../support/shared';

const corpora = shared('corpora');
const rendered = shared('rendered');

type At = readonly (string | number)[];

/** Says where a rendered value is not what the template says that it is, whatever the values; undefined if it is. */
function contradiction(template: unknown, real: unknown, gaps: readonly Gap[], at: At = []): string | undefined {
  const reasons = gaps.filter(({ path: own }) => own.length === at.length && own.every((step, i) => step === at[i]));
  const has = (reason: Gap['reason']): boolean => reasons.some((gap) => gap.reason === reason);
  if (has('unknown') || has('conditional')) return undefined;
  const where = at.join('.');
  if (Array.isArray(template)) {
    const isEmpty = real === undefined || real === null;
    // a list of which no item is certain may be empty
    if (isEmpty && template.every((_, index) => !contradiction(1, 0, gaps, [...at, index]))) return undefined;
    if (!Array.isArray(real)) return `${where}: a list`;
    const items = template.map((item, index) => ({ item, index }));
    if (has('open')) {
      const lost = items.find(({ item, index }) =>
        real.every((each) => contradiction(item, each, gaps, [...at, index]) !== undefined),
      );
      return lost && `${where}.${lost.index}: no such item`;
    }
    if (real.length !== template.length) return `${where}: ${template.length} items, not ${real.length}`;
    return items.map(({ item, index }) => contradiction(item, real[index], gaps, [...at, index])).find(Boolean);
  }
  if (typeof template === 'object' && template !== null) {
    if (real === undefined || real === null) {
      // a mapping of which nothing is certain may be empty
      return Object.keys(template).some((key) => contradiction(1, 0, gaps, [...at, key]))
        ? `${where}: is there`
        : undefined;
    }
    if (typeof real !== 'object' || Array.isArray(real)) return `${where}: a mapping`;
    const more = Object.keys(real).find((key) => !Object.hasOwn(template, key));
    if (more !== undefined && !has('open')) return `${where}.${more}: is not in the template`;
    return Object.entries(template)
      .map(([key, value]) => contradiction(value, (real as Record<string, unknown>)[key], gaps, [...at, key]))
      .find(Boolean);
  }
  return (template ?? undefined) === (real ?? undefined) ? undefined : `${where}: ${template}, not ${real}`;
}

/** True when a document is printed exactly once, and its kind is known. */
function isCertain({ gaps }: TemplateDocument): boolean {
  return !gaps.some(({ path: own, reason }) => (own.length === 0 && reason !== 'open') || own[0] === 'kind');
}

function templatesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /^[^_].*\.ya?ml$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe('charts of real repositories, without rendering', function () {
  if (!corpora || !rendered) return;
  this.timeout(60_000);
  const index: Record<string, { ok: boolean }> = JSON.parse(
    readFileSync(path.join(rendered, 'index.json'), 'utf8'),
  ).helm;
  const counts = { certain: 0, documents: 0, charts: 0 };

  for (const folder of Object.keys(index).filter((name) => index[name]!.ok)) {
    it(`${folder}: nothing that Helm contradicts`, () => {
      const bySource = new Map<string, unknown[]>();
      for (const text of readFileSync(path.join(rendered, 'helm', `${folder}.yaml`), 'utf8').split(/^---$/m)) {
        const source = /^# Source: [^/]+\/(.*)$/m.exec(text)?.[1];
        const [document] = parseDocuments(text);
        if (source && document) bySource.set(source, [...(bySource.get(source) ?? []), document.value]);
      }
      const chart = path.join(corpora, folder);
      const templates = path.join(chart, 'templates');
      for (const file of existsSync(templates) ? templatesBelow(templates) : []) {
        const text = readFileSync(file, 'utf8');
        const name = path.relative(chart, file);
        const reading = readTemplate(text);
        assert.ok(reading, name);
        const real = bySource.get(name) ?? [];
        for (const template of reading.documents) {
          counts.documents++;
          if (!isCertain(template)) continue;
          counts.certain++;
          const reasons = real.map((value) => contradiction(template.document.value, value, template.gaps));
          assert.ok(reasons.includes(undefined), `${name}: ${reasons.join('; ') || 'nothing is rendered'}`);
        }
        // what counts as an object is there as it is, in every detail that is read
        for (const { kind, metadata } of readTemplateObjects('file:///chart', text).objects) {
          const found = real.some((value) => {
            const object = value as { kind: string; metadata: { name: string } };
            return object.kind === kind && object.metadata.name === metadata.name;
          });
          assert.ok(found, `${name}: ${kind} ${metadata.name}`);
        }
      }
      counts.charts++;
    });
  }

  after(() => {
    console.log(`      helm: ${counts.charts} charts, ${counts.certain} of ${counts.documents} documents certain`);
  });
});
