// The TLS handshake of a connection as articles teach it: what each side shows, what the other checks, where it stops.
import type { ServiceEntry } from '../manifest/kinds/service-entry';
import type { KubernetesObject } from '../manifest/object';
import { HBONE_PORT } from '../mesh/waypoint';
import type { Certificate, Handshake, Verification } from '../mtls/handshake';
import { objectName } from './names';
import type { Because } from './reasons';

const MOST_NAMES = 3;

/** One line of the handshake, with what it rests on. */
export interface HandshakeLine {
  readonly text: string;
  readonly because: readonly Because[];
}

/** The lines for all endpoints; what they share is said once. */
export function handshakeLines(handshakes: readonly Handshake[]): HandshakeLine[] {
  const [first] = handshakes;
  if (!first) return [];
  const tunnel = first.kind === 'hbone' ? ` to open the tunnel (HBONE, port ${HBONE_PORT})` : '';
  const servers = [...new Set(handshakes.map(({ server }) => shown(server)))];
  const stops = [...new Set(handshakes.flatMap((each) => (each.failsAt ? [stopWords(each)] : [])))];
  return [
    { text: `client shows ${shown(first.client)}${tunnel}`, because: [] },
    { text: `server shows ${some(servers)}`, because: [] },
    clientLine(first),
    ...(first.serverVerifies ? [{ text: `server checks ${checks(first.serverVerifies)}`, because: [] }] : []),
    ...stops.map((text) => ({ text: `stops: ${text}`, because: [] })),
  ];
}

function clientLine({ clientVerifies, server }: Handshake): HandshakeLine {
  if (server.kind === 'none') return { text: 'client waits for a certificate', because: [] };
  const { object, path, namesFrom, names } = clientVerifies;
  const from = object && `\`${objectName(object)}\``;
  const source =
    namesFrom === 'rule'
      ? `\`subjectAltNames\` of ${from} replaces every other list`
      : `the names are the service accounts of all endpoints of ${from}${object && addsNames(object) ? ', and those in its `subjectAltNames`' : ''}`;
  const says = object && (namesFrom === 'rule' || namesFrom === 'service-accounts') && names.length > 0;
  return { text: `client checks ${checks(clientVerifies)}`, because: says ? [{ text: source, object, path }] : [] };
}

function addsNames(object: KubernetesObject): boolean {
  return object.kind === 'ServiceEntry' && (object as ServiceEntry).spec.subjectAltNames.length > 0;
}

function shown(certificate: Certificate): string {
  switch (certificate.kind) {
    case 'none':
      return 'no certificate';
    case 'mesh':
      return `\`${certificate.identity}\``;
    case 'file':
      return `the certificate mounted at \`${certificate.name}\``;
    case 'secret':
      return `the certificate of Secret \`${certificate.name}\``;
    case 'application':
      return 'a certificate of its own';
  }
}

const ROOTS = {
  mesh: 'that the mesh root signed it',
  file: 'that an authority of `caCertificates` signed it',
  secret: 'that the authority in the Secret signed it',
  system: "that an authority of the proxy's system store signed it",
  nothing: 'nothing: `insecureSkipVerify` is set',
} as const;

function checks({ root, trustDomains, names, namesFrom }: Verification): string {
  const domains =
    trustDomains.length > 0
      ? `, of trust domain ${some(
          trustDomains.map((domain) => `\`${domain}\``),
          'or',
        )}`
      : '';
  if (root === 'nothing') return ROOTS.nothing;
  const signed = `${ROOTS[root]}${domains}`;
  if (names.length > 0)
    return `${signed}, for ${some(
      names.map((name) => `\`${name}\``),
      'or',
    )}`;
  if (namesFrom === 'host') return `${signed}, for the host that it asks for`;
  return trustDomains.length > 0 ? signed : `${signed}, for whatever name`;
}

function stopWords({ failsAt, kind, server }: Handshake): string {
  switch (failsAt) {
    case 'server-certificate':
      return "the server's certificate is of the mesh, whose root the client does not know; past that, the server would ask for a certificate of the mesh";
    case 'server-name':
      return `the client does not expect ${shown(server)}`;
    case 'policy':
      return 'the tunnel stands, and a policy of the server closes it';
    default:
      return kind === 'hbone'
        ? 'nobody listens for HBONE at the server'
        : "nobody there answers the client's first message in TLS";
  }
}

function some(texts: readonly string[], word = 'and'): string {
  const shownTexts = texts.length > MOST_NAMES + 1 ? texts.slice(0, MOST_NAMES) : texts;
  const rest = texts.length > shownTexts.length ? [`${texts.length - shownTexts.length} more`] : [];
  const all = [...shownTexts, ...rest];
  return all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} ${word} ${all.at(-1)}`;
}
