// One file of the workspace, as it is now.
import { perObject } from '../incremental/cells';
import { refKey, refOf } from '../manifest/object';
import { isTemplate } from '../manifest/placeholder';
import { type KnownObject, readObjects } from '../manifest/read';
import type { YamlDocument } from '../yaml/document';
import { type PlacedDocument, placeDocuments } from '../yaml/document';
import { lineStarts } from '../yaml/range';

export interface SourceFile {
  readonly uri: string;
  readonly text: string;
  /** Offsets of the line beginnings. */
  readonly lines: readonly number[];
  readonly documents: readonly YamlDocument[];
  /** Objects of the kinds that Mutual knows, in file order. */
  readonly objects: readonly KnownObject[];
}

const documentsOf = new WeakMap<SourceFile, readonly PlacedDocument[]>();
const objectsOf = new WeakMap<PlacedDocument, readonly KnownObject[]>();

/**
 * Reads a file.
 * @param before what it was: documents whose text is still there are kept, with their objects, and only moved
 */
export function readFile(uri: string, text: string, before: SourceFile | undefined): SourceFile {
  const documents = placeDocuments(text, before && documentsOf.get(before));
  const objects = documents.flatMap((document) => {
    let own = objectsOf.get(document);
    if (!own) {
      own = readObjects(uri, document);
      objectsOf.set(document, own);
    }
    return own;
  });
  let lines: readonly number[] | undefined;
  const file: SourceFile = {
    uri,
    text,
    get lines() {
      lines ??= lineStarts(text);
      return lines;
    },
    documents,
    objects,
  };
  documentsOf.set(file, documents);
  return file;
}

/** What a file defines, as keys that tell objects apart. */
export function keysOf({ objects }: SourceFile): readonly string[] {
  return objects.map((object) => refKey(refOf(object)));
}

const makesServices = perObject(
  ({ text }: YamlDocument) => isTemplate(text) && /^[ \t]*kind:[ \t]*Service\b/m.test(text),
);

/** True for a file with templates of Services: what will be in the cluster is then not all in sight. */
export function hasServiceTemplate({ documents }: SourceFile): boolean {
  return documents.some(makesServices);
}

/** True for files by which others are put together, so that a change of them may change what is deployed together. */
export function bringsOthers(uri: string): boolean {
  return /\/(?:kustomization\.ya?ml|Kustomization|Chart\.yaml)$/.test(`/${uri}`);
}
