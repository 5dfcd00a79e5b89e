// Every snippet, expanded with its defaults and with each of its choices, is a policy that Istio takes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readObjects } from '../../server/src/manifest/read';
import { parseDocuments } from '../../server/src/yaml/document';

interface Snippet {
  prefix: string[];
  description: string;
  body: string[];
}

const root = join(__dirname, '..', '..');
const snippets: Record<string, Snippet> = JSON.parse(readFileSync(join(root, 'snippets', 'istio.json'), 'utf8'));

// The part of the snippet language that the file uses: $1, ${1}, ${1:default}, ${1|one,two|}, \$ \} \\.
type Part = string | { stop: number; parts?: Part[]; choices?: string[] };

function parse(source: string): Part[] {
  let at = 0;
  const read = (nested: boolean): Part[] => {
    const parts: Part[] = [];
    for (;;) {
      const rest = source.slice(at);
      if (rest === '' || (nested && rest[0] === '}')) return parts;
      const escaped = /^\\([$}\\])/.exec(rest);
      const choice = /^\$\{(\d+)\|([^|]*)\|\}/.exec(rest);
      const simple = /^\$(\d+)|^\$\{(\d+)\}/.exec(rest);
      const open = /^\$\{(\d+):/.exec(rest);
      if (escaped) {
        at += 2;
        parts.push(escaped[1]!);
      } else if (choice) {
        at += choice[0].length;
        parts.push({ stop: Number(choice[1]), choices: choice[2]!.split(',') });
      } else if (simple) {
        at += simple[0].length;
        parts.push({ stop: Number(simple[1] ?? simple[2]) });
      } else if (open) {
        at += open[0].length;
        parts.push({ stop: Number(open[1]), parts: read(true) });
        assert.equal(source[at], '}', `tab stop ${open[1]} is not closed`);
        at += 1;
      } else {
        assert.notEqual(rest[0], '$', `not a tab stop: ${rest.slice(0, 20)}`);
        at += 1;
        parts.push(rest[0]!);
      }
    }
  };
  return read(false);
}

function stops(parts: Part[]): Exclude<Part, string>[] {
  return parts.flatMap((part) => (typeof part === 'string' ? [] : [part, ...stops(part.parts ?? [])]));
}

/** The text after insertion, with `values` typed into some tab stops; the same stop shows the same text everywhere. */
function expand(snippet: Snippet, values: ReadonlyMap<number, string> = new Map()): string {
  const parts = parse(snippet.body.join('\n'));
  const defined = new Map(
    stops(parts).flatMap((stop) => (stop.parts || stop.choices ? [[stop.stop, stop] as const] : [])),
  );
  const show = (part: Part): string => {
    if (typeof part === 'string') return part;
    const typed = values.get(part.stop);
    if (typed !== undefined) return typed;
    const source = defined.get(part.stop);
    return source?.choices?.[0] ?? (source?.parts ?? []).map(show).join('');
  };
  return parts.map(show).join('');
}

/** The defaults, then each other choice in turn. */
function expansions(snippet: Snippet): string[] {
  const choices = stops(parse(snippet.body.join('\n'))).filter((stop) => stop.choices);
  const others = choices.flatMap((stop) =>
    stop.choices!.slice(1).map((choice) => expand(snippet, new Map([[stop.stop, choice]]))),
  );
  return [expand(snippet), ...others];
}

// biome-ignore lint/suspicious/noExplicitAny: the fields of any manifest
type Manifest = any;

function manifests(text: string): Manifest[] {
  return parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document) => {
    assert.deepEqual([...document.errors, ...document.warnings], [], text);
    return document.toJS();
  });
}

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const HOST = /^(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+)$/;

function keys(value: object, allowed: string[]): void {
  for (const key of Object.keys(value)) assert.ok(allowed.includes(key), `${key} is not one of ${allowed.join(', ')}`);
}

function checkSelector(selector: Manifest): void {
  if (selector === undefined) return;
  keys(selector, ['matchLabels']);
  const labels = Object.entries(selector.matchLabels);
  assert.ok(labels.length > 0, 'a selector without labels draws a warning');
  for (const [key, value] of labels) {
    assert.match(key, /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/);
    assert.match(String(value), /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/);
    assert.equal(typeof value, 'string');
  }
}

const checks: Record<string, { apiVersion: string; check(spec: Manifest): void }> = {
  PeerAuthentication: {
    apiVersion: 'security.istio.io/v1',
    check(spec) {
      const modes = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'];
      keys(spec, ['selector', 'mtls', 'portLevelMtls']);
      checkSelector(spec.selector);
      assert.ok(modes.includes(spec.mtls.mode));
      if (spec.portLevelMtls === undefined) return;
      assert.ok(spec.selector, 'portLevelMtls is refused without a selector');
      const ports = Object.entries<Manifest>(spec.portLevelMtls);
      assert.ok(ports.length > 0);
      for (const [port, { mode }] of ports) {
        assert.ok(Number(port) >= 1 && Number(port) <= 65535);
        assert.ok(modes.includes(mode));
      }
    },
  },
  DestinationRule: {
    apiVersion: 'networking.istio.io/v1',
    check(spec) {
      keys(spec, ['host', 'trafficPolicy']);
      assert.match(spec.host, HOST);
      const tls = spec.trafficPolicy.tls;
      keys(tls, ['mode', 'sni', 'clientCertificate', 'privateKey', 'caCertificates']);
      assert.ok(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'].includes(tls.mode));
      assert.equal(tls.mode === 'MUTUAL', tls.clientCertificate !== undefined && tls.privateKey !== undefined);
      assert.equal(['SIMPLE', 'MUTUAL'].includes(tls.mode), tls.sni === spec.host);
    },
  },
  AuthorizationPolicy: {
    apiVersion: 'security.istio.io/v1',
    check(spec) {
      keys(spec, ['selector', 'action', 'rules']);
      checkSelector(spec.selector);
      assert.ok(spec.action === undefined || spec.action === 'ALLOW');
      for (const rule of spec.rules ?? []) {
        keys(rule, ['from', 'to']);
        for (const { source } of rule.from) {
          keys(source, ['principals', 'requestPrincipals']);
          const values = Object.values<string[]>(source).flat();
          assert.ok(values.length > 0 && values.every((value) => value !== ''));
        }
        for (const { operation } of rule.to ?? []) {
          keys(operation, ['ports', 'methods']);
          for (const port of operation.ports) {
            assert.equal(typeof port, 'string');
            assert.ok(Number(port) >= 1 && Number(port) <= 65535);
          }
          assert.ok(operation.methods.every((method: string) => /^[A-Z]+$/.test(method)));
        }
      }
    },
  },
  RequestAuthentication: {
    apiVersion: 'security.istio.io/v1',
    check(spec) {
      keys(spec, ['selector', 'jwtRules']);
      checkSelector(spec.selector);
      assert.equal(spec.jwtRules.length, 1);
      const rule = spec.jwtRules[0];
      keys(rule, ['issuer', 'jwksUri']);
      assert.equal(new URL(rule.jwksUri).protocol, 'https:');
      assert.ok(rule.jwksUri.startsWith(rule.issuer));
    },
  },
};

function byPrefix(prefix: string): Snippet {
  const found = Object.values(snippets).filter((snippet) => snippet.prefix.includes(prefix));
  assert.equal(found.length, 1, prefix);
  return found[0]!;
}

describe('snippets', () => {
  it('are offered in YAML', () => {
    const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.ok(
      contributes.snippets.some(
        (entry: Manifest) => entry.language === 'yaml' && entry.path === './snippets/istio.json',
      ),
    );
  });

  it('have prefixes of their own that begin alike for a kind', () => {
    const all = Object.values(snippets).flatMap((snippet) => snippet.prefix);
    assert.equal(new Set(all).size, all.length);
    const short: Record<string, string> = {
      PeerAuthentication: 'pa',
      DestinationRule: 'dr',
      AuthorizationPolicy: 'ap',
      RequestAuthentication: 'ra',
    };
    for (const [title, snippet] of Object.entries(snippets)) {
      const kind = title.split(':')[0]!;
      assert.match(snippet.prefix[0]!, new RegExp(`^${short[kind]}(-|$)`), title);
      const spelledOut = kind.toLowerCase();
      assert.ok(
        snippet.prefix.some((prefix) => prefix.startsWith(spelledOut) || prefix === 'portlevelmtls'),
        title,
      );
      assert.match(snippet.description, /^[A-Z].*\.$/, title);
    }
  });

  for (const [title, snippet] of Object.entries(snippets)) {
    it(`${title}: every expansion is a valid policy`, () => {
      for (const text of expansions(snippet)) {
        assert.doesNotMatch(text, /[$\t]|\s$/m);
        for (const manifest of manifests(text)) {
          keys(manifest, ['apiVersion', 'kind', 'metadata', 'spec']);
          keys(manifest.metadata, ['name', 'namespace']);
          assert.match(manifest.metadata.name, DNS_LABEL);
          assert.match(manifest.metadata.namespace, DNS_LABEL);
          const expected = checks[manifest.kind];
          assert.ok(expected, manifest.kind);
          assert.equal(manifest.apiVersion, expected.apiVersion);
          expected.check(manifest.spec);
        }
        assert.ok(title.startsWith(`${manifests(text)[0].kind}:`));
        const objects = parseDocuments(text).flatMap((document) => readObjects('snippet.yaml', document));
        assert.deepEqual(
          objects.flatMap((object) => object.problems),
          [],
        );
      }
    });

    it(`${title}: tab stops run from 1 without a gap, each with a default`, () => {
      const all = stops(parse(snippet.body.join('\n')));
      const numbers = [...new Set(all.map((stop) => stop.stop))].sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => i + 1),
      );
      for (const number of numbers) {
        const defining = all.filter((stop) => stop.stop === number && (stop.parts || stop.choices));
        assert.equal(defining.length, 1, `tab stop ${number}`);
      }
    });
  }

  it('cover the policies that people write', () => {
    const spec = (prefix: string) => manifests(expand(byPrefix(prefix)))[0].spec;
    const metadata = (prefix: string) => manifests(expand(byPrefix(prefix)))[0].metadata;
    assert.equal(metadata('pa-mesh-strict').namespace, 'istio-system');
    assert.deepEqual(spec('pa-mesh-strict'), { mtls: { mode: 'STRICT' } });
    assert.notEqual(metadata('pa-namespace-strict').namespace, 'istio-system');
    assert.deepEqual(spec('pa-namespace-strict'), { mtls: { mode: 'STRICT' } });
    assert.deepEqual(spec('pa-workload-strict').selector, { matchLabels: { app: 'payments' } });
    assert.equal(spec('pa-workload-strict').mtls.mode, 'STRICT');
    assert.deepEqual(spec('pa-namespace-permissive'), { mtls: { mode: 'PERMISSIVE' } });
    assert.deepEqual(spec('pa-port-exception').portLevelMtls, { 9090: { mode: 'PERMISSIVE' } });
    assert.match(byPrefix('pa-port-exception').body.join('\n'), /# .*targetPort.*not the Service's port/);
    for (const mode of ['ISTIO_MUTUAL', 'DISABLE', 'SIMPLE', 'MUTUAL']) {
      assert.equal(spec(`dr-${mode.toLowerCase().replace('_', '-')}`).trafficPolicy.tls.mode, mode);
    }
    assert.equal(spec('dr-istio-mutual').host, 'payments.finance.svc.cluster.local');
    assert.equal(spec('dr-namespace-istio-mutual').host, '*.finance.svc.cluster.local');
    assert.deepEqual(spec('ap-deny-all'), {});
    assert.deepEqual(spec('ap-allow').rules[0].from[0].source.principals, ['cluster.local/ns/shop/sa/web']);
    assert.deepEqual(
      manifests(expand(byPrefix('ra-jwt'))).map((manifest) => manifest.kind),
      ['RequestAuthentication'],
    );
    const [request, authorization] = manifests(expand(byPrefix('ra-jwt-required')));
    assert.equal(request.kind, 'RequestAuthentication');
    assert.equal(authorization.kind, 'AuthorizationPolicy');
    assert.deepEqual(authorization.spec.selector, request.spec.selector);
    assert.equal(authorization.metadata.namespace, request.metadata.namespace);
    assert.deepEqual(authorization.spec.rules[0].from[0].source, { requestPrincipals: ['*'] });
  });

  it('repeat a value wherever it has to be the same', () => {
    const typed = new Map([
      [1, 'ledger'],
      [2, 'accounts'],
    ]);
    const [rule] = manifests(expand(byPrefix('dr-istio-mutual'), typed));
    assert.equal(rule.metadata.namespace, 'accounts');
    assert.equal(rule.spec.host, 'ledger.accounts.svc.cluster.local');
    const [policy] = manifests(expand(byPrefix('pa-workload-strict'), typed));
    assert.deepEqual(policy.spec.selector.matchLabels, { app: 'ledger' });
    const [all] = manifests(expand(byPrefix('dr-namespace-istio-mutual'), typed));
    assert.equal(all.spec.host, '*.accounts.svc.cluster.local');
  });
});
