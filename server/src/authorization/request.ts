// One request or connection that arrives at a workload, as far as it is known, and what the filters see of it.
import type { PathNormalization } from '../mesh/settings';
import { isAddress } from './address';
import { seenPath } from './path';
import { type Maybe, UNKNOWN } from './truth';

/** A token in `Authorization: Bearer`. */
export interface Token {
  readonly issuer: string;
  readonly subject: string | undefined;
  /** Further claims, by name. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Its signature or its times are not good. */
  readonly invalid: boolean;
}

export interface HttpRequest {
  readonly method: Maybe<string>;
  /** As sent, with its query. */
  readonly path: Maybe<string>;
  /** The Host header as sent, with its port if it has one. */
  readonly host: Maybe<string>;
  /** By name in lower case. */
  readonly headers: Maybe<Readonly<Record<string, string>>>;
  /** Undefined: no token. */
  readonly token: Maybe<Token | undefined>;
}

export interface AuthorizationRequest {
  /** The identity in the client's certificate, without `spiffe://`; undefined on a plaintext connection. */
  readonly principal: string | undefined;
  /** The peer's address. */
  readonly sourceIp: Maybe<string>;
  readonly destinationIp: Maybe<string>;
  /** The server name of the TLS handshake; empty where there is none. */
  readonly sni: Maybe<string>;
  /** Undefined: bytes that are not HTTP. */
  readonly http: HttpRequest | undefined;
}

/** An HTTP request of which nothing is known. */
export const ANY_HTTP: HttpRequest = {
  method: UNKNOWN,
  path: UNKNOWN,
  host: UNKNOWN,
  headers: UNKNOWN,
  token: UNKNOWN,
};

/** What the filters compare with. */
export interface SeenRequest {
  /** With `spiffe://`; undefined in plaintext. */
  readonly identity: string | undefined;
  readonly sourceIp: Maybe<string>;
  /** The address of the original client as far as Envoy believes it. */
  readonly remoteIp: Maybe<string>;
  readonly destinationIp: Maybe<string>;
  readonly destinationPort: number;
  readonly sni: Maybe<string>;
  readonly method: Maybe<string>;
  readonly path: Maybe<string>;
  readonly host: Maybe<string>;
  header(name: string): Maybe<string | undefined>;
  /** Of a token that was accepted; undefined without one. */
  readonly claims: Maybe<Readonly<Record<string, unknown>> | undefined>;
}

/**
 * What the filters of one layer see.
 * @param http undefined where TCP filters judge, whatever the bytes are
 */
export function seenRequest(
  request: AuthorizationRequest,
  port: number,
  http: HttpRequest | undefined,
  claims: SeenRequest['claims'],
  normalization: PathNormalization,
): SeenRequest {
  const header = (name: string): Maybe<string | undefined> => (http ? headerOf(http, name.toLowerCase()) : undefined);
  return {
    identity: request.principal === undefined ? undefined : `spiffe://${request.principal}`,
    sourceIp: request.sourceIp,
    remoteIp: http ? remoteIp(request.sourceIp, header('x-forwarded-for')) : request.sourceIp,
    destinationIp: request.destinationIp,
    destinationPort: port,
    // a plaintext connection has no handshake
    sni: request.principal === undefined ? '' : request.sni,
    method: http?.method ?? UNKNOWN,
    path: http && typeof http.path === 'string' ? seenPath(http.path, normalization) : UNKNOWN,
    host: http?.host ?? UNKNOWN,
    header,
    claims,
  };
}

/** Pseudo headers are headers to Envoy, and `Host` is its `:authority`. */
function headerOf(http: HttpRequest, name: string): Maybe<string | undefined> {
  if (name === 'host' || name === ':authority') return http.host;
  if (name === ':method') return http.method;
  if (name === ':path') return UNKNOWN;
  // it holds the token, which we do not have as text, unless the JWT filter took it away
  if (name === 'authorization' && http.token !== undefined) return UNKNOWN;
  if (http.headers === UNKNOWN) return UNKNOWN;
  return Object.hasOwn(http.headers, name) ? http.headers[name] : undefined;
}

/** The last address of X-Forwarded-For, else the peer's (Envoy's http/utility.cc:getLastAddressFromXFF). */
function remoteIp(peer: Maybe<string>, forwarded: Maybe<string | undefined>): Maybe<string> {
  if (forwarded === UNKNOWN) return UNKNOWN;
  const last = forwarded?.split(',').at(-1)?.trim();
  return last !== undefined && isAddress(last) ? last : peer;
}

/** True for a request of a browser that asks whether it may ask; the JWT filter lets it pass (§10). */
export function isPreflight(http: HttpRequest): boolean {
  if (http.method !== 'OPTIONS' || http.headers === UNKNOWN) return false;
  return Boolean(http.headers.origin) && Boolean(http.headers['access-control-request-method']);
}
