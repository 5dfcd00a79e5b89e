// One case of a peer against Mutual: agreed, out of scope, a difference with a reason, or a difference without.
import { ALL_RULES, checkSnapshot } from '../../server/src/rules';
import { DEFAULT_OPTIONS, type Problem } from '../../server/src/rules/rule';
import { type Snapshot, Workspace } from '../../server/src/workspace/workspace';
import type { PeerCase, PeerFinding } from './cases';
import { OUT_OF_SCOPE, reasonFor } from './reasons';

export interface Comparison {
  readonly peerCase: PeerCase;
  readonly verdict: 'agreed' | 'out-of-scope' | 'explained' | 'open';
  /** Why it is out of scope, or why the two differ. */
  readonly reason: string;
  readonly differences: readonly string[];
}

/** The rules that report what a code stands for: the rules say so themselves. */
const RULES = new Map<string, string[]>();
for (const rule of ALL_RULES)
  for (const code of rule.peers ?? []) RULES.set(code, [...(RULES.get(code) ?? []), rule.id]);

/** Compares what is in scope of both. */
export function compare(peerCase: PeerCase): Comparison {
  const outside = (code: string, kind: string): string | undefined =>
    OUT_OF_SCOPE[`${code} ${kind}`] ?? OUT_OF_SCOPE[code] ?? (RULES.has(code) ? undefined : 'no counterpart');
  const scope = peerCase.scope.filter((code) => RULES.has(code) && OUT_OF_SCOPE[code] === undefined);
  const expect = peerCase.expect.filter(({ code, kind }) => outside(code, kind) === undefined);
  if (scope.length === 0 || (peerCase.expect.length > 0 && expect.length === 0)) {
    const [first] = peerCase.expect;
    const reasons = first ? [outside(first.code, first.kind)] : peerCase.scope.map((code) => outside(code, ''));
    return {
      peerCase,
      verdict: 'out-of-scope',
      reason: reasons.find(Boolean) ?? 'the analyzer is about something else',
      differences: [],
    };
  }
  const { snapshot, problems } = check(peerCase);
  if ([...snapshot.files.values()].every(({ objects }) => objects.length === 0))
    return { peerCase, verdict: 'out-of-scope', reason: 'a kind that does not bear on mutual TLS', differences: [] };
  const differences = [
    ...expect
      .filter((finding) => !problems.some((problem) => isSame(snapshot, problem, finding)))
      .map((finding) => `missing ${words(finding)}`),
    ...(peerCase.exact ? unexpected(snapshot, problems, scope, peerCase) : []),
  ];
  if (differences.length === 0) return { peerCase, verdict: 'agreed', reason: '', differences };
  const reason = reasonFor(peerCase.name, differences);
  return { peerCase, verdict: reason === undefined ? 'open' : 'explained', reason: reason ?? '', differences };
}

function check({ files, mesh }: PeerCase): { snapshot: Snapshot; problems: Problem[] } {
  const workspace = new Workspace();
  const config = Object.keys(mesh).length > 0 ? [['mesh-config.yaml', meshConfig(mesh)] as const] : [];
  workspace.apply({ files: new Map([...files, ...config]) });
  const snapshot = workspace.snapshot();
  return { snapshot, problems: checkSnapshot(snapshot, DEFAULT_OPTIONS) };
}

/** The mesh configuration as the ConfigMap that istiod reads. */
function meshConfig(mesh: Readonly<Record<string, unknown>>): string {
  const { outboundTrafficPolicy, ...rest } = mesh;
  const whole = {
    ...rest,
    ...(typeof outboundTrafficPolicy === 'string' && { outboundTrafficPolicy: { mode: outboundTrafficPolicy } }),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: JSON.stringify(whole) },
  });
}

function isSame(snapshot: Snapshot, problem: Problem, finding: PeerFinding): boolean {
  if (!(RULES.get(finding.code) ?? []).includes(problem.rule)) return false;
  if (finding.name === '') return true;
  const at = objectAt(snapshot, problem);
  if (!at) return false;
  // a finding about pods is told at the policy that bears on them
  const isWorkload = ['Deployment', 'Pod', 'workload'].includes(finding.kind) && at.kind !== finding.kind;
  if (isWorkload) return true;
  const namespace = finding.namespace ?? at.namespace;
  return (
    at.name === finding.name && (at.namespace === '' || at.namespace === namespace) && at.kind.endsWith(finding.kind)
  );
}

function objectAt(snapshot: Snapshot, { uri, range }: Problem) {
  const objects = snapshot.files.get(uri)?.objects ?? [];
  const holder = objects.find(
    ({ source }) => source.document.range.start <= range.start && range.end <= source.document.range.end,
  );
  return holder && { kind: holder.kind, namespace: holder.metadata.namespace, name: holder.metadata.name };
}

/** Errors and warnings within the scope that the peer does not have. The milder ones tell what is not known. */
function unexpected(
  snapshot: Snapshot,
  problems: readonly Problem[],
  scope: readonly string[],
  { expect }: PeerCase,
): string[] {
  return problems
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .flatMap((problem) => {
      const codes = scope.filter((code) => RULES.get(code)!.includes(problem.rule));
      if (codes.length === 0 || expect.some((finding) => isSame(snapshot, problem, finding))) return [];
      const at = objectAt(snapshot, problem);
      return [`${problem.rule} at ${at ? `${at.kind} ${at.namespace}/${at.name}` : problem.uri}: ${problem.message}`];
    });
}

function words({ code, kind, namespace, name }: PeerFinding): string {
  return name === '' ? code : `${code} at ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
