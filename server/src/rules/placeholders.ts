// Manifests that are not whole: templates, patches, and what another repository completes.
import { memoWeakly, perObject } from '../incremental/cells';
import type { KubernetesObject } from '../manifest/object';
import type { Mesh } from '../mesh/mesh';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';

export { isPlaceholder, isTemplate } from '../manifest/placeholder';

/**
 * True when the manifests around `object` seem to be all of a namespace: its Namespace manifest stands in the object's
 * folder or above. Otherwise the rest may be in another repository.
 */
export function isNamespaceHere(mesh: Mesh, namespace: string, object: KubernetesObject): boolean {
  const manifest = mesh.namespaces.get(namespace)?.source.uri;
  return manifest !== undefined && object.source.uri.startsWith(manifest.slice(0, manifest.lastIndexOf('/') + 1));
}

/** True when a kustomization of the workspace uses the object's file as a patch: it is then no whole object. */
export function isPatch(snapshot: Snapshot, object: KubernetesObject): boolean {
  const { uri, document, prefix, rendered } = object.source;
  // a patch has been applied by then
  if (rendered) return false;
  if (prefix.length === 0 && hasPatchDirective(document)) return true;
  return patchFiles(snapshot).has(uri);
}

const hasPatchDirective = perObject(({ text }: YamlDocument) => /^[ \t]*(?:-[ \t]*)?\$patch[ \t]*:/m.test(text));

const patchFiles = memoWeakly(
  (snapshot: Snapshot): ReadonlySet<string> => new Set(snapshot.bringing.flatMap(patchesOf)),
  (before, now) => before.size === now.size && [...now].every((uri) => before.has(uri)),
);

/** Names in the `patches…` lists of a kustomization, as URIs. */
const patchesOf = perObject(({ uri, text }: SourceFile): readonly string[] => {
  if (!/\/kustomization\.ya?ml$|\/Kustomization$/.test(`/${uri}`)) return [];
  const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
  const lists = text.match(/^patches\w*:[^\n]*\n(?:(?:[ \t-][^\n]*)?(?:\n|$))*/gm) ?? [];
  return lists.flatMap((list) =>
    [...list.matchAll(/^[ \t]*(?:-[ \t]*)?(?:path:[ \t]*)?["']?([\w./-]+\.ya?ml)["']?[ \t]*$/gm)].map((match) =>
      resolve(folder, match[1]!),
    ),
  );
});

function resolve(folder: string, name: string): string {
  const steps: string[] = [];
  for (const step of `${folder}${name}`.split('/')) {
    if (step === '..' && steps.length > 0) steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}
