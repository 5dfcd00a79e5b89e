// istio-annotation-invalid: an annotation of a pod is misspelt, or its value is none that Istio takes.
import type { WorkloadObject } from '../manifest/kinds/workload';
import type { Workload } from '../mesh/workload';
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { Snapshot } from '../workspace/workspace';
import { setKey } from './fix-fields';
import { offered } from './fixes';
import { injectables, podPath } from './injection';
import { type AnnotationShape, POD_ANNOTATIONS } from './istio-annotations';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const istioAnnotationInvalid: Rule = {
  id: 'istio-annotation-invalid',
  severity: 'error',
  summary: 'An annotation of a pod is misspelt, or its value is none that Istio takes.',
  happens:
    'With a value that is no list of ports or ranges, or an unknown interception mode, injection fails and the pod is not created. A misspelt name has no effect, which is a warning.',
  remedy: 'Correct the name or the value: ports are numbers with commas between them, or `*`.',
  peers: ['IST0108', 'IST0125'],
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    for (const { workload, object } of injectables(here)) {
      if (workload.dataplane === 'none' || isPatch(snapshot, object)) continue;
      for (const [key, value] of Object.entries(object.spec.template.annotations)) {
        const shape = POD_ANNOTATIONS.get(key);
        const finding = shape ? judgeValue(workload, object, key, value, shape) : misspelt(snapshot, object, key);
        if (finding) yield finding;
      }
    }
  },
};

function misspelt(snapshot: Snapshot, object: WorkloadObject, key: string): Finding | undefined {
  if (!/(?:^|\.)istio\.io\//.test(key)) return undefined;
  const [near] = nearMisses(key, POD_ANNOTATIONS.keys());
  if (near === undefined) return undefined;
  const path = podPath(object, 'annotations', key);
  const taken = object.spec.template.annotations[near] !== undefined;
  return {
    ...placeOf(object, path, 'key'),
    severity: 'warning',
    message: `Istio knows no annotation \`${key}\`, and this has no effect. Did you mean \`${near}\`?`,
    related: [],
    fixes: () => (taken ? [] : offered(setKey(snapshot, object, path, near, `Change to \`${near}\``, true))),
  };
}

function judgeValue(
  workload: Workload,
  object: WorkloadObject,
  key: string,
  value: string,
  shape: AnnotationShape,
): Finding | undefined {
  const expected = isPlaceholder(value) ? undefined : EXPECTED[shape]?.(value);
  if (expected === undefined) return undefined;
  const place = placeOf(object, podPath(object, 'annotations', key));
  if (shape === 'boolean') {
    return {
      ...place,
      severity: 'warning',
      message: `\`${value}\` has no effect: Istio takes ${expected} here.`,
      related: [],
    };
  }
  // only an injected pod is refused
  const certain = workload.dataplane !== 'unknown' && workload.reason.code !== 'injected-by-hand';
  return {
    ...place,
    ...(!certain && { severity: 'warning' as const }),
    message: `Injection fails with this value, and the pod is not created: \`${value}\` is not ${expected}.`,
    related: [],
  };
}

type Judge = (value: string) => string | undefined;

const isPortNumber = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 0 && Number(text) <= 65535;
const isRange = (text: string): boolean => /^[0-9a-fA-F.:]+\/\d{1,3}$/.test(text);
const items = (value: string): string[] => value.split(',').map((text) => text.trim());

/** What a value should be, where it is not. */
const EXPECTED: Readonly<Partial<Record<AnnotationShape, Judge>>> = {
  ports: (value) =>
    value === '' || value === '*' || items(value).every((text) => text === '' || isPortNumber(text))
      ? undefined
      : 'a list of ports with commas between them',
  ranges: (value) =>
    value === '' || value === '*' || items(value).every(isRange)
      ? undefined
      : 'a list of address ranges (`10.0.0.0/8`) with commas between them',
  boolean: (value) =>
    /^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value) ? undefined : '`"true"` and `"false"`',
  interception: (value) => (['REDIRECT', 'TPROXY', 'NONE'].includes(value) ? undefined : 'REDIRECT, TPROXY or NONE'),
};
