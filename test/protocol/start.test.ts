// The first minute with the built server: what is open is answered for before a large workspace is all checked, and what
// the client is told without asking.
import * as assert from 'node:assert/strict';
import type { Diagnostic } from 'vscode-languageserver/node';
import { FULL, PULLING, TestClient } from './client';
import { CART, CONFLICT, DISABLE, NAMESPACE, STRICT, WEB } from './manifests';

const NAMESPACES = 120;
/** Many namespaces, each with a rule that is refused, and one in which nothing is wrong. */
const LARGE: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: NAMESPACES }, (_, index) => `shop-${index}`).flatMap((name) =>
    Object.entries({ namespace: NAMESPACE, web: WEB, cart: CART, mtls: STRICT, rule: DISABLE }).map(([file, text]) => [
      `${name}/${file}.yaml`,
      text.replaceAll(/\bshop\b/g, name),
    ]),
  ),
);
const CALM = CART.replaceAll(/\bshop\b/g, 'calm');
const RULES = Object.keys(LARGE).filter((file) => file.endsWith('/rule.yaml'));

describe('the start of the built server', function () {
  this.timeout(60_000);
  let client: TestClient;
  afterEach(() => client.end());

  /** What was pushed last, by file, without what is no problem. */
  const state = (): Record<string, readonly unknown[]> =>
    Object.fromEntries(
      client.published
        .map(({ uri, diagnostics }): [string, readonly unknown[]] => [
          uri.slice(client.uri('').length),
          diagnostics.map(({ code, range, severity }) => ({ code, range, severity })),
        ])
        .reverse()
        .filter(([uri], index, all) => all.findIndex(([other]) => other === uri) === index)
        .filter(([, diagnostics]) => diagnostics.length > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  const untilComplete = (): Promise<boolean> =>
    client.until('all problems', () =>
      RULES.every((file) => client.diagnostics(file)?.some(({ code }) => code === 'plaintext-refused')),
    );

  it('an open file is answered for before the workspace is, and the rest comes out the same', async () => {
    const capabilities = { ...FULL, window: { workDoneProgress: true } };
    const files = { ...LARGE, 'calm/cart.yaml': CALM };
    client = await TestClient.start({ files, capabilities });
    await client.open('calm/cart.yaml', CALM);
    await client.until('an answer for what is open', () => client.lastPublished('calm/cart.yaml'));
    assert.deepEqual(client.diagnostics('calm/cart.yaml'), []);
    const isRefused = RULES.map((file) => client.diagnostics(file)?.some(({ code }) => code === 'plaintext-refused'));
    assert.equal(isRefused.includes(true), false, 'the open file came after what takes the whole workspace');
    assert.equal(client.progress[0], 'begin');
    assert.ok(client.progress.includes('end'));
    await untilComplete();
    assert.equal(client.progress.filter((kind) => kind === 'begin').length <= 2, true);
    const withOpen = state();
    await client.end();
    client = await TestClient.start({ files });
    await untilComplete();
    assert.deepEqual(state(), withOpen);
  });

  it('what is found later in an open file is sent as well', async () => {
    client = await TestClient.start({ files: LARGE });
    await client.open('shop-7/rule.yaml', LARGE['shop-7/rule.yaml']!);
    await client.untilRules('shop-7/rule.yaml', ['plaintext-refused']);
    await untilComplete();
    assert.deepEqual(
      client.diagnostics('shop-7/rule.yaml')?.map(({ code }) => code),
      ['plaintext-refused'],
    );
  });

  it('a client that pulls is asked to pull again when more is known than it was told', async () => {
    client = await TestClient.start({ files: LARGE, capabilities: PULLING });
    const file = 'shop-7/rule.yaml';
    await client.open(file, LARGE[file]!);
    const pull = async (): Promise<readonly Diagnostic[]> => {
      const textDocument = { uri: client.uri(file) };
      return (await client.request<{ items: Diagnostic[] }>('textDocument/diagnostic', { textDocument })).items;
    };
    let seen = client.refreshes;
    let items = await pull();
    while (items.length === 0) {
      await client.until('being asked to pull again', () => client.refreshes > seen);
      seen = client.refreshes;
      items = await pull();
    }
    assert.deepEqual(
      items.map(({ code }) => code),
      ['plaintext-refused'],
    );
  });

  it('tells that the status is another one, and that a table is, and nothing at other keystrokes', async () => {
    client = await TestClient.start({ files: CONFLICT });
    await client.open('rule.yaml', DISABLE);
    await client.untilRules('rule.yaml', ['plaintext-refused']);
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 600));
    let version = 1;
    const type = async (text: string): Promise<void> => {
      await client.edit('rule.yaml', ++version, 0, 0, 0, text);
      await pause();
    };
    await client.request('mutual/status', { uri: client.uri('rule.yaml') });
    await client.request('mutual/table', {});
    client.told.length = 0;
    await type('# a comment\n');
    assert.deepEqual(client.told, ['mutual/answersChanged']);
    await type('# another\n');
    assert.deepEqual(client.told, ['mutual/answersChanged'], 'nobody has asked for the table since');
    await type(`${NAMESPACE.replaceAll('shop', 'other')}---\n`);
    assert.deepEqual(client.told, ['mutual/answersChanged', 'mutual/statusChanged']);
  });
});
