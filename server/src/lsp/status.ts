// What the editor's status item says: which mesh, how many files, which settings are in force.
import { NEWEST_VERSION } from '../mesh/version';
import type { MeshView } from '../workspace/workspace';
import type { Status } from './protocol';
import type { Session } from './session';
import { canonical } from './uri';

/** @param uri the file that the user looks at */
export function statusOf(session: Session, uri: string | undefined): Status {
  const { ready } = session;
  const snapshot = session.snapshot();
  const files = [...snapshot.files.values()].filter((file) => file.objects.length > 0);
  const meshes = uri === undefined ? snapshot.meshes : snapshot.meshesOf(canonical(uri));
  return {
    state: ready ? 'ready' : 'scanning',
    files: files.length,
    objects: files.reduce((sum, file) => sum + file.objects.length, 0),
    meshes: meshes.map((view) => view.name),
    meshCount: snapshot.meshes.length,
    settings: settingsInForce(session, meshes[0] ?? snapshot.meshes[0]),
  };
}

function settingsInForce({ settings }: Session, view: MeshView | undefined): string[] {
  const { assume, options } = settings;
  const lines: string[] = [];
  if (view) {
    const { enableAutoMtls, rootNamespace, trustDomain, revisions, ambient, source, istioVersion } = view.mesh.settings;
    lines.push(`auto mTLS ${enableAutoMtls ? 'on' : 'off'}`, `root namespace ${rootNamespace}`);
    if (istioVersion !== NEWEST_VERSION) lines.push(`Istio 1.${istioVersion}`);
    if (trustDomain !== 'cluster.local') lines.push(`trust domain ${trustDomain}`);
    if (revisions.length > 1) lines.push(`revisions ${revisions.join(', ')}`);
    if (ambient) lines.push('ambient on');
    if (source) lines.push(`mesh configuration from ConfigMap ${source.metadata.namespace}/${source.metadata.name}`);
  }
  if (assume.injectedNamespaces) lines.push(`assumed injected: ${assume.injectedNamespaces.join(', ')}`);
  if (options.requireDestinationRule !== 'auto')
    lines.push(`DestinationRules required: ${options.requireDestinationRule}`);
  const changed = Object.entries(options.severities).map(([rule, severity]) => `${rule}: ${severity}`);
  if (changed.length > 0) lines.push(changed.join(', '));
  return lines;
}
