// Revisions that labels ask for and nobody has stated: a mesh as it would be if they are installed, and what rules find
// in it. Such a finding hangs on a fact that is not in the manifests, so it says so and is no error.
import { computeAuthorization } from '../authorization/authorization';
import { buildMesh } from '../mesh/mesh';
import { computeMutualTls } from '../mtls/mutual-tls';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { revisionsInUse } from './revisions';
import type { Finding, Rule } from './rule';
import { listed } from './wording';

interface Assumed {
  readonly view: MeshView;
  readonly revisions: readonly string[];
}

const known = new WeakMap<MeshView, Assumed | 'none'>();

/** The mesh with every revision installed that a label asks for; undefined where that makes no difference. */
export function asIfInstalled(_: Snapshot, view: MeshView): Assumed | undefined {
  let found = known.get(view);
  if (!found) {
    found = assumed(view) ?? 'none';
    known.set(view, found);
  }
  return found === 'none' ? undefined : found;
}

function assumed(view: MeshView): Assumed | undefined {
  const { name, kind, root, files, problems, unknowns, assume, mesh } = view;
  const isOpen = mesh.workloads.some(({ reason }) => reason.code === 'revision-unknown');
  if (mesh.settings.revisionsStated || !isOpen) return undefined;
  const revisions = [...revisionsInUse(mesh)].filter((revision) => revision !== 'default');
  const whole = buildMesh(mesh.objects, { ...assume, revisions: ['default', ...revisions] });
  const mtls = computeMutualTls(whole);
  const about = { name, kind, root, files, problems, unknowns, assume };
  return { revisions, view: { ...about, mesh: whole, mtls, authorization: computeAuthorization(mtls) } };
}

/** What a rule finds only under that assumption, at most as a warning; posture is left to what is known. */
export function* conditional(rule: Rule, findings: Iterable<Finding>, { revisions }: Assumed): Generator<Finding> {
  for (const finding of findings) {
    const severity = finding.severity ?? rule.severity;
    if (severity !== 'error') continue;
    const many = revisions.length > 1;
    yield {
      ...finding,
      severity: 'warning',
      message: `${finding.message} That is so if ${many ? 'revisions' : 'revision'} ${listed(revisions, 3)} ${many ? 'are' : 'is'} installed, which nothing here states.`,
    };
  }
}
