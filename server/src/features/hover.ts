// What a hover says: the effective result of the object under the pointer, with the objects that decided it as links.

import { WORKLOAD_KINDS } from '../manifest/kinds/workload';
import type { KnownObject } from '../manifest/read';
import { openField } from '../mesh/open';
import { bearsOnSettings } from '../mesh/settings';
import { objectName } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path, TextRange } from '../yaml/range';
import { callersIn } from './callers';
import { authorizationPolicyHover } from './hovers/authorization-policy';
import type { HoverContext } from './hovers/context';
import { destinationRuleHover } from './hovers/destination-rule';
import { namespaceHover } from './hovers/namespace';
import { peerAuthenticationHover } from './hovers/peer-authentication';
import { requestAuthenticationHover } from './hovers/request-authentication';
import { serviceHover } from './hovers/service';
import { settingsHover } from './hovers/settings';
import { workloadHover } from './hovers/workload';
import { locateAll } from './locate';
import { code, escapeText } from './markdown';

export interface HoverAnswer {
  /** In the file hovered over. */
  readonly range: TextRange;
  readonly markdown: string;
}

/** Paragraphs and tables, from top to bottom. */
type Hover = (context: HoverContext<never>) => readonly string[];

const HOVERS: ReadonlyMap<string, Hover> = new Map<string, Hover>([
  ['PeerAuthentication', peerAuthenticationHover],
  ['DestinationRule', destinationRuleHover],
  ['AuthorizationPolicy', authorizationPolicyHover],
  ['RequestAuthentication', requestAuthenticationHover],
  ['Service', serviceHover],
  ['ServiceEntry', serviceHover],
  ['Namespace', namespaceHover],
  ...WORKLOAD_KINDS.map((kind): [string, Hover] => [kind, workloadHover]),
]);
const MAX_MESHES = 3;

/** The hover at `offset` of a file, or undefined where there is nothing to say. */
export function hover(snapshot: Snapshot, uri: string, offset: number): HoverAnswer | undefined {
  const found = locateAll(snapshot, uri, offset);
  // the same object says different things in different meshes
  const bodies = new Map<string, string[]>();
  for (const { view, object, path, part } of found) {
    const make = HOVERS.get(object.kind) ?? (isSettings(object) ? settingsHover : undefined);
    if (!make || !isTelling(object, path, part)) continue;
    const context: HoverContext = { snapshot, view, object, path, callers: callersIn(view) };
    const ignored = ignoredText(view, object);
    const body = (ignored ? [ignored] : make(context as never)).join('\n\n');
    bodies.set(body, [...(bodies.get(body) ?? []), view.name]);
  }
  if (bodies.size === 0) return undefined;
  const parts = [...bodies].slice(0, MAX_MESHES).map(([body, names]) => {
    const head = names.map((name) => code(name)).join(', ');
    return bodies.size === 1 ? body : `*In the mesh ${head}:*\n\n${body}`;
  });
  if (bodies.size > MAX_MESHES) parts.push(`*and in ${bodies.size - MAX_MESHES} more meshes*`);
  return { range: found[0]!.range, markdown: parts.join('\n\n---\n\n') };
}

/** Objects that say nothing but settings of the mesh; istiod and ztunnel are workloads too. */
function isSettings(object: KnownObject): boolean {
  return bearsOnSettings(object) && !HOVERS.has(object.kind);
}

/** Fields that bear on the answer; others, such as images and probes, are left to other extensions. */
function isTelling(object: KnownObject, path: Path, part: 'key' | 'value'): boolean {
  const [first, second] = path;
  if (path.length === 0) return false;
  if (first === 'kind' || first === 'apiVersion') return true;
  if (first === 'metadata') {
    if (second === 'name' || second === 'namespace' || path.length === 1) return true;
    return object.kind === 'Namespace' && second === 'labels';
  }
  if (isSettings(object)) return true;
  if (first !== 'spec') return false;
  if (!(WORKLOAD_KINDS as readonly string[]).includes(object.kind)) return true;
  if (path.length === 1) return part === 'key';
  return path.some((step) => step === 'labels' || step === 'annotations' || step === 'ports' || step === 'hostNetwork');
}

function ignoredText(view: MeshView, object: KnownObject): string | undefined {
  const reason = view.mesh.ignoredReason(object);
  const name = `**${escapeText(objectName(object))}**`;
  switch (reason?.code) {
    case undefined:
      return undefined;
    case 'rejected':
      return `${name} has no effect: the API server refuses it as it is written. The problems on it say why.`;
    case 'revision':
      return `${name} has no effect here: its label ${code('istio.io/rev')} hands it to the istiod of another revision.`;
    case 'repeated':
      return `${name} is defined more than once. Another manifest of the same name is the one that counts.`;
    case 'undiscovered': {
      const namespace = code(object.metadata.namespace);
      return `${name} does not exist for istiod: the namespace ${namespace} has no labels that the ${code('discoverySelectors')} of the mesh take.`;
    }
    case 'open': {
      const text = openField(object)?.text;
      const what = text ? code(text) : 'Its template';
      return `${name} is left out of the answers: ${what} is filled in later, and with what is not known here. What it may change is not judged.`;
    }
  }
}
