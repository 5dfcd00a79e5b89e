// waypoint-unknown: a label names a waypoint that is not there.
import type { KubernetesObject } from '../manifest/object';
import { isWaypoint } from '../mesh/waypoint';
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { meshesAround } from './around';
import { offered, setField } from './fixes';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

const LABEL = 'istio.io/use-waypoint';

export const waypointUnknown: Rule = {
  id: 'waypoint-unknown',
  severity: 'warning',
  summary: 'A label names a waypoint that is not there.',
  happens:
    'Traffic goes to the pods without a waypoint: routes and policies that are meant for it are not carried out. The name is looked up in the namespace of the object, unless `istio.io/use-waypoint-namespace` says otherwise.',
  remedy: 'Correct the name, or create the waypoint: a Gateway of class `istio-waypoint`.',
  peers: ['KIA1312', 'KIA1313'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const object of here.objects) {
      if (object.kind !== 'Namespace' && object.kind !== 'Service' && object.kind !== 'ServiceEntry') continue;
      const { labels, namespace, name } = object.metadata;
      const wanted = labels[LABEL];
      if (!wanted || wanted === 'none' || isPlaceholder(wanted) || isPatch(snapshot, object)) continue;
      const where = labels[`${LABEL}-namespace`] || (object.kind === 'Namespace' ? name : namespace);
      const around = meshesAround(snapshot, object).flatMap(({ mesh }) => mesh.in(where).kubernetesGateways);
      if (around.some(({ metadata }) => metadata.name === wanted)) continue;
      const waypoints = view.mesh.kubernetesGateways.filter(isWaypoint);
      const elsewhere = waypoints.filter(({ metadata }) => metadata.name === wanted);
      const near = nearMisses(
        wanted,
        waypoints.filter(({ metadata }) => metadata.namespace === where).map(({ metadata }) => metadata.name),
      )[0];
      // `istioctl waypoint apply` leaves no manifest behind
      const isCertain = near !== undefined || elsewhere.length > 0;
      const hint =
        near !== undefined
          ? ` Did you mean \`${near}\`?`
          : elsewhere.length > 0
            ? ` ${listed(elsewhere.map(({ metadata }) => metadata.namespace))} has one; \`${LABEL}-namespace\` names its namespace.`
            : '';
      yield {
        ...placeOf(object, ['metadata', 'labels', LABEL]),
        ...(!isCertain && { severity: 'information' as const }),
        message: `There is no waypoint \`${wanted}\` in namespace \`${where}\`${isCertain ? '' : ' in this workspace'}.${hint}`,
        related: elsewhere.map((gateway: KubernetesObject) => ({
          ...placeOf(gateway),
          message: 'a waypoint of this name',
        })),
        fixes: () =>
          near === undefined
            ? []
            : offered(
                setField(snapshot, object, ['metadata', 'labels', LABEL], near, `Change it to \`${near}\``, true),
              ),
      };
    }
  },
};
