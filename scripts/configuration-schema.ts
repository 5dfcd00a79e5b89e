// The JSON schema of mutual.yaml, made from the same table of fields that its reader uses.
import type { Rule } from '../server/src/rules/rule';
import {
  CONFIGURATION_FIELDS,
  type ConfigurationField,
  type ConfigurationFields,
  SEVERITY_NAMES,
} from '../server/src/workspace/configuration-fields';

/** @param rules in the order in which editors offer them */
export function configurationSchema(rules: readonly Rule[]): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://mutual-istio.dev/schemas/mutual.schema.json',
    title: 'mutual.yaml',
    description: 'What Mutual is told of a repository. Everything is optional.',
    ...objectOf(CONFIGURATION_FIELDS, [], rules),
  };
}

function objectOf(fields: ConfigurationFields, required: readonly string[], rules: readonly Rule[]): object {
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field, rules)])),
  };
}

function schemaOf(field: ConfigurationField, rules: readonly Rule[]): object {
  // editors that know no Markdown in schemas show the plain text
  const text = { description: field.description.replaceAll('`', ''), markdownDescription: field.description };
  switch (field.type) {
    case 'text':
      // an unquoted version is a number to YAML
      return { type: field.pattern ? ['string', 'number', 'null'] : ['string', 'null'], ...text, ...patternOf(field) };
    case 'one-of':
      return { enum: [...field.values, ...(field.values.includes('on') ? [true, false] : []), null], ...text };
    case 'boolean':
      return { type: ['boolean', 'null'], ...text };
    case 'texts':
      return { type: ['array', 'null'], items: { type: 'string' }, ...text };
    case 'severities':
      return {
        type: ['object', 'null'],
        additionalProperties: false,
        properties: Object.fromEntries(rules.map((rule) => [rule.id, severityOf(rule)])),
        ...text,
      };
    case 'fields':
      return { ...objectOf(field.fields, [], rules), ...text };
    case 'list':
      return { type: ['array', 'null'], items: objectOf(field.fields, field.required, rules), ...text };
  }
}

function patternOf({ pattern }: { readonly pattern?: string }): object {
  return pattern === undefined ? {} : { pattern };
}

function severityOf({ severity, summary }: Rule): object {
  return {
    // to editors that read YAML as Kubernetes does, `off` is false
    enum: [...SEVERITY_NAMES, false],
    default: severity,
    description: summary.replaceAll('`', ''),
    markdownDescription: summary,
  };
}
