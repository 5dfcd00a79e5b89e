// All rules, and the one call that runs them: every finding of a snapshot as a problem with its severity in force.
import type { MeshView, Snapshot } from '../workspace/workspace';
import { acrossMeshes } from './across-meshes';
import { AMBIENT_RULES } from './ambient-rules';
import { asIfInstalled, conditional } from './as-if-installed';
import { clientWithoutSidecarRefused } from './client-without-sidecar-refused';
import { canJudge } from './completeness';
import { destinationRuleHostUnknown } from './destination-rule-host-unknown';
import { destinationRuleMissing } from './destination-rule-missing';
import { istioMtlsRejected } from './istio-mtls-rejected';
import { kustomizationBroken } from './kustomization-broken';
import { kustomizationIncomplete } from './kustomization-incomplete';
import { objectRejected } from './object-rejected';
import { objectRepeated } from './object-repeated';
import { peerAuthenticationIgnored } from './peer-authentication-ignored';
import { peerAuthenticationMissing } from './peer-authentication-missing';
import { peerAuthenticationSelectsNothing } from './peer-authentication-selects-nothing';
import { permissiveLeftOn } from './permissive-left-on';
import { isTemplate } from './placeholders';
import { plaintextRefused } from './plaintext-refused';
import { POLICY_RULES } from './policy-rules';
import { revisionNotRead } from './revision-not-read';
import type { Finding, Problem, Rule, RuleOptions, Severity } from './rule';
import { ignoreFix, suppressionUnused, withoutAccepted } from './suppression';
import { tlsRefused } from './tls-refused';
import {
  DESTINATION_RULE_RULES,
  INJECTION_RULES,
  OUTCOME_RULES,
  PEER_AUTHENTICATION_RULES,
  POSTURE_RULES,
} from './traffic-rules';
import { yamlSyntax } from './yaml-syntax';

/** Every rule, in the order of the documentation: what breaks, what does not do what it says, posture. */
export const ALL_RULES: readonly Rule[] = [
  yamlSyntax,
  kustomizationBroken,
  objectRejected,
  plaintextRefused,
  istioMtlsRejected,
  tlsRefused,
  clientWithoutSidecarRefused,
  ...OUTCOME_RULES,
  destinationRuleHostUnknown,
  ...DESTINATION_RULE_RULES,
  peerAuthenticationSelectsNothing,
  ...POLICY_RULES,
  ...AMBIENT_RULES,
  peerAuthenticationIgnored,
  ...PEER_AUTHENTICATION_RULES,
  ...INJECTION_RULES,
  objectRepeated,
  revisionNotRead,
  permissiveLeftOn,
  destinationRuleMissing,
  peerAuthenticationMissing,
  ...POSTURE_RULES,
  kustomizationIncomplete,
  suppressionUnused,
];

/** Told of a rule that threw, instead of the whole check failing. */
export type RuleErrorHandler = (error: unknown, rule: Rule, mesh: string | undefined) => void;

/**
 * Every problem of a snapshot, ordered by file, place and rule.
 * @param uris the files that are reported; all where absent
 * @param onError gets the error of a rule that throws, while the others go on; without it the error is thrown
 */
export function checkSnapshot(
  snapshot: Snapshot,
  options: RuleOptions,
  uris?: ReadonlySet<string>,
  onError?: RuleErrorHandler,
): Problem[] {
  const problems = new Map<string, Problem & { meshes: string[] }>();
  const collect = (rule: Rule, view: MeshView | undefined, findings: () => Iterable<Finding>): void => {
    try {
      for (const finding of findings()) {
        if ((uris && !uris.has(finding.uri)) || (view?.kind !== 'chart' && isInTemplate(snapshot, finding))) continue;
        const severity = severityOf(rule, finding, options);
        if (severity === 'off') continue;
        const key = `${rule.id} ${finding.range.start} ${finding.range.end} ${finding.uri} ${finding.message}`;
        const same = problems.get(key);
        if (!same) problems.set(key, { ...finding, rule: rule.id, severity, meshes: view ? [view.name] : [] });
        else if (view && !same.meshes.includes(view.name)) same.meshes.push(view.name);
      }
    } catch (error) {
      if (!onError) throw error;
      onError(error, rule, view?.name);
    }
  };
  const files = [...snapshot.files.values()].filter((file) => !uris || uris.has(file.uri));
  const views = snapshot.meshes.filter((view) => !uris || view.files.some((uri) => uris.has(uri)));
  for (const rule of ALL_RULES) {
    if (options.severities[rule.id] === 'off') continue;
    const { check, checkMesh, checkFile } = rule;
    if (checkFile) for (const file of files) collect(rule, undefined, () => checkFile(file, snapshot));
    const all = function* (view: MeshView): Iterable<Finding> {
      for (const name of check ? view.mesh.namespaceNames : [])
        yield* check!({ snapshot, view, here: view.mesh.in(name), options });
      if (checkMesh) yield* checkMesh({ snapshot, view, options });
    };
    if (!check && !checkMesh) continue;
    for (const view of views) {
      if (!canJudge(rule, view)) continue;
      collect(rule, view, () => all(view));
      // only what fails is worth telling on a condition
      if (rule.severity !== 'error') continue;
      collect(rule, view, () => {
        const assumed = asIfInstalled(view);
        if (!assumed) return [];
        return [...conditional(rule, all(assumed.view), assumed)].filter((finding) => {
          const there = [...problems].filter(
            ([, each]) => each.rule === rule.id && placeKey(each) === placeKey(finding),
          );
          if (there.some(([, each]) => rank(each.severity) <= rank('warning'))) return false;
          // it says more than what holds whether or not they are installed
          for (const [key] of there) problems.delete(key);
          return true;
        });
      });
    }
  }
  const isChecked = (rule: string): boolean => options.severities[rule] !== 'off';
  const { left, unused } = withoutAccepted(
    snapshot,
    acrossMeshes(snapshot, [...problems.values()]),
    ALL_RULES,
    files,
    isChecked,
  );
  problems.clear();
  if (isChecked(suppressionUnused.id)) collect(suppressionUnused, undefined, () => unused);
  return [...left.map((problem) => ignorable(snapshot, problem)), ...problems.values()].sort(inFileOrder);
}

/** Every problem can be accepted where it is. */
function ignorable(snapshot: Snapshot, problem: Problem): Problem {
  return {
    ...problem,
    fixes: () => [...(problem.fixes?.() ?? []), ...ignoreFix(snapshot, problem, problem.rule)],
  };
}

function placeKey({ uri, range }: Finding): string {
  return `${uri} ${range.start} ${range.end}`;
}

/** Of a document that is still to be rendered nothing certain can be said, even where it happens to be YAML. */
function isInTemplate(snapshot: Snapshot, { uri, range }: Finding): boolean {
  const documents = snapshot.files.get(uri)?.documents ?? [];
  const holder = documents.find((each) => each.range.start <= range.start && range.start <= each.range.end);
  return holder !== undefined && isTemplate(holder.text);
}

const ORDER: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/** A setting takes the place of the rule's severity; a finding milder than its rule never grows above it. */
function severityOf(rule: Rule, finding: Finding, options: RuleOptions): Severity | 'off' {
  const own = finding.severity ?? rule.severity;
  const stated = options.severities[rule.id];
  if (stated === undefined || stated === 'off') return stated ?? own;
  return rank(own) > rank(rule.severity) && rank(own) > rank(stated) ? own : stated;
}

function rank(severity: Severity): number {
  return ORDER.indexOf(severity);
}

function inFileOrder(a: Problem, b: Problem): number {
  const text = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0);
  return (
    text(a.uri, b.uri) ||
    a.range.start - b.range.start ||
    a.range.end - b.range.end ||
    text(a.rule, b.rule) ||
    text(a.message, b.message)
  );
}
