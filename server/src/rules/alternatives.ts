// Objects that several files define, or that stand for one another: a person applies one of them, or their age decides.
// What a rule finds by looking at one of them alone hangs on that, so it says so and is information.
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { type KubernetesObject, refKey, refOf } from '../manifest/object';
import type { MeshNamespace } from '../mesh/mesh';
import { objectName, type Place } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { gathered } from './gather';
import type { Finding, Rule } from './rule';

/** Rules whose findings come of several objects that act together, of which each has to be the one in force. */
const RESTS_ON_WHAT_IS_IN_FORCE: ReadonlySet<string> = new Set([
  'ambient-client-refused',
  'client-without-identity',
  'client-without-sidecar-refused',
  'destination-rule-unused',
  'exception-too-wide',
  'headless-mixed',
  'host-not-imported',
  'identity-avoidable',
  'identity-refused',
  'identity-without-mtls',
  'istio-mtls-rejected',
  'jwks-unreachable',
  'outside-client-refused',
  'permissive-left-on',
  'plaintext-refused',
  'port-excluded-refused',
  'probe-refused',
  'subset-selects-nothing',
  'tls-lost-on-port',
  'tls-refused',
  'token-never-accepted',
  'virtual-service-subset-unknown',
]);

/** Two objects of different files of which only one counts, and no manifest tells which. */
interface Dispute {
  readonly one: KubernetesObject;
  readonly other: KubernetesObject;
}

const disputes = gathered((view, here): readonly Dispute[] => [
  ...repeated(view, here),
  ...policiesOfOneScope(view, here),
  ...rulesOfOneHost(view, here),
]);

/** What is found, with findings that hang on a choice between files turned into information. */
export function* withAlternatives(rule: Rule, findings: Iterable<Finding>, view: MeshView): Generator<Finding> {
  for (const finding of findings) {
    const severity = finding.severity ?? rule.severity;
    const isGrave = severity === 'error' || severity === 'warning';
    const dispute = isGrave && RESTS_ON_WHAT_IS_IN_FORCE.has(rule.id) ? disputeAbout(view, finding) : undefined;
    yield dispute
      ? { ...finding, severity: 'information', message: `${finding.message} ${conditionOf(dispute)}` }
      : finding;
  }
}

/** The dispute in which the finding takes a side. */
function disputeAbout(view: MeshView, finding: Finding): Dispute | undefined {
  const all = disputes(view);
  if (all.length === 0) return undefined;
  const places: readonly Place[] = [finding, ...finding.related];
  for (const dispute of all) {
    const { one, other } = dispute;
    if (places.some((place) => isIn(one, place))) return dispute;
    if (places.some((place) => isIn(other, place))) return { one: other, other: one };
  }
  return undefined;
}

function isIn({ source }: KubernetesObject, { uri, range }: Place): boolean {
  const own = source.document.range;
  return source.uri === uri && own.start <= range.start && range.start <= own.end;
}

function conditionOf({ one, other }: Dispute): string {
  if (refKey(refOf(one)) === refKey(refOf(other))) {
    return `That is so if \`${objectName(one)}\` is applied from ${fileOf(one)}: ${fileOf(other)} defines it otherwise.`;
  }
  return `That is so if \`${objectName(one)}\` counts: \`${objectName(other)}\` is for the same, and of the two the older one does.`;
}

function fileOf({ source }: KubernetesObject): string {
  return `\`${decodeURIComponent(source.uri.slice(source.uri.lastIndexOf('/') + 1))}\``;
}

/** One object defined in two files, where the definitions differ. */
function* repeated({ mesh }: MeshView, here: MeshNamespace): Iterable<Dispute> {
  for (const object of here.ignored) {
    const { code, winner } = mesh.ignoredReason(object) ?? {};
    if (code !== 'repeated' || !winner || winner.source.uri === object.source.uri) continue;
    if (JSON.stringify(object.spec) !== JSON.stringify(winner.spec)) yield { one: winner, other: object };
  }
}

/** PeerAuthentications of which the older one counts, in two files. */
function* policiesOfOneScope(view: MeshView, here: MeshNamespace): Iterable<Dispute> {
  if (here.peerAuthentications.length < 2) return;
  const pairs: (readonly [PeerAuthentication, PeerAuthentication])[] = [...view.mtls.policies.of(here.name).duplicates];
  if (here.peerAuthentications.filter(({ spec }) => spec.selector).length > 1) {
    for (const pod of here.workloads) {
      for (const { policy, reason, winner } of view.mtls.policyOf(pod).lost) {
        if (reason === 'older-policy' && winner) pairs.push([policy, winner]);
      }
    }
  }
  for (const [policy, winner] of pairs) {
    const isDated = policy.metadata.creationTime !== winner.metadata.creationTime;
    if (isDated || policy.source.uri === winner.source.uri) continue;
    if (JSON.stringify(policy.spec) !== JSON.stringify(winner.spec)) yield { one: winner, other: policy };
  }
}

/** DestinationRules for one host of which the older one's `trafficPolicy` counts, in two files. */
function* rulesOfOneHost({ mtls }: MeshView, here: MeshNamespace): Iterable<Dispute> {
  if (here.destinationRules.length < 2) return;
  const { local, exported } = mtls.rules(here.name);
  for (const [, entries] of [...local.entries(), ...exported.entries()]) {
    for (const { from, policyFrom } of entries) {
      if (!policyFrom) continue;
      for (const rule of from) {
        const isDated = rule.metadata.creationTime !== policyFrom.metadata.creationTime;
        if (isDated || rule.source.uri === policyFrom.source.uri || !rule.spec.trafficPolicy) continue;
        const isSame = JSON.stringify(rule.spec.trafficPolicy) === JSON.stringify(policyFrom.spec.trafficPolicy);
        if (!isSame) yield { one: policyFrom, other: rule };
      }
    }
  }
}
