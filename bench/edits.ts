// From an edit to the diagnostics that it makes, over the protocol: Mutual's server, and yaml-language-server beside it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Server } from './lsp';
import { makeMesh, SERVER, type Spread, spread } from './support';

/** yaml-language-server waits so long after each key press, in milliseconds. */
export const PEER_DEBOUNCE_MS = 200;

export interface EditTimes {
  /** From the start of the server to the first diagnostics of the open file. */
  readonly start: number;
  readonly memory: number | undefined;
  readonly edits: Spread;
}

/** A file of so many lines, with a policy at its beginning; and the 0-based line that is edited. */
function document(lines: number): { text: string; line: number } {
  const head = [
    'apiVersion: security.istio.io/v1',
    'kind: PeerAuthentication',
    'metadata:',
    '  name: bench',
    '  namespace: bench-edits',
    'spec:',
    '  mtls:',
    '    mode: STRICT',
  ];
  const filler: string[] = [];
  while (head.length + filler.length < lines - 6)
    filler.push('---', 'apiVersion: v1', 'kind: ServiceAccount', 'metadata:', `  name: account-${filler.length}`);
  return { text: `${[...head, ...filler].join('\n')}\n`, line: 7 };
}

/**
 * Edits a file of so many lines in a mesh of so many resources; each edit adds a problem or takes it away.
 * @param args the server; Mutual's where absent
 */
export async function measureEdits(
  resources: number,
  lines: number,
  edits: number,
  peer: boolean,
): Promise<EditTimes | undefined> {
  const args = peer ? peerServer() : [SERVER];
  if (!args) return undefined;
  const mesh = makeMesh(resources);
  const server: { current?: Server } = {};
  try {
    const file = path.join(mesh.folder, 'bench-edits.yaml');
    const { text, line } = document(lines);
    writeFileSync(file, text);
    const settings = {
      yaml: { validate: true, schemaStore: { enable: false }, kubernetesCRDStore: { enable: false } },
    };
    const started = performance.now();
    server.current = await Server.start(args, mesh.folder, settings);
    await server.current.open(file, readFileSync(file, 'utf8'), () => true);
    const start = performance.now() - started;
    // the rest is checked after the open file
    await server.current.quiet(resources < 1000 ? 500 : resources > 10_000 ? 20_000 : 4000);
    const times: number[] = [];
    // the first ones warm the program up
    for (let index = 0; index < edits + 5; index++) {
      const isBroken = index % 2 === 0;
      const marker = (count: number): boolean => (isBroken ? count > 0 : count === 0);
      const replacement = isBroken ? '    mode: [' : '    mode: STRICT';
      const time = await server.current.edit(file, index + 2, line, replacement, ({ diagnostics }) =>
        marker(diagnostics.filter(({ severity }) => severity === 1).length),
      );
      if (index >= 5) times.push(time);
    }
    return { start, memory: server.current.memory(), edits: spread(times) };
  } finally {
    await server.current?.stop();
    mesh.remove();
  }
}

/** Edits the mesh-wide policy, on which everything hangs: milliseconds until the whole workspace is told. */
export async function measureRootEdits(resources: number, edits: number): Promise<Spread> {
  const mesh = makeMesh(resources);
  const server: { current?: Server } = {};
  try {
    const [file, text] = rootPolicyIn(mesh.folder);
    const line = text.split('\n').findIndex((each) => /^ +mode: /.test(each));
    server.current = await Server.start([SERVER], mesh.folder, {});
    await server.current.open(file, text, () => true);
    await server.current.quiet(4000);
    const times: number[] = [];
    for (let index = 0; index < edits + 2; index++) {
      const mode = index % 2 === 0 ? 'STRICT' : 'PERMISSIVE';
      const [, last] = await server.current.editEverywhere(file, index + 2, line, `    mode: ${mode}`, 3000);
      if (index >= 2 && last !== undefined) times.push(last);
    }
    return spread(times);
  } finally {
    await server.current?.stop();
    mesh.remove();
  }
}

function rootPolicyIn(folder: string): [file: string, text: string] {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.yaml')) continue;
    const text = readFileSync(path.join(folder, name), 'utf8');
    if (/kind: PeerAuthentication\nmetadata:\n {2}name: \S+\n {2}namespace: istio-system\n/.test(text))
      return [path.join(folder, name), text];
  }
  throw new Error('the synthetic mesh has no mesh-wide policy any more');
}

/** What runs the peer; undefined where it is not installed. */
function peerServer(): string[] | undefined {
  try {
    const manifest = createRequire(__filename).resolve('yaml-language-server/package.json');
    return [path.join(path.dirname(manifest), 'bin/yaml-language-server')];
  } catch {
    return undefined;
  }
}
