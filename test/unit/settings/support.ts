// The settings of a mesh that a test writes, as `value, from what`.
import assert from 'node:assert/strict';
import type { Assumptions, SettingName } from '../../../server/src/mesh/settings';
import { settingsReport } from '../../../server/src/report/settings';
import { type MeshView, type Snapshot, Workspace } from '../../../server/src/workspace/workspace';

/** Files by name, in the folder `/mesh`. */
export type Files = Readonly<Record<string, string>>;

export function snapshotOf(files: Files | string, assume: Assumptions = {}): Snapshot {
  const texts = typeof files === 'string' ? { 'mesh.yaml': files } : files;
  const workspace = new Workspace();
  const named = Object.entries(texts).map(([name, text]): [string, string] => [`file:///mesh/${name}`, text]);
  workspace.apply({ files: new Map(named), assume });
  return workspace.snapshot();
}

export function meshOf(files: Files | string, assume: Assumptions = {}): MeshView {
  const { meshes } = snapshotOf(files, assume);
  assert.equal(meshes.length, 1, 'one mesh');
  return meshes[0]!;
}

/** What manifests or assumptions state: `name = value (file:line)`, in the order of reports. */
export function statedBy(files: Files | string, assume: Assumptions = {}): string[] {
  const snapshot = snapshotOf(files, assume);
  assert.equal(snapshot.meshes.length, 1, 'one mesh');
  return settingsReport(snapshot.meshes[0]!, snapshot, (uri) => uri.replace('file:///mesh/', ''))
    .filter(({ by }) => by !== 'default')
    .map(({ setting, value, by, places, source }) => {
      const from = by === 'assumption' ? source : places.join(' ');
      return `${setting} = ${value} (${by === 'contradiction' ? 'differ: ' : ''}${from})`;
    });
}

/** As {@link statedBy}, of these settings alone. */
export function stated(names: readonly SettingName[], files: Files | string, assume: Assumptions = {}): string[] {
  return statedBy(files, assume).filter((line) => names.some((name) => line.startsWith(`${name} =`)));
}
