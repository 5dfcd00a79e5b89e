// Which objects bear on the settings of a mesh, and what each of them states.
import type { HelmChart } from '../../manifest/kinds/helm';
import { isRejected } from '../../manifest/object';
import type { KnownObject } from '../../manifest/read';
import {
  fromCniConfigMap,
  fromInjectorConfigMap,
  fromMeshConfigMap,
  isCniConfig,
  isInjectorConfig,
  isMeshConfig,
} from './config-maps';
import { fromChart, fromReleases, fromValues } from './helm-values';
import { fromIstioOperator } from './istio-operator';
import { fromSail } from './sail';
import { fromServiceMeshControlPlane } from './service-mesh-control-plane';
import type { Statement } from './statement';
import { fromWebhooks } from './webhooks';
import { fromWorkload, isInstalled } from './workloads';

const KINDS: ReadonlySet<string> = new Set([
  'IstioOperator',
  'Istio',
  'IstioRevision',
  'IstioRevisionTag',
  'IstioCNI',
  'ZTunnel',
  'ServiceMeshControlPlane',
  'ServiceMeshMemberRoll',
  'ServiceMeshMember',
  'MutatingWebhookConfiguration',
  'Application',
  'ApplicationSet',
  'HelmRelease',
  'HelmChart',
  'HelmValues',
]);

/** True for the objects that `readSettings` looks at; a change of any other leaves the settings as they are. */
export function bearsOnSettings(object: KnownObject): boolean {
  if (object.kind === 'ConfigMap') return isMeshConfig(object) || isInjectorConfig(object) || isCniConfig(object);
  return KINDS.has(object.kind) || isInstalled(object);
}

/** Everything that the objects state, in their order. */
export function statementsOf(objects: readonly KnownObject[]): Statement[] {
  const counted = objects.filter((object) => bearsOnSettings(object) && !isRejected(object));
  const charts = counted.filter((object): object is HelmChart => object.kind === 'HelmChart');
  const releases = counted.flatMap((object) =>
    object.kind === 'Application' || object.kind === 'ApplicationSet' || object.kind === 'HelmRelease'
      ? object.spec.releases
      : [],
  );
  return counted
    .flatMap((object): readonly (Statement | undefined)[] => {
      switch (object.kind) {
        case 'ConfigMap':
          if (isMeshConfig(object)) return [fromMeshConfigMap(object)];
          if (isInjectorConfig(object)) return [fromInjectorConfigMap(object)];
          return isCniConfig(object) ? [fromCniConfigMap(object)] : [];
        case 'IstioOperator':
          return [fromIstioOperator(object)];
        case 'Istio':
        case 'IstioRevision':
        case 'IstioRevisionTag':
        case 'IstioCNI':
        case 'ZTunnel':
          return [fromSail(object)];
        case 'ServiceMeshControlPlane':
          return [fromServiceMeshControlPlane(object)];
        case 'MutatingWebhookConfiguration':
          return [fromWebhooks(object)];
        case 'Application':
        case 'ApplicationSet':
        case 'HelmRelease':
          return fromReleases(object);
        case 'HelmChart':
          return fromChart(object);
        case 'HelmValues':
          return fromValues(object, charts, releases);
        default:
          return isInstalled(object) ? [fromWorkload(object)] : [];
      }
    })
    .filter((each) => each !== undefined);
}
