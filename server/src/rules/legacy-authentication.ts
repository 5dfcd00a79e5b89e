// Policy and MeshPolicy of authentication.istio.io as PeerAuthentications and RequestAuthentications.
import { isMapping } from '../manifest/fields';
import type { LegacyObject } from '../manifest/kinds/legacy';
import type { Service } from '../manifest/kinds/service';
import type { KubernetesObject } from '../manifest/object';
import type { MeshView } from '../workspace/workspace';
import type { Tree } from '../yaml/edit';

type Raw = Readonly<Record<string, unknown>>;

/**
 * What a policy says today; undefined where that cannot be said exactly: for Services that are not here, for ports,
 * and for conditions on paths.
 */
export function convertAuthentication(view: MeshView, object: LegacyObject): Tree[] | undefined {
  if (object.kind !== 'LegacyPolicy' && object.kind !== 'LegacyMeshPolicy') return undefined;
  const { raw } = object.spec;
  const isMesh = object.kind === 'LegacyMeshPolicy';
  const { rootNamespace } = view.mesh.settings;
  const place = isMesh ? { namespace: rootNamespace, namespaceStated: true } : object.metadata;
  const selectors = isMesh ? [undefined] : targets(view, object);
  const mode = modeOf(raw);
  const rules = list(raw.origins).map(tokenRule);
  if (!selectors || mode === undefined || rules.includes(undefined)) return undefined;
  const jwtRules = rules as Tree[];
  return selectors.flatMap((selector): Tree[] => {
    const name =
      selectors.length > 1 && selector ? `${object.metadata.name}-${selector.metadata.name}` : object.metadata.name;
    const scope: Tree = selector ? { selector: { matchLabels: { ...selector.spec.selector } } } : {};
    const peer: Tree = { ...headOf('PeerAuthentication', name, place), spec: { ...scope, mtls: { mode } } };
    if (jwtRules.length === 0) return [peer];
    const token: Tree = { ...headOf('RequestAuthentication', name, place), spec: { ...scope, jwtRules } };
    // an origin was required, unless the policy said otherwise
    if (raw.originIsOptional === true) return [peer, token];
    const required: Tree = {
      ...headOf('AuthorizationPolicy', `${name}-require-token`, place),
      spec: { ...scope, action: 'DENY', rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }] }] },
    };
    return [peer, token, required];
  });
}

function list(value: unknown): Raw[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** Without `peers` a policy asked for no mTLS; several, or one of another kind, cannot be told. */
function modeOf({ peers, peerIsOptional }: Raw): string | undefined {
  const methods = list(peers);
  if (methods.length === 0) return 'DISABLE';
  const [only] = methods;
  if (methods.length > 1 || !only || !Object.hasOwn(only, 'mtls')) return undefined;
  const mtls = isMapping(only.mtls) ? only.mtls : {};
  if (mtls.allowTls !== undefined) return undefined;
  if (peerIsOptional === true) return 'PERMISSIVE';
  return mtls.mode === undefined || mtls.mode === null
    ? 'STRICT'
    : mtls.mode === 'PERMISSIVE' || mtls.mode === 'STRICT'
      ? mtls.mode
      : undefined;
}

/** The Services that are meant; the whole namespace is `undefined`. */
function targets(view: MeshView, object: LegacyObject): (Service | undefined)[] | undefined {
  const named = list(object.spec.raw.targets);
  if (named.length === 0) return [undefined];
  const found = named.map(({ name, ports }) => {
    const { object: service } =
      view.mesh.servicesIn(object.metadata.namespace).find((each) => each.object.metadata.name === name) ?? {};
    return service?.kind === 'Service' && service.spec.selector && ports === undefined ? service : undefined;
  });
  return found.includes(undefined) ? undefined : found;
}

/** A method for tokens; one with conditions on paths has no equal. */
function tokenRule({ jwt }: Raw): Tree | undefined {
  if (!isMapping(jwt) || jwt.trigger_rules !== undefined || jwt.triggerRules !== undefined) return undefined;
  const texts = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  const text = (...names: string[]): string | undefined =>
    names.map((name) => jwt[name]).find((each) => typeof each === 'string');
  const issuer = text('issuer');
  if (issuer === undefined) return undefined;
  const uri = text('jwksUri', 'jwks_uri');
  const jwks = text('jwks');
  const audiences = texts(jwt.audiences);
  const headers = texts(jwt.jwtHeaders ?? jwt.jwt_headers);
  const params = texts(jwt.jwtParams ?? jwt.jwt_params);
  return {
    issuer,
    ...(audiences.length > 0 && { audiences }),
    ...(uri !== undefined && { jwksUri: uri }),
    ...(jwks !== undefined && { jwks }),
    ...(headers.length > 0 && { fromHeaders: headers.map((name) => ({ name })) }),
    ...(params.length > 0 && { fromParams: params }),
  };
}

/** The head of an object that takes the place of another. */
export function headOf(
  kind: string,
  name: string,
  like: Pick<KubernetesObject['metadata'], 'namespace' | 'namespaceStated'>,
): Tree {
  const metadata = { name, ...(like.namespaceStated && { namespace: like.namespace }) };
  return { apiVersion: 'security.istio.io/v1', kind, metadata };
}
