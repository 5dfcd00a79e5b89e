// The rules about single objects, whatever is around them: fields, values, versions.
import { fieldUnknown } from './field-unknown';
import type { Rule } from './rule';
import { webhookWarning } from './webhook-warning';

export const OBJECT_RULES: readonly Rule[] = [fieldUnknown, webhookWarning];
