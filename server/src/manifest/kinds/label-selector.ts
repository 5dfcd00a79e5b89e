// Kubernetes' label selectors with expressions, as webhooks and the mesh configuration use them.
import type { Fields } from '../fields';
import type { Labels } from '../object';

export interface LabelExpression {
  readonly key: string;
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`; the API server refuses others. */
  readonly operator: string;
  readonly values: readonly string[];
}
export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly LabelExpression[];
}

/** A selector; an absent one selects everything, as an empty one does. */
export function readLabelSelector(fields: Fields | undefined): LabelSelector {
  return {
    matchLabels: fields?.labels('matchLabels') ?? {},
    matchExpressions: (fields?.objects('matchExpressions') ?? []).map((each) => ({
      key: each.string('key') ?? '',
      operator: each.string('operator') ?? '',
      values: each.strings('values'),
    })),
  };
}

/** apimachinery's labels.Requirement.Matches: `NotIn` holds where the label is absent. */
export function selectsLabels(selector: LabelSelector, labels: Labels): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key);
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => has(key) && labels[key] === value) &&
    selector.matchExpressions.every(({ key, operator, values }) => {
      switch (operator) {
        case 'In':
          return has(key) && values.includes(labels[key]!);
        case 'NotIn':
          return !has(key) || !values.includes(labels[key]!);
        case 'Exists':
          return has(key);
        case 'DoesNotExist':
          return !has(key);
        default:
          return false;
      }
    })
  );
}
