// Changes that mend problems, as several rules offer them. Each gives undefined where it cannot be made safely.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { type KubernetesObject, type Labels, selects } from '../manifest/object';
import type { MeshService } from '../mesh/service';
import { shortHost } from '../words/names';
import type { MeshView, Snapshot, SourceFile } from '../workspace/workspace';
import {
  appendDocuments,
  insertInto,
  removeEntry,
  renameKey,
  replaceScalar,
  styleOf,
  type TextEdit,
  type Tree,
  valueAt,
} from '../yaml/edit';
import type { Path } from '../yaml/range';
import { editable, isAsWritten, removable } from './editable';
import type { Fix } from './rule';
import { isContested } from './traffic';

/** The file that holds `object`. */
export function fileOf(snapshot: Snapshot, object: KubernetesObject): SourceFile | undefined {
  return snapshot.files.get(object.source.uri);
}

function fix(title: string, uri: string, edit: TextEdit | undefined, preferred = false): Fix | undefined {
  return edit && { title, edits: new Map([[uri, [edit]]]), ...(preferred && { preferred }) };
}

/** Drops what could not be made. */
export function offered(...fixes: readonly (Fix | undefined)[]): Fix[] {
  return fixes.filter((each) => each !== undefined);
}

/** Sets a scalar field. */
export function setField(
  snapshot: Snapshot,
  object: KubernetesObject,
  path: Path,
  value: string,
  title: string,
  preferred = false,
): Fix | undefined {
  const at = editable(snapshot, object, path);
  return at && fix(title, at.file.uri, replaceScalar(at.file.text, at.document, at.path, value), preferred);
}

/** Sets `mode` in the `tls` block at `path`, which need not state one yet. */
export function setTlsMode(
  snapshot: Snapshot,
  rule: KubernetesObject,
  path: Path,
  mode: string,
  title: string,
  preferred = false,
): Fix | undefined {
  const { document, prefix } = rule.source;
  if (document.has([...prefix, ...path, 'mode']))
    return setField(snapshot, rule, [...path, 'mode'], mode, title, preferred);
  return addEntry(snapshot, rule, path, { mode }, title, preferred);
}

/** Removes a field, which may not be the only one of its mapping. */
export function removeField(
  snapshot: Snapshot,
  object: KubernetesObject,
  path: Path,
  title: string,
  preferred = false,
): Fix | undefined {
  const parent = editable(snapshot, object, path.slice(0, -1));
  const at = removable(snapshot, object, path);
  if (!parent || !at || Object.keys(valueAt(parent.document.value, parent.path) ?? {}).length <= 1) return undefined;
  return fix(title, at.file.uri, removeEntry(at.file.text, at.document, at.path), preferred);
}

/** Gives a list of one value another name and another value: `principals: ["…"]` becomes `namespaces: ["…"]`. */
export function renameList(
  snapshot: Snapshot,
  object: KubernetesObject,
  path: Path,
  name: string,
  value: string,
): Fix | undefined {
  const parent = editable(snapshot, object, path.slice(0, -1));
  if (!parent) return undefined;
  const { file, document } = parent;
  const at = [...parent.path, path.at(-1)!];
  const siblings = Object.keys(valueAt(document.value, parent.path) ?? {});
  const key = renameKey(file.text, document, at, name);
  const item = replaceScalar(file.text, document, [...at, 0], value);
  if (!key || !item || siblings.includes(name)) return undefined;
  const title = `Ask for \`${name}: ${value}\``;
  return { title, preferred: true, edits: new Map([[file.uri, [key, item]]]) };
}

/** Adds an entry to a mapping of `object`. */
export function addEntry(
  snapshot: Snapshot,
  object: KubernetesObject,
  parent: Path,
  tree: Tree,
  title: string,
  preferred = false,
): Fix | undefined {
  const at = editable(snapshot, object, parent);
  const edit = at && insertInto(at.file.text, at.document, at.path, tree, styleOf(at.file.text));
  return at && fix(title, at.file.uri, edit, preferred);
}

/**
 * Removes the `tls` block at `path`, with the mappings that would be left empty, which the API server refuses. Not
 * offered where an outer block would then decide.
 */
export function removeTls(
  snapshot: Snapshot,
  rule: DestinationRule,
  path: Path,
  title: string,
  preferred = false,
): Fix | undefined {
  const top = emptied(rule, path);
  const at = removable(snapshot, rule, top);
  const isOuter = path.length === 3 && path[1] === 'trafficPolicy';
  const outer = rule.spec.trafficPolicy;
  if (!at || (!isOuter && (outer?.tls || outer?.portLevelSettings.some((item) => item.tls && path[1] === 'subsets'))))
    return undefined;
  if (path.includes('portLevelSettings') && path[1] === 'subsets') return undefined;
  return fix(title, at.file.uri, removeEntry(at.file.text, at.document, at.path), preferred);
}

/** The highest mapping that has nothing in it but the entry at `path`. */
function emptied(rule: DestinationRule, path: Path): Path {
  const { document, prefix } = rule.source;
  const value = (at: Path): unknown => valueAt(document.value, [...prefix, ...at]);
  let top = path;
  for (;;) {
    const parent = top.slice(0, -1);
    const step = parent.at(-1);
    const isItem = typeof step === 'number' && parent.at(-2) === 'portLevelSettings';
    if (step !== 'trafficPolicy' && step !== 'portLevelSettings' && !isItem) return top;
    const names = Object.keys(value(parent) ?? {}).filter((name) => !(isItem && name === 'port'));
    if (names.length > 1) return top;
    top = parent;
  }
}

/** The version to write an object of `group` in: that of its like in the mesh, else the one `beside` is written in. */
function apiVersionFor(view: MeshView, kind: string, group: string, beside: KubernetesObject): string {
  const like = view.mesh.objects.find((object) => object.kind === kind)?.apiVersion;
  return like ?? `${group}/${beside.apiVersion.includes('v1beta1') ? 'v1beta1' : 'v1'}`;
}

function metadataFor(view: MeshView, kind: string, name: string, like: KubernetesObject): Tree {
  const { namespace, namespaceStated } = like.metadata;
  const taken = view.mesh.objects.some(
    (object) => object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name,
  );
  return { name: taken ? `${name}-mtls` : name, ...(namespaceStated && { namespace }) };
}

/** A rule in the service's namespace that makes its clients send Istio mTLS. */
export function destinationRuleFor(view: MeshView, service: MeshService, beside: KubernetesObject): Tree {
  const name = shortHost(service.host, view.mesh.settings.clusterDomain).split('.', 1)[0]!;
  return {
    apiVersion: apiVersionFor(view, 'DestinationRule', 'networking.istio.io', beside),
    kind: 'DestinationRule',
    metadata: metadataFor(view, 'DestinationRule', name, service.object),
    spec: { host: service.host, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
  };
}

/** More documents than a person would read are not added at once. */
export const MOST_DOCUMENTS = 20;

/** **Add matching DestinationRule**: in the file of `beside`, or in a new one next to it. */
export function addDestinationRules(
  snapshot: Snapshot,
  view: MeshView,
  services: readonly MeshService[],
  beside: KubernetesObject,
): Fix[] {
  // a rule for a host with `*` or of another provider is for the user to write
  const own = services.filter(({ object }) => object.kind === 'Service');
  if (own.length === 0 || own.length < services.length || own.length > MOST_DOCUMENTS) return [];
  if (!own.every(({ object }) => isAsWritten(snapshot, object))) return [];
  // a rule that its namespace keeps to itself tells clients elsewhere nothing
  if (view.mesh.settings.defaultDestinationRuleExportTo.includes('.')) return [];
  const documents = own.map((service) => destinationRuleFor(view, service, beside));
  const short = shortHost(own[0]!.host, view.mesh.settings.clusterDomain);
  const title =
    own.length === 1
      ? `Add matching DestinationRule for \`${short}\``
      : `Add matching DestinationRules for ${own.length} services`;
  const stem = own.length === 1 ? own[0]!.object.metadata.name : beside.metadata.name;
  return addDocuments(snapshot, beside, documents, title, `destination-rule-${stem}.yaml`);
}

/** Documents at the end of the file of `beside`, or in a new file of that name next to it. */
export function addDocuments(
  snapshot: Snapshot,
  beside: KubernetesObject,
  documents: readonly Tree[],
  title: string,
  fileName: string | undefined,
): Fix[] {
  const file = fileOf(snapshot, beside);
  if (!file || !isAsWritten(snapshot, beside)) return [];
  const style = styleOf(file.text);
  const isJson = /^\s*[{[]/.test(file.text);
  const here = isJson ? undefined : fix(title, file.uri, appendDocuments(file.text, documents, style), true);
  const uri = `${file.uri.slice(0, file.uri.lastIndexOf('/') + 1)}${fileName}`;
  const there =
    // a new file is deployed only if a kustomization names it
    fileName === undefined || beside.source.rendered || snapshot.files.has(uri)
      ? undefined
      : fix(`${title} in a new file, ${fileName}`, uri, appendDocuments('', documents, style));
  return offered(here, there);
}

/** **Add matching PeerAuthentication**: STRICT for the pods that `service` selects, beside its rule. */
export function addPeerAuthentications(
  snapshot: Snapshot,
  view: MeshView,
  services: readonly MeshService[],
  beside: KubernetesObject,
): Fix[] {
  const documents = services.flatMap(({ object }): Tree[] => {
    if (object.kind !== 'Service' || !object.spec.selector || !isAsWritten(snapshot, object)) return [];
    return [
      {
        apiVersion: apiVersionFor(view, 'PeerAuthentication', 'security.istio.io', beside),
        kind: 'PeerAuthentication',
        metadata: metadataFor(view, 'PeerAuthentication', object.metadata.name, object),
        spec: { selector: { matchLabels: { ...object.spec.selector } }, mtls: { mode: 'STRICT' } },
      },
    ];
  });
  if (documents.length === 0 || documents.length < services.length || documents.length > MOST_DOCUMENTS) return [];
  const title =
    documents.length === 1
      ? `Add matching PeerAuthentication for \`${shortHost(services[0]!.host, view.mesh.settings.clusterDomain)}\``
      : `Add matching PeerAuthentications for ${documents.length} services`;
  const stem = documents.length === 1 ? services[0]!.object.metadata.name : beside.metadata.name;
  return addDocuments(snapshot, beside, documents, title, `peer-authentication-${stem}.yaml`);
}

/** The policy of the workload that may name ports: the first that selects it, which istiod uses whole. */
export function selectingPolicy(view: MeshView, namespace: string, labels: Labels): PeerAuthentication | undefined {
  return view.mtls.policies
    .of(namespace)
    .selecting.find((policy) => selects(policy.spec.selector!.matchLabels, labels));
}

/** Accepts plaintext, beside mTLS, on one port of one workload. */
export function acceptPlaintext(
  snapshot: Snapshot,
  view: MeshView,
  server: {
    service: MeshService;
    workload: { namespace: string; labels: Labels };
    port: number;
    policy: PeerAuthentication;
    path: Path;
  },
): Fix[] {
  const { service, workload, port, policy, path } = server;
  const title = `Accept plaintext on port ${port} (PERMISSIVE)`;
  if (isContested(view, policy)) return [];
  if (path[1] === 'portLevelMtls') return offered(setField(snapshot, policy, path, 'PERMISSIVE', title));
  if (workload.namespace === view.mtls.policies.rootNamespace) return [];
  const entry: Tree = { [port]: { mode: 'PERMISSIVE' } };
  const own = selectingPolicy(view, workload.namespace, workload.labels);
  if (own) {
    if (isContested(view, own)) return [];
    if (own.spec.portLevelMtls.has(port)) return [];
    return offered(
      own.spec.portLevelMtls.size > 0
        ? addEntry(snapshot, own, ['spec', 'portLevelMtls'], entry, title)
        : addEntry(snapshot, own, ['spec'], { portLevelMtls: entry }, title),
    );
  }
  if (service.object.kind !== 'Service' || !service.object.spec.selector) return [];
  if (!isAsWritten(snapshot, service.object)) return [];
  const { selector } = service.object.spec;
  const pods = view.mesh.podsIn(workload.namespace).filter((pod) => selects(selector, pod.labels));
  if (pods.some((pod) => selectingPolicy(view, pod.namespace, pod.labels))) return [];
  const name = `${service.object.metadata.name}-port-${port}`;
  const document: Tree = {
    apiVersion: policy.apiVersion,
    kind: 'PeerAuthentication',
    metadata: metadataFor(view, 'PeerAuthentication', name, service.object),
    spec: { selector: { matchLabels: { ...selector } }, portLevelMtls: entry },
  };
  return addDocuments(snapshot, policy, [document], title, undefined).map(({ title, edits }) => ({ title, edits }));
}
