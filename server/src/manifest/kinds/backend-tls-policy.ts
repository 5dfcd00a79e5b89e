// BackendTLSPolicy of the Gateway API: TLS towards a Service, which istiod turns into a DestinationRule.
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';

/** A Service of the policy's namespace, or one port of it. */
export interface BackendTlsTarget {
  readonly service: string;
  /** The port's name; undefined for all ports. */
  readonly port: string | undefined;
}
export interface BackendTlsPolicySpec {
  readonly targets: readonly BackendTlsTarget[];
  readonly hostname: string;
  readonly subjectAltNames: readonly string[];
  /** The first certificate reference, the only one that istiod uses; undefined where the system's are trusted. */
  readonly certificate: { readonly kind: string; readonly name: string } | undefined;
}
export type BackendTlsPolicy = KubernetesObject<'BackendTLSPolicy', BackendTlsPolicySpec>;

export function readBackendTlsPolicy(spec: Fields): BackendTlsPolicySpec {
  const validation = spec.section('validation');
  const hostname = validation.string('hostname') ?? '';
  const references = validation.objects('caCertificateRefs');
  if (hostname === '') validation.note(undefined, 'hostname-missing');
  // the CRD wants exactly one of the two
  if (references.length > 0 === validation.has('wellKnownCACertificates')) validation.note(undefined, 'ca-ambiguous');
  const [first] = references;
  return {
    hostname,
    subjectAltNames: validation
      .objects('subjectAltNames')
      .flatMap((name) => name.string('hostname') ?? name.string('uri') ?? []),
    certificate: first && { kind: first.string('kind') ?? '', name: first.string('name') ?? '' },
    targets: spec
      .objects('targetRefs')
      .filter((target) => (target.string('group') ?? '') === '' && target.string('kind') === 'Service')
      .map((target) => ({ service: target.string('name') ?? '', port: target.string('sectionName') || undefined })),
  };
}
