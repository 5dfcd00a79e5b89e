// The `tls` of a listener, in a Gateway or in the ingress of a Sidecar (pkg/config/validation:validateTLSOptions).
import type { Fields } from '../fields';

export const SERVER_TLS_MODES = [
  'PASSTHROUGH',
  'SIMPLE',
  'MUTUAL',
  'AUTO_PASSTHROUGH',
  'ISTIO_MUTUAL',
  'OPTIONAL_MUTUAL',
] as const;
export type ServerTlsMode = (typeof SERVER_TLS_MODES)[number];

const CERTIFICATES = [
  'serverCertificate',
  'privateKey',
  'caCertificates',
  'tlsCertificates',
  'credentialName',
  'credentialNames',
];
const CIPHER_SUITES = new Set(
  'ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA AES128-GCM-SHA256 AES256-GCM-SHA384 AES128-SHA AES256-SHA DES-CBC3-SHA ALL'.split(
    ' ',
  ),
);

/** Reads the mode, PASSTHROUGH where none is stated, and notes what the webhook refuses or warns about. */
export function readServerTls(tls: Fields): ServerTlsMode {
  const mode = tls.oneOf('mode', SERVER_TLS_MODES) ?? 'PASSTHROUGH';
  const set = CERTIFICATES.filter((name) => isSet(tls, name));
  checkCiphers(tls);
  if (mode === 'ISTIO_MUTUAL') {
    for (const name of set) tls.note(name, 'certificate-with-istio-mutual', { field: name });
    return mode;
  }
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') {
    for (const name of isSet(tls, 'caCrl') ? [...set, 'caCrl'] : set)
      tls.note(name, 'certificate-with-passthrough', { field: name, mode }, 'warning');
    checkSources(tls);
    return mode;
  }
  checkSources(tls);
  if (isSet(tls, 'credentialName') || isSet(tls, 'credentialNames')) return mode;
  if (
    mode !== 'SIMPLE' &&
    !isSet(tls, 'caCertificates') &&
    !tls.objects('tlsCertificates').some((each) => isSet(each, 'caCertificates'))
  )
    tls.note(undefined, 'ca-certificates-missing', { mode });
  if (mode === 'SIMPLE' && isSet(tls, 'caCrl')) tls.note('caCrl', 'excludes-field', { field: 'mode: SIMPLE' });
  const pairs = tls.objects('tlsCertificates');
  for (const pair of pairs.length > 0 ? pairs : [tls]) {
    for (const name of ['serverCertificate', 'privateKey'])
      if (!isSet(pair, name)) pair.note(undefined, 'needs-field', { field: name });
  }
  if (pairs.length > 2) tls.note('tlsCertificates', 'too-many', { limit: 2 }, 'warning');
  return mode;
}

function isSet(fields: Fields, name: string): boolean {
  const value = fields.raw(name);
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** At most one way to name certificates. */
function checkSources(tls: Fields): void {
  const files = isSet(tls, 'serverCertificate') && isSet(tls, 'privateKey') ? ['serverCertificate'] : [];
  const sources = [
    ...['credentialName', 'credentialNames', 'tlsCertificates'].filter((name) => isSet(tls, name)),
    ...files,
  ];
  const [first, second] = sources;
  if (first !== undefined && second !== undefined) tls.note(first, 'excludes-field', { field: second });
}

function checkCiphers(tls: Fields): void {
  const suites = tls.strings('cipherSuites');
  for (const [index, found] of suites.entries()) {
    if (!CIPHER_SUITES.has(found) && /^[A-Za-z0-9]/.test(found))
      tls.note('cipherSuites', 'cipher-suite-unknown', { found }, 'warning');
    else if (suites.indexOf(found) < index) tls.note('cipherSuites', 'value-repeated', { found }, 'warning');
  }
  const oldest = tls.raw('minProtocolVersion');
  if ((oldest === 'TLSV1_0' || oldest === 'TLSV1_1') && suites.length === 0)
    tls.note('minProtocolVersion', 'ciphers-missing', { found: oldest }, 'warning');
}
