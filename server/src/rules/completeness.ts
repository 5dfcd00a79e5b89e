// What can be said about a mesh of which something is not known.

import { WORKLOAD_KINDS } from '../manifest/kinds/workload';
import { isAddition } from '../mesh/open';
import type { OpenObject } from '../workspace/open-objects';
import type { MeshView } from '../workspace/workspace';
import type { Rule } from './rule';

/** Kinds whose objects change nothing of what is true of others. */
const STAND_ALONE: ReadonlySet<string> = new Set(['Service', ...WORKLOAD_KINDS]);

/** Something that is not known of a mesh. */
type Missing = MeshView['problems'][number] | MeshView['unknowns'][number];

/** Rules that say that something is not there; in a mesh that is not all here they are silent. */
const CLAIMS_ABSENCE: ReadonlySet<string> = new Set([
  'authorization-policy-selects-nothing',
  'authorization-port-unknown',
  'authorization-provider-unknown',
  'backend-tls-policy-ignored',
  'client-without-identity',
  'destination-rule-host-unknown',
  'destination-rule-missing',
  'destination-rule-port-unknown',
  'destination-rule-unused',
  'export-to-unknown',
  'host-not-imported',
  'namespace-without-policy',
  'peer-authentication-missing',
  'peer-authentication-selects-nothing',
  'peer-authentication-unset',
  'peer-authentication-without-sidecar',
  'permissive-left-on',
  'policy-target-ignored',
  'port-level-port-unknown',
  'principal-never-matches',
  'request-authentication-selects-nothing',
  'revision-not-installed',
  'source-namespace-unknown',
  'subset-selects-nothing',
  'token-never-accepted',
  'token-not-required',
  'virtual-service-subset-unknown',
  'waypoint-unknown',
]);

const ABOUT_KUSTOMIZATIONS: ReadonlySet<string> = new Set(['kustomization-broken', 'kustomization-incomplete']);

/**
 * `whole`: everything that the mesh is made of is known. `partial`: there may be more objects. `uncertain`: the known
 * ones may have other fields too, since a patch, a component or a plugin could not be applied.
 */
type Completeness = 'whole' | 'partial' | 'uncertain';

function completenessOf({ problems, unknowns }: Pick<MeshView, 'problems' | 'unknowns'>): Completeness {
  const missing = [...problems.filter(({ severity }) => severity === 'error'), ...unknowns].filter(
    (each) => !isGenerated(each),
  );
  if (missing.length === 0) return 'whole';
  return missing.every(bringsObjects) ? 'partial' : 'uncertain';
}

/** True where nothing that the rule would say rests on what is not known. */
export function canJudge(rule: Rule, view: MeshView): boolean {
  const completeness = completenessOf(view);
  if (completeness === 'whole' || ABOUT_KUSTOMIZATIONS.has(rule.id)) return true;
  return completeness === 'partial' && !CLAIMS_ABSENCE.has(rule.id);
}

/** True for what a ConfigMap or Secret is made of: no answer rests on its text. */
export function isGenerated({ origin }: Missing): boolean {
  return /^(?:configMap|secret)Generator$/i.test(String(origin.path[0]));
}

/** True for an object that is left out, and of which judgements about others may depend. */
export function changesOthers({ kind }: OpenObject): boolean {
  return !isAddition(kind);
}

/** True where only objects are missing, which those that are there do not depend on. */
function bringsObjects(each: Missing): boolean {
  if ('kind' in each) return !changesOthers(each);
  const { origin } = each;
  // a policy that a chart may make changes what others do
  if ('reason' in each && each.reason === 'template') return STAND_ALONE.has(each.reference);
  if (/^(?:resources|bases|generators|helmCharts|helmChartInflationGenerator)$/i.test(String(origin.path[0])))
    return true;
  return (
    'code' in each && (each.code === 'not-yaml' || each.code === 'not-an-object' || each.code === 'object-repeated')
  );
}
