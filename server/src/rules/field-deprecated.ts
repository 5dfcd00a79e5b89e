// field-deprecated: a field that Istio keeps for old manifests only.
import type { KubernetesObject } from '../manifest/object';
import { objectName, placeOf } from '../words/names';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { isPatch } from './placeholders';
import type { Finding, Rule } from './rule';
import { objectsIn } from './written';

export const fieldDeprecated: Rule = {
  id: 'field-deprecated',
  severity: 'information',
  summary: 'A field that Istio keeps for old manifests only.',
  happens: 'It works as long as Istio keeps it; the field that took its place can say more.',
  remedy: 'Use the field that the message names.',
  peers: ['IST0002', 'IST0133'],
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of objectsIn(snapshot, file)) {
      const deprecated = DEPRECATED[object.kind];
      if (!deprecated || isPatch(snapshot, object)) continue;
      for (const [pattern, instead] of deprecated) {
        for (const path of pathsOf(object, pattern.split('.'))) {
          const place = placeOf(object, path, 'key');
          if (place.uri !== file.uri) continue;
          yield {
            ...place,
            message: `\`${path.at(-1)}\` of \`${objectName(object)}\` is deprecated: use ${instead}.`,
            related: [],
          };
        }
      }
    }
  },
};

const POLICIES = ['spec.trafficPolicy', 'spec.trafficPolicy.portLevelSettings.*', 'spec.subsets.*.trafficPolicy'];
const inPolicies = (field: string, instead: string): [string, string][] =>
  POLICIES.map((policy) => [`${policy}.${field}`, instead]);

/** Paths with `*` for any item, each with what took the field's place. */
const DEPRECATED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  DestinationRule: [
    ...inPolicies('outlierDetection.consecutiveErrors', '`consecutive5xxErrors` or `consecutiveGatewayErrors`'),
    ...inPolicies('loadBalancer.consistentHash.minimumRingSize', '`ringHash.minimumRingSize`'),
    ...inPolicies('loadBalancer.warmupDurationSecs', '`warmup.duration`'),
  ],
  VirtualService: [
    ['spec.http.*.mirrorPercent', '`mirrorPercentage`'],
    ['spec.http.*.fault.delay.percent', '`percentage`'],
    ['spec.http.*.corsPolicy.allowOrigin', '`allowOrigins`'],
  ],
  Sidecar: [['spec.outboundTrafficPolicy.egressProxy', 'a ServiceEntry with a VirtualService']],
};

/** The fields that a pattern finds. */
function pathsOf({ source }: KubernetesObject, pattern: readonly string[]): Path[] {
  const { document, prefix } = source;
  let paths: Path[] = [[]];
  for (const step of pattern) {
    paths = paths.flatMap((path) => {
      const value = valueAt(document.value, [...prefix, ...path]);
      if (step === '*') return Array.isArray(value) ? value.map((_, index) => [...path, index]) : [];
      const next = (value as Readonly<Record<string, unknown>> | null | undefined)?.[step];
      return next === undefined || next === null ? [] : [[...path, step]];
    });
  }
  return paths;
}
