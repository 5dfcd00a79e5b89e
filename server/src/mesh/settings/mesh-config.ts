// What a mesh configuration (MeshConfig) says, wherever it stands.
import type { Fields } from '../../manifest/fields';
import { readLabelSelector } from '../../manifest/kinds/label-selector';
import type { Note } from './statement';
import { type ExtensionProvider, PATH_NORMALIZATIONS } from './types';

/** Notes what a MeshConfig says (istio.io/api/mesh/v1alpha1). A field of the wrong type is left at its default. */
export function noteMeshConfig(mesh: Fields, note: Note): void {
  const text = (name: 'rootNamespace' | 'trustDomain'): void =>
    note(name, mesh.string(name) || undefined, mesh.at(name));
  const list = (
    name:
      | 'trustDomainAliases'
      | 'defaultServiceExportTo'
      | 'defaultVirtualServiceExportTo'
      | 'defaultDestinationRuleExportTo',
  ): void => note(name, mesh.has(name) ? mesh.strings(name) : undefined, mesh.at(name));
  text('rootNamespace');
  text('trustDomain');
  list('trustDomainAliases');
  list('defaultServiceExportTo');
  list('defaultVirtualServiceExportTo');
  list('defaultDestinationRuleExportTo');
  const certificates = mesh.objects('caCertificates').flatMap((each) => each.strings('trustDomains'));
  note('certificateTrustDomains', mesh.has('caCertificates') ? certificates : undefined, mesh.at('caCertificates'));
  const normalization = mesh.object('pathNormalization');
  note(
    'pathNormalization',
    normalization?.oneOf('normalization', PATH_NORMALIZATIONS),
    normalization?.at('normalization') ?? [],
  );
  const providers = mesh.has('extensionProviders') ? mesh.objects('extensionProviders').map(readProvider) : undefined;
  note('extensionProviders', providers, mesh.at('extensionProviders'));
  note('enableAutoMtls', mesh.boolean('enableAutoMtls'), mesh.at('enableAutoMtls'));
  note('prometheusMerge', mesh.boolean('enablePrometheusMerge'), mesh.at('enablePrometheusMerge'));
  const outbound = mesh.object('outboundTrafficPolicy');
  note('outboundTrafficPolicy', outbound?.string('mode'), outbound?.at('mode') ?? []);
  const selectors = mesh.has('discoverySelectors')
    ? mesh.objects('discoverySelectors').map(readLabelSelector)
    : undefined;
  note('discoverySelectors', selectors, mesh.at('discoverySelectors'));
  const metadata = mesh.object('defaultConfig')?.object('proxyMetadata');
  const hbone = metadata?.raw('ISTIO_META_ENABLE_HBONE');
  const isSaid = typeof hbone === 'boolean' || hbone === 'true' || hbone === 'false';
  note('sidecarHbone', isSaid ? String(hbone) === 'true' : undefined, metadata?.at('ISTIO_META_ENABLE_HBONE') ?? []);
}

function readProvider(fields: Fields): ExtensionProvider {
  const authorizes = fields.has('envoyExtAuthzGrpc') ? 'grpc' : fields.has('envoyExtAuthzHttp') ? 'http' : 'other';
  return { name: fields.string('name') ?? '', authorizes };
}
