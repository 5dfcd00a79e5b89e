// field-deprecated: a field or annotation that Istio keeps for old manifests only.
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import type { KubernetesObject, Labels } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
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
  summary: 'A field or annotation that Istio keeps for old manifests only.',
  happens: 'It works as long as Istio keeps it; what took its place can say more.',
  remedy: 'Use what the message names.',
  peers: ['IST0002', 'IST0133', 'IST0135'],
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of objectsIn(snapshot, file)) {
      if (isPatch(snapshot, object)) continue;
      for (const { path, key, instead } of annotationsOf(object)) {
        const place = placeOf(object, path, 'key');
        if (place.uri !== file.uri) continue;
        yield {
          ...place,
          message: `The annotation \`${key}\` of \`${objectName(object)}\` is deprecated: ${instead}.`,
          related: [],
        };
      }
      for (const [pattern, instead] of DEPRECATED[object.kind] ?? []) {
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

/** istio/api annotation/annotations.yaml: what is deprecated there, with what took its place. */
const ANNOTATIONS: ReadonlyMap<string, string> = new Map([
  ['sidecar.istio.io/controlPlaneAuthPolicy', 'use `controlPlaneAuthPolicy` in `proxy.istio.io/config`'],
  ['sidecar.istio.io/discoveryAddress', 'use `discoveryAddress` in `proxy.istio.io/config`'],
  ['sidecar.istio.io/statsInclusionPrefixes', 'use `proxyStatsMatcher` in `proxy.istio.io/config`'],
  ['sidecar.istio.io/statsInclusionSuffixes', 'use `proxyStatsMatcher` in `proxy.istio.io/config`'],
  ['sidecar.istio.io/statsInclusionRegexps', 'use `proxyStatsMatcher` in `proxy.istio.io/config`'],
  ['traffic.sidecar.istio.io/kubevirtInterfaces', 'use `istio.io/reroute-virtual-interfaces`'],
  ['alpha.istio.io/identity', 'nothing reads it'],
  ['alpha.istio.io/kubernetes-serviceaccounts', 'nothing took its place'],
  ['alpha.istio.io/canonical-serviceaccounts', 'nothing took its place'],
]);

function annotationsOf(object: KnownObject): { path: Path; key: string; instead: string }[] {
  const holders: { path: Path; annotations: Labels }[] = [{ path: [], annotations: object.metadata.annotations }];
  if (isWorkload(object)) holders.push(object.spec.template);
  return holders.flatMap(({ path, annotations }) =>
    Object.keys(annotations).flatMap((key) => {
      const instead = ANNOTATIONS.get(key);
      return instead === undefined ? [] : [{ path: [...path, 'metadata', 'annotations', key], key, instead }];
    }),
  );
}

function isWorkload(object: KnownObject): object is WorkloadObject {
  return WORKLOAD_KINDS.some((kind) => kind === object.kind);
}

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
  return pathsIn(valueAt(document.value, prefix), pattern, []);
}

function pathsIn(value: unknown, [step, ...rest]: readonly string[], path: Path): Path[] {
  if (value === undefined || value === null) return [];
  if (step === undefined) return [path];
  if (step !== '*') return pathsIn((value as Readonly<Record<string, unknown>>)[step], rest, [...path, step]);
  return Array.isArray(value) ? value.flatMap((item, index) => pathsIn(item, rest, [...path, index])) : [];
}
