// What keeps a kustomization from being built, in words.
import type { KustomizeProblem, KustomizeProblemCode } from '../kustomize/problem';

type Data = Readonly<Record<string, string>>;

const SHAPES: Readonly<Record<string, string>> = {
  text: 'a text',
  texts: 'a list of texts',
  maps: 'a list of mappings',
  map: 'a mapping',
  labels: 'a mapping of texts',
  'true-or-false': '`true` or `false`',
  operations: 'a list of JSON 6902 operations',
  scalar: 'a single value',
  list: 'a list',
};

function shape(name: string | undefined): string {
  return SHAPES[name ?? ''] ?? `\`${name}\``;
}

const WORDS: Readonly<Record<KustomizeProblemCode, (data: Data) => string>> = {
  'kustomization-missing': () => 'the folder has no kustomization file',
  'kustomization-ambiguous': () => 'the folder has more than one kustomization file',
  'kustomization-empty': () => 'the kustomization says nothing',
  'kustomization-invalid': ({ unknown, field, found, expected }) => {
    if (unknown !== undefined) return `kustomizations have no field \`${unknown}\``;
    if (field === undefined) return `a kustomization must be ${shape(expected)}`;
    if (found === undefined) return `\`${field}\` must be ${shape(expected)}`;
    return expected === undefined
      ? `\`${found}\` does not fit into \`${field}\``
      : `\`${field}\` must be \`${expected}\`, not \`${found}\``;
  },
  'file-missing': ({ file }) => `there is no \`${file}\``,
  cycle: ({ folder }) => `\`${folder}\` holds or includes this kustomization itself`,
  'wrong-kind': ({ expected }) =>
    expected === 'Component'
      ? 'this is no Component, and belongs to `resources`'
      : 'this is a Component, and belongs to `components`',
  'not-yaml': () => 'the file is not valid YAML',
  'not-an-object': ({ missing, kind }) =>
    missing === 'item'
      ? 'a list has an item with nothing in it'
      : `${kind === undefined ? 'a document here' : `a \`${kind}\``} has no \`${missing}\``,
  'object-repeated': ({ object }) => `\`${object}\` is there twice`,
  'patch-invalid': ({ missing, expected, pattern, selector, reason }) => {
    if (missing !== undefined) return `the patch has no \`${missing}\``;
    if (expected !== undefined) return `the patch must be ${shape(expected)}`;
    if (pattern !== undefined) return `\`${pattern}\` is not a regular expression`;
    if (selector !== undefined) return `\`${selector}\` is not a selector`;
    if (reason === 'both') return 'a patch has either `patch` or `path`, not both';
    return reason === 'several-with-target'
      ? 'a patch with a `target` has one document, not several'
      : 'the patch cannot be read';
  },
  'patch-target-missing': ({ object, found }) =>
    found === '0'
      ? `no object \`${object}\` is there for this patch`
      : `${found} objects fit \`${object}\`, and this patch needs one`,
  'patch-without-effect': () => 'this target selects no object, so the patch changes nothing',
  'patch-failed': ({ operation, path, expected, found, directive }) => {
    if (operation !== undefined) return `\`${operation}\` cannot be done at \`${path}\``;
    if (directive !== undefined) return `\`${directive}\` is not a directive of a patch`;
    if (expected !== undefined) return `the patch has ${shape(found)} where the object has ${shape(expected)}`;
    return 'what the patch leaves is not an object';
  },
  'field-not-found': ({ path, step }) =>
    path === undefined
      ? `\`${step}\` cannot be written below a single value`
      : `there is no field \`${path}\` to change`,
  'replacement-source-missing': ({ object, found, path, missing, delimiter, index }) => {
    if (missing !== undefined) return `the replacement has no \`${missing}\``;
    if (path !== undefined) return `\`${object}\` has no field \`${path}\` to take the value from`;
    if (delimiter !== undefined || index !== undefined) return 'the value has no such part';
    return found === '0'
      ? `no object \`${object}\` is there to take the value from`
      : `${found} objects fit \`${object}\`, and the replacement needs one`;
  },
  'generator-invalid': ({ missing, repeated, literal, file, object, behavior }) => {
    if (missing !== undefined) return `the generator has no \`${missing}\``;
    if (repeated !== undefined) return `the key \`${repeated}\` is there twice`;
    if (literal !== undefined) return `\`${literal}\` is not of the form \`key=value\``;
    if (file !== undefined) return `\`${file}\` is not of the form \`key=file\``;
    return `\`${behavior}\` does not fit what there is of \`${object}\``;
  },
  'replica-target-missing': ({ name }) => `nothing called \`${name}\` has replicas`,
  'variable-unresolved': ({ name, repeated }) =>
    repeated === undefined
      ? `nothing gives the variable \`${name}\` a value`
      : `the variable \`${repeated}\` is there twice`,
  'reference-ambiguous': ({ name }) => `\`${name}\` may be any of several objects`,
};

/** What is wrong, as a clause without a full stop. */
export function kustomizeProblemWords({ code, data }: KustomizeProblem): string {
  return WORDS[code](data);
}
