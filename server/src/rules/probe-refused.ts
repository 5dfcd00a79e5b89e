// probe-refused: a probe of the kubelet meets a port that takes only mTLS, and is not rewritten.

import type { WorkloadObject } from '../manifest/kinds/workload';
import { type Workload, workloadKey } from '../mesh/workload';
import type { ProbeAnswer } from '../mtls/probes';
import { probeAnswers } from '../mtls/probes';
import { documentPlace, placeOf } from '../words/names';
import { settingPlaceOf, settingPlaces } from '../words/settings';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered } from './fixes';
import { addToPods, injectables, podPath, setText } from './injection';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers';

export const probeRefused: Rule = {
  id: 'probe-refused',
  severity: 'error',
  summary: "A probe of the kubelet is refused by the pod's own sidecar.",
  happens:
    'The kubelet probes in plaintext and without a certificate. By default the injector leads probes past mTLS; with `rewriteAppHTTPProbers: "false"`, or `rewriteAppHTTPProbe: false` in the values of the injector, a STRICT port refuses them, and the pod is restarted or never ready. A `tcpSocket` probe then always passes: the sidecar answers it, whatever the application does.',
  remedy:
    'Let the injector rewrite the probes, by the annotation or for all pods, or accept plaintext on the port of the probe.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const { workload, object } of injectables(here)) {
      if (isPatch(snapshot, object)) continue;
      for (const answer of probeAnswers(view.mtls, workload)) {
        if (answer.outcome === 'fails' || answer.outcome === 'always-passes')
          yield finding(snapshot, view, workload, object, answer);
      }
    }
  },
};

function finding(
  snapshot: Snapshot,
  { mesh }: MeshView,
  workload: Workload,
  object: WorkloadObject,
  answer: ProbeAnswer,
): Finding {
  const { probe, outcome, accepts } = answer;
  const rewrite = podPath(object, 'annotations', REWRITE);
  const isStated = workload.annotations[REWRITE] !== undefined;
  const policy = accepts?.mode.policy;
  const related = [
    ...(isStated
      ? [{ ...placeOf(object, rewrite), message: 'probes are not rewritten' }]
      : settingPlaces(mesh.settings.sources.rewriteProbes).map((place) => ({
          ...settingPlaceOf(place),
          message: 'probes are rewritten of no pod',
        }))),
    ...(policy && outcome === 'fails'
      ? [{ ...placeOf(policy, accepts!.mode.path), message: `\`mode: ${accepts!.mode.mode}\`` }]
      : []),
  ];
  const message =
    outcome === 'fails'
      ? `The kubelet's probe of port ${probe.port} of \`${workloadKey(workload)}\` is refused: the port takes only mTLS, and probes are not rewritten.`
      : `This probe always passes: the sidecar of \`${workloadKey(workload)}\` answers the connection, whatever the application does.`;
  return {
    ...documentPlace(object, probe.path, 'key'),
    ...(outcome === 'always-passes' && { severity: 'information' as const }),
    message,
    related,
    fixes: () =>
      offered(
        isStated
          ? setText(snapshot, object, rewrite, 'true', 'Let Istio rewrite probes', true)
          : addToPods(snapshot, object, 'annotations', REWRITE, 'true', 'Let Istio rewrite the probes of these pods'),
      ),
  };
}
