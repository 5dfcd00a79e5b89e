// Cases of other checkers: manifests with what istioctl, Kiali or istiod's validation say about them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** A finding that a peer has, or must not have. */
export interface PeerFinding {
  readonly code: string;
  /** Empty: anywhere in the case. */
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface PeerCase {
  readonly peer: 'istioctl' | 'kiali' | 'validation';
  readonly name: string;
  /** By URI. */
  readonly files: ReadonlyMap<string, string>;
  /** Codes that are compared; others may well hold. */
  readonly scope: readonly string[];
  readonly expect: readonly PeerFinding[];
  /** True when nothing but `expect` may be found within the scope. */
  readonly exact: boolean;
  readonly mesh: Readonly<Record<string, unknown>>;
}

/** Every case in a folder of cases. */
export function readPeerCases(folder: string): PeerCase[] {
  return readdirSync(folder)
    .sort()
    .filter((name) => existsSync(path.join(folder, name, 'expected.json')))
    .map((name) => readCase(folder, name));
}

function readCase(folder: string, name: string): PeerCase {
  const place = path.join(folder, name);
  const expected = JSON.parse(readFileSync(path.join(place, 'expected.json'), 'utf8'));
  const files = readManifests(place, '');
  if ('layer' in expected) return validationCase(name, files, expected);
  const expect: PeerFinding[] = expected.expect.map(
    (each: { code: string; kind: string; namespace: string | null; name: string }) => ({
      code: each.code,
      kind: each.kind,
      namespace: each.namespace ?? undefined,
      name: each.name,
    }),
  );
  if ('analyzer' in expected) {
    for (const implicit of expected.implicitResources ?? []) {
      const file = path.join(folder, implicit);
      if (existsSync(file) && statSync(file).isFile()) files.set(path.basename(implicit), readFileSync(file, 'utf8'));
    }
    const scope = [...new Set([...expect.map(({ code }) => code), ...(ANALYZER_CODES[expected.analyzer] ?? [])])];
    return { peer: 'istioctl', name, files, scope, expect, exact: true, mesh: {} };
  }
  const { enableAutoMtls, ...mesh } = expected.meshConfig ?? {};
  return {
    peer: 'kiali',
    name,
    files,
    scope: expected.scope,
    expect,
    exact: expected.exact,
    mesh: { ...mesh, ...(typeof enableAutoMtls === 'boolean' && { enableAutoMtls }) },
  };
}

/** Codes of analyzers, for the cases in which they find nothing. */
const ANALYZER_CODES: Readonly<Record<string, readonly string[]>> = {
  'auth.AuthorizationPoliciesAnalyzer': ['IST0127'],
  'destinationrule.SubsetSelectPodAnalyzer': ['IST0173'],
  'injection.Analyzer': ['IST0123'],
  'k8sgateway.SelectorAnalyzer': ['IST0166'],
};

/** The verdict about one object, as the codes under which istioctl reports it. */
function validationCase(
  name: string,
  files: Map<string, string>,
  { kind, valid, warning }: { kind: string; valid: boolean; warning: boolean | null },
): PeerCase {
  const finding = (code: string): PeerFinding => ({ code, kind, namespace: undefined, name: '' });
  const expect = [...(valid ? [] : [finding('IST0106')]), ...(valid && warning ? [finding('IST0133')] : [])];
  const scope = ['IST0106', ...(valid && warning !== null ? ['IST0133'] : [])];
  return { peer: 'validation', name, files, scope, expect, exact: true, mesh: {} };
}

function readManifests(folder: string, prefix: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(folder).sort()) {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory())
      for (const [uri, text] of readManifests(file, `${prefix}${name}/`)) files.set(uri, text);
    else if (/\.ya?ml$/.test(name)) files.set(prefix + name, readFileSync(file, 'utf8'));
  }
  return files;
}
