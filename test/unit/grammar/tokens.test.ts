// What the injected grammar leaves as it is, and how long it takes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IGrammar } from 'vscode-textmate';
import { commentText, hosts, load, root, tokenise } from './engine';

for (const [name, host] of Object.entries(hosts)) {
  describe(`tokens of YAML, in ${name}`, () => {
    let grammar: IGrammar;
    before(async () => {
      grammar = await load(host, true);
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
