// The rules about single objects, whatever is around them: fields, values, versions.
import { apiVersionOld } from './api-version-old';
import { fieldDeprecated } from './field-deprecated';
import { fieldUnknown } from './field-unknown';
import { legacyObject } from './legacy-object';
import type { Rule } from './rule';
import { webhookWarning } from './webhook-warning';

export const OBJECT_RULES: readonly Rule[] = [
  fieldUnknown,
  webhookWarning,
  legacyObject,
  fieldDeprecated,
  apiVersionOld,
];
