// What is wrong with a field, in words: why the API server, a CRD or Istio's webhook refuses an object.
import type { FieldProblem } from '../manifest/object';
import { pathText } from './names';

/** `or` between the last two, code style around each. */
function either(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

/** Nobody reads a longer list in a sentence. */
const MOST_VALUES = 10;

const ARTICLE: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: '`true` or `false`',
  object: 'a mapping',
  list: 'a list',
};

/** What RE2 leaves out of what other languages know. */
function reasonWhy(expression: string): string {
  if (/\(\?<?[=!]/.test(expression)) return ', which looks neither ahead nor behind';
  if (/\\[1-9]|\\k</.test(expression)) return ', which cannot refer back to a group';
  if (/^[*+?]/.test(expression)) return ': nothing stands before the first repetition';
  return /[*+?}]\+|\(\?>/.test(expression) ? ', which has no possessive quantifiers and no atomic groups' : '';
}

type Words = (data: FieldProblem['data'], field: string) => string;

const WORDS: Readonly<Record<string, Words>> = {
  'wrong-type': (data, field) => {
    const found = data.value ? `\`${data.value}\`` : (ARTICLE[String(data.found)] ?? `\`${data.found}\``);
    const quotes = data.expected === 'string' && data.value ? '; write it in quotes' : '';
    return `\`${field}\` is ${found} but must be ${ARTICLE[String(data.expected)] ?? data.expected}${quotes}`;
  },
  'unknown-value': (data) => {
    const allowed = data.allowed as readonly string[];
    const takes = allowed.length <= MOST_VALUES ? `, which takes ${either(allowed)}` : '';
    return `\`${data.found}\` is no value of this field${takes}`;
  },
  'port-invalid': (data) => `\`${data.found}\` is no port number`,
  'port-level-empty': () => '`portLevelMtls` names no port',
  'port-level-without-selector': () => '`portLevelMtls` needs a `selector` with labels',
  'selector-empty-key': () => 'a selector label has no name',
  'selector-wildcard': (data) => `a selector takes no \`*\`, and this one has \`${data.key}: ${data.value}\``,
  'host-invalid': (data) => (data.host ? `\`${data.host}\` is no host name` : '`host` is missing'),
  'hosts-missing': () => '`hosts` is missing',
  'export-to-repeated': (data) => `\`exportTo\` names \`${data.entry}\` twice`,
  'export-to-none': () => '`~` is no value of `exportTo` here',
  'export-to-invalid': (data) => `\`${data.entry}\` in \`exportTo\` is no namespace`,
  'export-to-mixed': () => '`*` or `~` in `exportTo` must stand alone',
  'export-to-with-selector': () => 'a rule with `workloadSelector` can be exported to its own namespace only',
  'subset-repeated': (data) => `two subsets are called \`${data.name}\``,
  'subset-name-invalid': (data) => (data.name ? `\`${data.name}\` is no subset name` : 'a subset has no `name`'),
  'traffic-policy-empty': () => '`trafficPolicy` sets nothing',
  'tunnel-with-proxy-protocol': () => '`tunnel` and `proxyProtocol` exclude each other',
  'port-level-without-port': () => 'an entry of `portLevelSettings` has no `port`',
  'port-level-policy-empty': () => 'an entry of `portLevelSettings` sets nothing',
  'credential-name-with-files': () => '`credentialName` and certificate files exclude each other',
  'config-map-elsewhere': (data) =>
    `\`${data.found}\` must be \`configmap://namespace/name\` of the rule's own namespace`,
  'client-certificate-missing': () => '`mode: MUTUAL` needs `clientCertificate` or `credentialName`',
  'private-key-missing': () => '`mode: MUTUAL` needs `privateKey` or `credentialName`',
  'insecure-with-verification': (data) => `\`insecureSkipVerify\` and \`${data.field}\` exclude each other`,
  'port-name-invalid': (data) => (data.name ? `\`${data.name}\` is no port name` : 'a port has no `name`'),
  'port-name-repeated': () => 'two ports have the same name',
  'port-number-repeated': () => 'two ports have the same number',
  'unix-address-with-ports': () => 'a `unix://` address takes no `ports`',
  'unix-endpoint-ports': () => 'a `unix://` endpoint needs exactly one port of the ServiceEntry',
  'unix-bind-missing': () => 'a listener without port number needs a `bind` that begins with `unix://`',
  'unix-bind-captured': () => 'a listener on a unix socket cannot capture by iptables',
  'target-port-useless': () => '`targetPort` has no meaning in a Sidecar',
  'address-missing': () => '`address` is missing',
  'address-range-with-resolution': (data) => `an address range does not go with \`resolution: ${data.resolution}\``,
  'endpoints-with-selector': () => '`endpoints` and `workloadSelector` exclude each other',
  'endpoints-without-resolution': (data) => `\`endpoints\` do not go with \`resolution: ${data.resolution}\``,
  'endpoint-not-an-address': () => '`resolution: STATIC` needs IP addresses as endpoints',
  'endpoint-not-a-host': () => 'an endpoint is neither a host name nor an IP address',
  'endpoints-too-many': (data) => `\`resolution: ${data.resolution}\` takes one endpoint`,
  'host-not-resolvable': (data) => `\`resolution: ${data.resolution}\` cannot resolve a host with \`*\``,
  'host-not-a-wildcard': (data) => `\`resolution: ${data.resolution}\` needs hosts that begin with \`*\``,
  'endpoint-port-unknown': () => 'an endpoint maps a port that the ServiceEntry does not have',
  'hosts-not-told-apart': () => 'several `hosts` need ports whose protocol is HTTP or TLS',
  'addresses-without-resolution': (data) => `\`addresses\` do not go with \`resolution: ${data.resolution}\``,
  'protocol-not-dynamic': (data) => `\`resolution: ${data.resolution}\` takes HTTP, HTTP2, GRPC and TLS only`,
  'protocol-unknown': (data) => `\`${data.found}\` is no protocol`,
  'labels-invalid': () => 'a label has a name or a value that labels cannot have',
  'connection-pool-empty': () => '`connectionPool` has neither `http` nor `tcp`',
  'hostname-missing': () => '`hostname` is missing',
  'ca-ambiguous': () => 'exactly one of `caCertificateRefs` and `wellKnownCACertificates` must be set',
  'egress-hosts-missing': () => 'an `egress` listener has no `hosts`',
  'egress-host-invalid': (data) =>
    `\`${data.host}\` is no egress host; it must be \`namespace/name\`, with a full host name, \`*.domain\` or \`*\``,
  'egress-without-port-not-last': () => 'the `egress` listener without `port` must be the last',
  'listener-port-repeated': () => 'two listeners have the same port',
  'ingress-port-missing': () => 'an `ingress` listener has no `port`',
  'default-endpoint-invalid': (data) => `\`${data.found}\` is no \`defaultEndpoint\``,
  'sidecar-empty': () => 'the Sidecar sets nothing',
  'route-empty': () => 'an HTTP route leads nowhere',
  'destination-host-invalid': (data) =>
    data.host ? `\`${data.host}\` is no host name` : 'a destination has no `host`',
  'virtual-service-empty': () => 'the VirtualService has no route',
  'empty-value': (_, field) => `an entry of \`${field}\` is empty`,
  'list-item-empty': (_, field) => `an entry of \`${field}\` is empty`,
  'too-many': (data, field) => `\`${field}\` takes at most ${data.limit} entries`,
  'address-invalid': (data) => `\`${data.found}\` is no IP address or range`,
  'trust-domain-invalid': (data) => `\`${data.found}\` is no trust domain; a \`*\` may stand at one end only`,
  'service-account-invalid': (data) => `\`${data.found}\` must be \`name\` or \`namespace/name\`, without \`*\``,
  'service-accounts-with-identities': () => '`serviceAccounts` excludes `principals` and `namespaces` beside it',
  'path-template-invalid': (data) => `\`${data.found}\` is no path template`,
  'condition-unknown': (data) => `\`${data.key}\` is no attribute that a condition can ask for`,
  'condition-without-key': () => 'a condition has no `key`',
  'condition-without-values': (data) => `the condition on \`${data.key}\` has neither \`values\` nor \`notValues\``,
  'source-missing': () => 'an entry of `from` has no `source`',
  'source-empty': () => 'a `source` sets nothing',
  'operation-missing': () => 'an entry of `to` has no `operation`',
  'operation-empty': () => 'an `operation` sets nothing',
  'deny-without-rules': () => 'a DENY policy needs `rules`',
  'custom-without-rules': () => 'a CUSTOM policy needs `rules`',
  'custom-without-provider': () => 'a CUSTOM policy needs a `provider`',
  'provider-without-custom': (data) => `\`provider\` is for CUSTOM policies, and this one is ${data.action}`,
  'custom-with-identity': () => 'a CUSTOM policy cannot ask who the caller is',
  'dry-run-invalid': () => 'the dry-run annotation must be `"true"` or `"false"`',
  'dry-run-unsupported': () => 'this action has no dry run',
  'target-ambiguous': () => '`selector`, `targetRef` and `targetRefs` exclude each other',
  'target-kind': () => 'the target is of a kind that a policy cannot refer to',
  'target-namespace': () => "the target must be in the policy's own namespace",
  'target-without-name': () => 'the target has no `name`',
  'header-missing': () => 'a header has no `name`',
  'header-invalid': (data) => `\`${data.found}\` is no header name`,
  'claim-missing': () => 'a header has no `claim`',
  'issuer-missing': () => '`issuer` is missing',
  'jwks-ambiguous': () => '`jwks` and `jwksUri` exclude each other',
  'jwks-invalid': () => '`jwks` is no JSON web key set',
  'jwks-uri-invalid': (data) => `\`${data.found}\` is no URL that keys can be fetched from`,
  'number-negative': (data) => `\`${data.found}\` is below zero`,
  'number-out-of-range': (data) => `\`${data.found}\` is not between ${data.min} and ${data.max}`,
  'number-too-small': (data) => `\`${data.found}\` is below ${data.min}`,
  'needs-field': (data, field) => `\`${field}\` needs \`${data.field}\``,
  'excludes-field': (data, field) => `\`${field}\` and \`${data.field}\` exclude each other`,
  'value-repeated': (data) => `\`${data.found}\` is there twice`,
  'table-size-invalid': (data) => `\`${data.found}\` is no prime number below 5000011`,
  'topology-label-excluded': (data) =>
    `labels of regions and zones in \`failoverPriority\` do not go with \`${data.field}\``,
  'weights-not-100': () => 'weights are between 1 and 100, and together 100',
  'regions-equal': (data) => `\`from\` and \`to\` are both \`${data.found}\``,
  'region-invalid': (data) => `\`${data.found}\` is no region; it takes neither \`/\` nor \`*\``,
  'locality-invalid': (data) => `\`${data.found}\` is no locality`,
  'localities-overlap': (data) => `\`${data.found}\` overlaps with another locality`,
  'failover-without-outlier-detection': () => 'failover without `outlierDetection` never happens',
  'certificate-with-istio-mutual': (data) =>
    `\`mode: ISTIO_MUTUAL\` brings its own certificates and takes no \`${data.field}\``,
  'certificate-with-passthrough': (data) => `\`mode: ${data.mode}\` ends no TLS and ignores \`${data.field}\``,
  'ca-certificates-missing': (data) => `\`mode: ${data.mode}\` needs \`caCertificates\` or \`credentialName\``,
  'cipher-suite-unknown': (data) => `\`${data.found}\` is no cipher suite, and is ignored`,
  'ciphers-missing': (data) => `\`${data.found}\` needs \`cipherSuites\` that such old clients know`,
  'name-invalid': (data) => `\`${data.name}\` is no name for this kind; it takes letters, digits and \`-\``,
  'servers-missing': () => 'the Gateway has no `servers`',
  'target-port-excluded': () => '`targetPort` has no meaning here',
  'unix-path-invalid': (data) => `\`${data.found}\` is no path of a socket`,
  'tls-missing': (data) => `a port with \`protocol: ${data.protocol}\` needs \`tls\``,
  'tls-on-plain-port': (data) => `a port with \`protocol: ${data.protocol}\` takes no such \`tls\``,
  'redirect-on-tls': (data) => `\`httpsRedirect\` is for HTTP ports, and this one has \`protocol: ${data.protocol}\``,
  'field-deprecated': (_, field) => `\`${field}\` is deprecated`,
  'address-without-network': () => 'an entry with `network` and without `address` is reached through a gateway only',
  'waypoint-with-dynamic-dns': () => '`MESH_INTERNAL` with `resolution: DYNAMIC_DNS` takes no waypoint',
  'wildcard-partial': () => 'a `*` beside letters is taken by `resolution: DYNAMIC_DNS` alone',
  'selector-without-resolution': () => '`workloadSelector` has no effect with `resolution: NONE`',
  'addresses-needed': () => 'a TCP port needs `addresses`, or every connection to its number is taken for it',
  'hosts-share-address': () => 'several hosts share one address, and TCP cannot tell them apart',
  'egress-host-covered': (data) => `\`${data.host}\` is covered by another entry`,
  'tls-field-excluded': (data) => `the \`tls\` of a Sidecar takes no \`${data.field}\``,
  'http-pool-on-tcp': (data) => `\`http\` has no effect on a port with \`protocol: ${data.protocol}\``,
  'gateway-name-invalid': (data) => `\`${data.found}\` is no name of a Gateway; it is \`name\` or \`namespace/name\``,
  'gateway-name-dotted': (data) => `\`${data.found}\` is the old way to name a Gateway; write \`namespace/name\``,
  'delegate-in-delegate': () => 'a VirtualService without hosts cannot delegate in turn',
  'weights-zero': () => 'of several destinations one at least needs a `weight` above 0',
  'claims-in-mesh': () => 'routes by claims of tokens are for gateways alone, and sidecars read this one too',
  'expression-empty': () => 'a regular expression is empty',
  'expression-long': (data) => `a regular expression is longer than ${data.limit} characters`,
  'expression-invalid': (data) => `\`${data.found}\` is no regular expression of RE2${reasonWhy(String(data.found))}`,
  'hosts-overlap': (data) => `\`${data.other}\` and \`${data.host}\` in \`hosts\` overlap`,
  'sni-host-foreign': (data) => `\`${data.host}\` is not among the \`hosts\` of the VirtualService`,
  'retry-condition-unknown': (data) => {
    const spaces = data.found !== String(data.found).trim() ? '; no space may stand beside a comma' : '';
    return `\`${data.found}\` is nothing that \`retryOn\` knows${spaces}`;
  },
  'origin-empty': () => 'an entry of `allowOrigins` matches nothing',
  'method-unknown': (data) =>
    `\`${data.found}\` is no method of HTTP, which are ${either(data.allowed as readonly string[])}`,
  'not-seconds': (data) => `\`${data.found}\` is not a number of whole seconds`,
  'not-supported': (_, field) => `Istio does not support \`${field}\``,
  'abort-empty': () => '`abort` names no status, and nothing is aborted',
  'redirect-empty': () => '`redirect` changes nothing',
  'body-large': (data) => `the body is larger than ${data.limit}, which every proxy is sent`,
  'namespace-invalid': (data) => `\`${data.found}\` is no name of a namespace`,
  'rewrite-empty': () => '`rewrite` changes nothing',
  'header-value-invalid': (data) => `\`${data.found}\` is no value of a header; a lone \`%\` has to be doubled`,
  'authority-twice': () => 'the authority is set in more than one place',
  'fault-empty': () => '`fault` has neither `abort` nor `delay`',
  'sni-address': (data) => `\`${data.host}\` is an address, which no handshake names`,
  'route-unreachable': () => 'an earlier route takes everything that this one is for',
  'match-ineffective': () => 'this match is covered by an earlier one',
  'annotation-internal': (data) => `the annotation \`${data.found}\` is for istiod alone`,
  'unknown-field': (data) => `there is no field \`${data.found}\` here`,
  'selector-empty': (_, field) => `\`${field}\` has no labels, which is the same as no selector`,
  'deny-http-only': () =>
    'on TCP ports the fields of requests are left out of this DENY rule, which then denies every connection',
  'jwks-private-key': (data) => `key ${data.index} of \`jwks\` is not a public one`,
  'duration-invalid': (data) => `\`${data.found}\` is no duration`,
};

/** A clause without full stop, such as `` `strict` is no value of this field, which takes `DISABLE`, … or `STRICT` ``. */
export function fieldProblemWords(problem: FieldProblem): string {
  const words = WORDS[problem.code];
  return words
    ? words(problem.data, pathText(problem.path))
    : `\`${pathText(problem.path)}\` is invalid (${problem.code})`;
}
