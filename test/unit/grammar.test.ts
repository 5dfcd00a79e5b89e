// What the injected grammar marks in YAML, and what it leaves alone, as the editor's own engine tokenises it.
// Two host grammars stand in for the editor's: the long-lived one that reads line by line, and one in the manner of
// the newer that follows indentation with begin and while. The marks have to be the same in both.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import lineByLine from 'tm-grammars/grammars/yaml.json';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, parseRawGrammar, Registry } from 'vscode-textmate';

const root = join(__dirname, '..', '..');
const injectionPath = join(root, 'syntaxes', 'istio.injection.json');

const byIndentation = {
  scopeName: 'source.yaml',
  patterns: [
    { match: '^---', name: 'entity.other.document.begin.yaml' },
    { begin: '^(?!---)', while: '^(?!---)', patterns: [{ include: '#node' }] },
  ],
  repository: {
    node: {
      patterns: [
        {
          begin: '\\G( *)(?=["\']?[A-Za-z0-9_][^:#]*:(?:\\s|$))',
          while: '\\G(?:\\1| *$)',
          name: 'meta.mapping.yaml',
          patterns: [
            {
              match: '["\']?[A-Za-z0-9_][^:#]*(?=:(?:\\s|$))',
              name: 'string.unquoted.plain.yaml entity.name.tag.yaml',
            },
            {
              begin: ':(?=\\s|$)',
              while: '\\G(?=\\s|-\\s|#|$)',
              beginCaptures: { 0: { name: 'punctuation.separator.map.value.yaml' } },
              name: 'meta.map.value.yaml',
              patterns: [{ include: '#node' }],
            },
            { include: '#comment' },
          ],
        },
        {
          begin: '\\G( *)(-)(?=\\s)',
          while: '\\G(?:\\1 | *$)',
          beginCaptures: { 2: { name: 'punctuation.definition.block.sequence.item.yaml' } },
          name: 'meta.block.sequence.yaml',
          patterns: [{ include: '#node' }],
        },
        { begin: '[|>][+-]?$', while: '\\G(?=\\s|$)', contentName: 'string.unquoted.block.yaml', patterns: [] },
        { include: '#flow' },
        {
          match: '(?<=\\s|^|\\G)(?!-\\s)[^\\s#\\[\\]{},"\'|>:](?:[^#:]|:(?!\\s)|(?<!\\s)#)*',
          name: 'string.unquoted.plain.out.yaml',
        },
        { include: '#comment' },
      ],
    },
    flow: {
      patterns: [
        { begin: '"', end: '"', name: 'string.quoted.double.yaml' },
        { begin: "'", end: "'", name: 'string.quoted.single.yaml' },
        { begin: '\\{', end: '\\}', name: 'meta.flow.mapping.yaml', patterns: [{ include: '#flow-inner' }] },
        { begin: '\\[', end: '\\]', name: 'meta.flow.sequence.yaml', patterns: [{ include: '#flow-inner' }] },
      ],
    },
    'flow-inner': {
      patterns: [
        { match: '[\\w.-]+(?=:\\s)', name: 'string.unquoted.plain.in.yaml entity.name.tag.yaml' },
        { include: '#flow' },
        { match: '[^\\s,:#\\[\\]{}"\'](?:[^\\s,:\\[\\]{}]|:(?!\\s))*', name: 'string.unquoted.plain.in.yaml' },
      ],
    },
    comment: { begin: '(?<=\\s|^)#', end: '$', name: 'comment.line.number-sign.yaml' },
  },
};

const hosts = {
  'a host grammar that reads line by line': lineByLine,
  'a host grammar that follows indentation': byIndentation,
};

interface Token {
  text: string;
  scopes: string[];
}

let engine: Promise<void> | undefined;

async function load(host: object, injected: boolean): Promise<IGrammar> {
  const wasm = readFileSync(join(dirname(require.resolve('vscode-oniguruma')), 'onig.wasm'));
  engine ??= loadWASM(wasm);
  await engine;
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (scope) => {
      if (scope === 'source.yaml') return parseRawGrammar(JSON.stringify(host), 'host.json');
      if (scope === 'istio.injection') return parseRawGrammar(readFileSync(injectionPath, 'utf8'), injectionPath);
      return null;
    },
    getInjections: (scope) => (injected && scope === 'source.yaml' ? ['istio.injection'] : undefined),
  });
  const grammar = await registry.loadGrammar('source.yaml');
  assert.ok(grammar);
  return grammar;
}

function tokenise(grammar: IGrammar, text: string): Token[] {
  const tokens: Token[] = [];
  let state = INITIAL;
  for (const line of text.split('\n')) {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    for (const token of result.tokens) {
      const part = line.slice(token.startIndex, token.endIndex);
      if (part.trim() !== '') tokens.push({ text: part, scopes: token.scopes });
    }
  }
  return tokens;
}

/** The marked pieces in reading order: what the innermost scope of ours says about each. */
function marks(grammar: IGrammar, text: string): string[] {
  return tokenise(grammar, text).flatMap((token) => {
    const own = token.scopes.filter((scope) => scope.endsWith('.istio') && !scope.startsWith('meta.')).at(-1);
    return own === undefined ? [] : [`${token.text}  ${own}`];
  });
}

/** All that is comment, in one line. */
function commentText(tokens: Token[]): string {
  const parts = tokens.filter((token) => token.scopes.some((scope) => scope.startsWith('comment')));
  return parts
    .map((token) => token.text.trim())
    .join(' ')
    .replaceAll(/#\s+/g, '# ');
}

const KIND = 'entity.name.type.kind.istio';
const MODE = 'constant.language.mode.istio';
const HOST = 'variable.other.constant.host.istio';
const NAMESPACE = 'entity.name.namespace.istio';
const SLASH = 'punctuation.separator.namespace.istio';
const PORT = 'constant.numeric.port.istio';
const PRINCIPAL = 'string.other.principal.istio';
const ACCOUNT = 'variable.other.constant.service-account.istio';

for (const [name, host] of Object.entries(hosts)) {
  describe(`grammar, in ${name}`, () => {
    let grammar: IGrammar;
    before(async () => {
      grammar = await load(host, true);
    });

    it('marks kind, mode and the ports of portLevelMtls in a PeerAuthentication', () => {
      const text = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: payments
  namespace: finance
spec:
  selector:
    matchLabels:
      app: payments
  mtls:
    mode: STRICT
  portLevelMtls: # ports of the workload
    # metrics
    9090:
      mode: PERMISSIVE # scraped from outside

    "8080": { mode: DISABLE }
`;
      assert.deepEqual(marks(grammar, text), [
        `PeerAuthentication  ${KIND}`,
        `STRICT  ${MODE}`,
        `9090  ${PORT}`,
        `PERMISSIVE  ${MODE}`,
        `8080  ${PORT}`,
        `DISABLE  ${MODE}`,
      ]);
      const comment = commentText(tokenise(grammar, text));
      assert.equal(comment, '# ports of the workload # metrics # scraped from outside');
    });

    it('leaves portLevelMtls with the first key that is no port', () => {
      const text = `spec:
  portLevelMtls:
    8080:
      mode: STRICT
  responses:
    200:
      description: fine
`;
      assert.deepEqual(marks(grammar, text), [`8080  ${PORT}`, `STRICT  ${MODE}`]);
    });

    it('marks portLevelMtls on one line', () => {
      assert.deepEqual(marks(grammar, 'portLevelMtls: {8080: {mode: DISABLE}, 9090: {mode: STRICT}}\nport: 80'), [
        `8080  ${PORT}`,
        `DISABLE  ${MODE}`,
        `9090  ${PORT}`,
        `STRICT  ${MODE}`,
      ]);
    });

    it('marks host and mode in a DestinationRule, plain, quoted and on one line', () => {
      const text = `kind: "DestinationRule"
spec:
  host: "*.finance.svc.cluster.local"
  trafficPolicy:
    tls:
      mode: 'ISTIO_MUTUAL'
---
kind: DestinationRule # the short name
spec:
  host: payments   # of this namespace
  trafficPolicy: {tls: {mode: SIMPLE}}
`;
      assert.deepEqual(marks(grammar, text), [
        `DestinationRule  ${KIND}`,
        `*.finance.svc.cluster.local  ${HOST}`,
        `ISTIO_MUTUAL  ${MODE}`,
        `DestinationRule  ${KIND}`,
        `payments  ${HOST}`,
        `SIMPLE  ${MODE}`,
      ]);
    });

    it('marks every mode, and nothing that only resembles one', () => {
      for (const mode of ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET', 'ISTIO_MUTUAL', 'MUTUAL', 'SIMPLE']) {
        assert.deepEqual(marks(grammar, `mode: ${mode}`), [`${mode}  ${MODE}`]);
        assert.deepEqual(marks(grammar, `    mode:   ${mode}`), [`${mode}  ${MODE}`]);
      }
      for (const line of [
        'mode: strict',
        'mode: STRICTER',
        'mode: STRICT please',
        'mode: "STRICT',
        'xmode: STRICT',
        'x-mode: STRICT',
        'mode: 0644',
      ]) {
        assert.deepEqual(marks(grammar, line), [], line);
      }
    });

    it("marks Istio's kinds and no others", () => {
      const kinds = [
        'RequestAuthentication',
        'AuthorizationPolicy',
        'Sidecar',
        'ServiceEntry',
        'WorkloadEntry',
        'VirtualService',
        'Gateway',
      ];
      for (const kind of kinds) assert.deepEqual(marks(grammar, `kind: ${kind}`), [`${kind}  ${KIND}`]);
      for (const kind of ['Deployment', 'Service', 'GatewayClass', 'gateway'])
        assert.deepEqual(marks(grammar, `kind: ${kind}`), []);
    });

    it('marks namespace and host in the lists of a Sidecar and a Gateway', () => {
      const text = `kind: Sidecar
spec:
  egress:
  - hosts:
    - "./*"
    - istio-system/*
    - ~/ads.shop.svc.cluster.local # not this one
    # all of finance
    - finance/*.finance.svc.cluster.local
    port:
      number: 80
  - hosts: ["*/*", ./cart.shop.svc.cluster.local]
---
kind: Gateway
spec:
  servers:
  - hosts:
    - shop.example.com
  - port:
      number: 443
    hosts:
      - "*"
`;
      assert.deepEqual(marks(grammar, text), [
        `Sidecar  ${KIND}`,
        `.  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*  ${HOST}`,
        `istio-system  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*  ${HOST}`,
        `~  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `ads.shop.svc.cluster.local  ${HOST}`,
        `finance  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*.finance.svc.cluster.local  ${HOST}`,
        `*  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `*  ${HOST}`,
        `.  ${NAMESPACE}`,
        `/  ${SLASH}`,
        `cart.shop.svc.cluster.local  ${HOST}`,
        `Gateway  ${KIND}`,
        `shop.example.com  ${HOST}`,
        `*  ${HOST}`,
      ]);
    });

    it('marks a full service name in any list', () => {
      assert.deepEqual(
        marks(grammar, 'exclude:\n  - cart.shop.svc.cluster.local\n  - "*.shop.svc.cluster.local"\n  - src/index.ts'),
        [`cart.shop.svc.cluster.local  ${HOST}`, `*.shop.svc.cluster.local  ${HOST}`],
      );
    });

    it('marks namespace and service account of a principal', () => {
      const text = `principals:
  - cluster.local/ns/shop/sa/web
  - "cluster.local/ns/finance/*"
subjectAltNames: ["spiffe://cluster.local/ns/finance/sa/payments", '*/sa/batch']
`;
      assert.deepEqual(marks(grammar, text), [
        `cluster.local/  ${PRINCIPAL}`,
        `ns/  ${PRINCIPAL}`,
        `shop  ${NAMESPACE}`,
        `/sa/  ${PRINCIPAL}`,
        `web  ${ACCOUNT}`,
        `cluster.local/  ${PRINCIPAL}`,
        `ns/  ${PRINCIPAL}`,
        `finance  ${NAMESPACE}`,
        `/*  ${PRINCIPAL}`,
        `spiffe://cluster.local/  ${PRINCIPAL}`,
        `ns/  ${PRINCIPAL}`,
        `finance  ${NAMESPACE}`,
        `/sa/  ${PRINCIPAL}`,
        `payments  ${ACCOUNT}`,
        `*/  ${PRINCIPAL}`,
        `sa/  ${PRINCIPAL}`,
        `batch  ${ACCOUNT}`,
      ]);
    });

    it('leaves comments, quoted text and block scalars alone', () => {
      const text = `# kind: PeerAuthentication
# mode: STRICT, host: cart.shop
a: 1 # mode: STRICT
note: "mode: STRICT"
other: 'kind: Gateway'
mesh: |
  kind: PeerAuthentication
  mode: STRICT
  hosts:
    - cart.shop.svc.cluster.local
  portLevelMtls:
    8080:
      mode: DISABLE
plain: set the mode STRICT for cluster.local/ns/shop/sa/web now
`;
      assert.deepEqual(marks(grammar, text), []);
    });

    it("changes no token of YAML that is not Istio's", async () => {
      const text = `services:
  web:
    image: example/web:1.0
    ports: ["8080:8080"]
    network_mode: host
    volumes:
      - ./data:/data
      - type: bind
        mode: 0644
server:
  host: 127.0.0.1
  port: 8080
paths:
  /items:
    get:
      responses:
        200:
          description: |
            mode: STRICT
        "404":
          description: gone
on:
  push:
    paths: [src/*, "docs/**"]
    branches:
      - release/*
---
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: web
          args: [--mode, STRICT]
`;
      assert.deepEqual(tokenise(grammar, text), tokenise(await load(host, false), text));
    });

    it('finds the same comments in every example as the host grammar alone', async () => {
      const without = await load(host, false);
      for (const file of readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.yaml')) continue;
        const text = readFileSync(join(root, 'examples', file), 'utf8');
        assert.equal(commentText(tokenise(grammar, text)), commentText(tokenise(without, text)), file);
      }
    });
  });
}

describe('grammar, alone', () => {
  it('stays quick on long and hostile lines', async () => {
    const grammar = await load({ scopeName: 'source.yaml', patterns: [] }, true);
    const texts = [
      `host: ${'a.'.repeat(20_000)}!`,
      `host: ${'*'.repeat(20_000)}`,
      `hosts:\n  - ${'a-'.repeat(20_000)}/`,
      `hosts:\n  - ${'"'.repeat(20_000)}`,
      `hosts: [${'a/'.repeat(20_000)}`,
      `  - ${'spiffe://a/ns/'.repeat(5_000)}`,
      `  - ${'a.svc.'.repeat(10_000)}!`,
      `  - ${'- '.repeat(20_000)}`,
      `portLevelMtls:\n  ${'8'.repeat(20_000)}:`,
      `portLevelMtls: ${'{'.repeat(1_000)}`,
      `mode: ${' '.repeat(20_000)}STRICT x`,
    ];
    for (const text of texts) {
      const start = performance.now();
      tokenise(grammar, text);
      const took = Math.round(performance.now() - start);
      assert.ok(took < 1_000, `${took} ms for ${text.slice(0, 40)}…`);
    }
  });
});
