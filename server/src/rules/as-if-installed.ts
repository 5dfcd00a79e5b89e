// Revisions that labels ask for and nobody has stated: a mesh as it would be if they are installed, and what rules find
// in it. Such a finding hangs on a fact that is not in the manifests, so it says so and is no error.
import type { MeshView } from '../workspace/workspace';
import { gathered } from './gather';
import { revisionsInUse } from './revisions';
import type { Finding, Rule } from './rule';
import { listed } from './wording';

interface Assumed {
  readonly view: MeshView;
  readonly revisions: readonly string[];
}

/** One entry for each namespace with a pod of which only the revision's installation is unknown. */
const open = gathered((_, { workloads }) =>
  workloads.some(({ reason }) => reason.code === 'revision-unknown') ? [true] : [],
);

/** The mesh with every revision installed that a label asks for; undefined where that makes no difference. */
export function asIfInstalled(view: MeshView): Assumed | undefined {
  if (view.mesh.settings.revisionsStated || open(view).length === 0) return undefined;
  const revisions = [...revisionsInUse(view)].filter((revision) => revision !== 'default');
  return { revisions, view: view.assuming({ ...view.assume, revisions: ['default', ...revisions] }) };
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
