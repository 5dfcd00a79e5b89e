// The webhooks by which a control plane injects sidecars: which revision or tag they belong to, and what they select.
import type { Path } from '../../yaml/range';
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { type LabelSelector, readLabelSelector } from './label-selector';

export interface InjectorWebhook {
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  readonly path: Path;
}
export interface InjectorSpec {
  readonly webhooks: readonly InjectorWebhook[];
}
export type MutatingWebhookConfiguration = KubernetesObject<'MutatingWebhookConfiguration', InjectorSpec>;

/** Istio's injectors alone; other webhooks and patches, which lack the service that is asked, are passed over. */
export function readInjector(root: Fields): InjectorSpec | undefined {
  const webhooks = root
    .objects('webhooks')
    .filter((each) => each.string('name')?.endsWith('sidecar-injector.istio.io'));
  if (webhooks.length === 0 || !webhooks.every((each) => each.has('clientConfig'))) return undefined;
  return {
    webhooks: webhooks.map((each) => ({
      namespaceSelector: readLabelSelector(each.object('namespaceSelector')),
      objectSelector: readLabelSelector(each.object('objectSelector')),
      path: each.path,
    })),
  };
}
