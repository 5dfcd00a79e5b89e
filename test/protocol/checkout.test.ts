// Thousands of files that change at once, as when another branch is checked out: the server takes them together, answers
// meanwhile, and ends where a fresh one begins.
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Hover, WorkspaceDiagnosticReport } from 'vscode-languageserver/node';
import { PULLING, TestClient } from './client';

const GENERATOR = path.resolve(__dirname, '../data/make-mesh.mjs');
const CHANGED_FILES = 2_000;

/** A file that both states have, and where its name stands. */
const ASKED = { name: 'istio-system/mesh.yaml', position: { line: 3, character: 9 } };

type State = Readonly<Record<string, string>>;

function makeState(resources: number, seed: number): State {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mutual-state-'));
  try {
    execFileSync(process.execPath, [GENERATOR, '--out', folder, '--resources', `${resources}`, '--seed', `${seed}`]);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
    return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a checkout changes: files of another text, new ones, and those that go (undefined). */
function changes(from: State, to: State): Record<string, string | undefined> {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return Object.fromEntries(names.filter((name) => from[name] !== to[name]).map((name) => [name, to[name]]));
}

describe('a checkout of thousands of files under the built server', () => {
  const clients: TestClient[] = [];
  after(() => Promise.all(clients.map((client) => client.end())));

  const start = async (files: State): Promise<TestClient> => {
    const client = await TestClient.start({ files, capabilities: PULLING });
    clients.push(client);
    return client;
  };
  /** The problems of all files, without what tells servers and folders apart. */
  const problems = async (client: TestClient): Promise<Map<string, string>> => {
    const { items } = await client.request<WorkspaceDiagnosticReport>('workspace/diagnostic', {
      previousResultIds: [],
    });
    const here = client.uri('');
    return new Map(
      items
        .map((item): [string, string] => [
          item.uri.slice(here.length),
          item.kind === 'full' ? JSON.stringify(item.items).replaceAll(here, '') : '',
        ])
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  };
  const hover = async (client: TestClient): Promise<{ text: string; took: number }> => {
    const begin = performance.now();
    const answer = await client.request<Hover | null>('textDocument/hover', {
      textDocument: { uri: client.uri(ASKED.name) },
      position: ASKED.position,
    });
    return { text: JSON.stringify(answer), took: performance.now() - begin };
  };

  it('ends with the answers of a fresh server, and answers meanwhile', async function () {
    this.timeout(300_000);
    const before = makeState(10_400, 1);
    const after = makeState(10_200, 2);
    const changed = changes(before, after);
    assert.ok(Object.keys(changed).length >= CHANGED_FILES, `${Object.keys(changed).length} files change`);
    assert.ok(Object.values(changed).includes(undefined), 'some go');

    const client = await start(before);
    const old = await problems(client);
    const idle = await hover(client);

    const begin = performance.now();
    const names = Object.keys(changed);
    // as editors tell of it: in many messages, some of them while the first files are read
    for (let from = 0; from < names.length; from += 250)
      await client.write(Object.fromEntries(names.slice(from, from + 250).map((name) => [name, changed[name]])));
    let isOver = false;
    const asked = problems(client).finally(() => {
      isOver = true;
    });
    const waits: number[] = [];
    while (!isOver) {
      const { text, took } = await hover(client);
      assert.notEqual(text, 'null');
      waits.push(took);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const now = await asked;
    const total = performance.now() - begin;
    const usual = waits.sort((a, b) => a - b)[Math.floor(waits.length / 2)]!;

    assert.notDeepEqual(now, old);
    assert.deepEqual(now, await problems(await start(after)));
    assert.ok(
      waits.length >= 5 && usual < total / 20,
      `${waits.length} hovers, usually ${Math.round(usual)} ms, in ${Math.round(total)} ms; idle ${Math.round(idle.took)} ms`,
    );
  });
});
