// What `helm template` prints, cut into its documents with the templates that they come from.
import { isMapping } from '../manifest/fields';
import { parseDocuments } from '../yaml/document';

export interface RenderedDocument {
  /** The template's path below the chart, such as `templates/web.yaml` or `charts/db/templates/db.yaml`. */
  readonly template: string;
  readonly value: unknown;
}

export interface RenderedOutput {
  readonly documents: readonly RenderedDocument[];
  /** Templates of which something that was printed is no YAML. */
  readonly broken: readonly string[];
}

/**
 * Reads the output of `helm template`, where a comment names the template of each document
 * (helm: pkg/action/action.go:renderResources). Never throws.
 * @returns undefined for an output that no `helm template` prints
 */
export function readRendered(output: string): RenderedOutput | undefined {
  const documents: RenderedDocument[] = [];
  const broken = new Set<string>();
  for (const document of parseDocuments(output)) {
    // comments before a document belong to what splits as its text
    const source = /^# Source: [^/\r\n]+\/([^\r\n]+?)[ \t]*\r?$/m.exec(document.text)?.[1];
    if (source === undefined) return undefined;
    if (document.problems.some(({ severity }) => severity === 'error')) broken.add(source);
    else if (isMapping(document.value)) documents.push({ template: source, value: document.value });
  }
  return { documents, broken: [...broken] };
}
