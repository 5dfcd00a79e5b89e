// What the editor's status item says: which mesh, how many files, which settings are in force.
import { NEWEST_VERSION } from '../mesh/version';
import { objectName } from '../words/names';
import { settingObjects } from '../words/settings';
import type { MeshView } from '../workspace/workspace';
import type { Status } from './protocol';
import type { Session } from './session';
import type { FolderSettings } from './settings';
import { canonical } from './uri';

/** @param uri the file that the user looks at */
export function statusOf(session: Session, uri: string | undefined): Status {
  const ready = session.ready && !session.busy;
  const snapshot = session.snapshot();
  const files = [...snapshot.files.values()].filter((file) => file.objects.length > 0);
  const meshes = uri === undefined ? snapshot.meshes : snapshot.meshesOf(canonical(uri));
  return {
    state: ready ? 'ready' : 'scanning',
    files: files.length,
    objects: files.reduce((sum, file) => sum + file.objects.length, 0),
    meshes: meshes.map((view) => view.name),
    meshCount: snapshot.meshes.length,
    settings: settingsInForce(session.folders.settings(partOf(session, uri)), meshes[0] ?? snapshot.meshes[0]),
    charts: [...session.chartProblems.values()].sort(),
  };
}

/** The part of the file asked about; of the first folder where none is. */
function partOf({ files }: Session, uri: string | undefined): string {
  return uri === undefined ? (files.firstFolder ?? '') : files.partOf(canonical(uri));
}

function settingsInForce({ assume, options }: FolderSettings, view: MeshView | undefined): string[] {
  const lines: string[] = [];
  if (view) {
    const { enableAutoMtls, rootNamespace, trustDomain, revisions, ambient, istioVersion } = view.mesh.settings;
    lines.push(`auto mTLS ${enableAutoMtls ? 'on' : 'off'}`, `root namespace ${rootNamespace}`);
    if (istioVersion !== NEWEST_VERSION) lines.push(`Istio 1.${istioVersion}`);
    if (trustDomain !== 'cluster.local') lines.push(`trust domain ${trustDomain}`);
    if (revisions.length > 1) lines.push(`revisions ${revisions.join(', ')}`);
    if (ambient) lines.push('ambient on');
    const objects = settingObjects(view.mesh.settings).map(objectName);
    if (objects.length > 0) lines.push(`settings of the mesh from ${objects.join(', ')}`);
  }
  if (assume.injectedNamespaces) lines.push(`assumed injected: ${assume.injectedNamespaces.join(', ')}`);
  if (options.requireDestinationRule !== 'auto')
    lines.push(`DestinationRules required: ${options.requireDestinationRule}`);
  const changed = Object.entries(options.severities).map(([rule, severity]) => `${rule}: ${severity}`);
  if (changed.length > 0) lines.push(changed.join(', '));
  return lines;
}
