// jwks-unreachable: istiod cannot fetch the keys of a RequestAuthentication: their workload requires mTLS, their host is
// meant from another namespace, or nothing says where they are.
import type { JwtRule, RequestAuthentication } from '../manifest/kinds/request-authentication';
import { type Endpoint, endpointsOf } from '../mesh/endpoints';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { gathered } from './gather';
import { isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const jwksUnreachable: Rule = {
  id: 'jwks-unreachable',
  severity: 'error',
  summary: 'istiod cannot fetch the keys for tokens.',
  happens:
    'istiod fetches `jwksUri` itself, from its own namespace and without a sidecar: a workload in STRICT mode closes its connection, and a bare host name is that of a neighbour of istiod. Without `jwksUri` and `jwks` it asks the issuer, which has to be a URL then. Without keys no token can be checked, so every request with a token is answered 401.',
  remedy:
    'Accept plaintext on the port of the keys (`portLevelMtls`), serve them outside the mesh, write the host in full, or write the keys into `jwks`.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of here.requestAuthentications) {
      if (isPatch(snapshot, policy)) continue;
      for (const rule of policy.spec.jwtRules) {
        const elsewhere = bareHost(view, policy, rule);
        if (elsewhere) {
          yield {
            ...placeOf(policy, [...rule.path, 'jwksUri']),
            // without `metadata.namespace` it goes wherever it is applied
            severity: policy.metadata.namespaceStated ? 'warning' : 'information',
            message: `istiod fetches these keys and looks \`${elsewhere.host}\` up from its own namespace \`${view.mesh.settings.rootNamespace}\`, which has no such service here: no token can be checked. Did you mean \`${elsewhere.instead}\`?`,
            related: [],
            fixes: () =>
              offered(
                setField(
                  snapshot,
                  policy,
                  [...rule.path, 'jwksUri'],
                  elsewhere.uri,
                  `Change it to \`${elsewhere.uri}\``,
                  true,
                ),
              ),
          };
          continue;
        }
        if (isUndiscoverable(rule)) {
          yield {
            ...placeOf(policy, [...rule.path, 'issuer']),
            severity: 'warning',
            message: `Nothing says where the keys are: without \`jwksUri\` and \`jwks\` istiod asks the issuer, and \`${rule.issuer}\` is no URL. No token can be checked.`,
            related: [],
          };
          continue;
        }
        const refused = rule.jwksUri && !isPlaceholder(rule.jwksUri) ? refusing(view, rule) : [];
        if (refused.length === 0) continue;
        const [first] = refused;
        const names = listed(refused.map(({ workload }) => workloadKey(workload)));
        yield {
          ...placeOf(policy, [...rule.path, 'jwksUri']),
          message: `istiod fetches these keys without mTLS, and ${names} ${refused.length === 1 ? 'requires' : 'require'} it on port ${first!.port}: no token can be checked.`,
          related: refused.flatMap(({ mode }) =>
            mode.policy
              ? [{ ...placeOf(mode.policy, mode.path), message: `\`${objectName(mode.policy)}\`: STRICT` }]
              : [],
          ),
        };
      }
    }
  },
};

const KEY_ADDRESS = /^(https?):\/\/(?:[^/?#@]*@)?([^/?#:]+)(?::(\d+))?/i;

/** A host without a dot that is a service of the policy's namespace, and none of istiod's. */
function bareHost({ mesh }: MeshView, { metadata }: RequestAuthentication, { jwksUri = '' }: JwtRule) {
  const { clusterDomain, rootNamespace } = mesh.settings;
  const host = isPlaceholder(jwksUri) ? undefined : KEY_ADDRESS.exec(jwksUri)?.[2];
  if (host === undefined || host.includes('.') || metadata.namespace === rootNamespace) return undefined;
  const isThere = (namespace: string): boolean =>
    mesh.servicesByHost.get(`${host.toLowerCase()}.${namespace}.svc.${clusterDomain}`) !== undefined;
  if (!isThere(metadata.namespace) || isThere(rootNamespace)) return undefined;
  const instead = `${host}.${metadata.namespace}.svc.${clusterDomain}`;
  return { host, instead, uri: jwksUri.replace(`//${host}`, `//${instead}`) };
}

/** True where istiod would have to ask an issuer that is no URL (model/jwks_resolver.go:resolveJwksURIUsingOpenID). */
function isUndiscoverable({ issuer, jwks, jwksUri }: JwtRule): boolean {
  return !jwks && !jwksUri && issuer !== '' && !/^https?:\/\//i.test(issuer) && !isPlaceholder(issuer);
}

/** The workloads behind the address that take no plaintext, if all of them do not. */
function refusing(view: MeshView, rule: JwtRule) {
  const endpoints = keyServers(view, rule);
  const found = endpoints.flatMap(({ workload, port }) => {
    const accepts = workload && view.mtls.accepts(workload, port);
    return accepts && !accepts.wire.plaintext ? [{ workload, port, mode: accepts.mode }] : [];
  });
  return found.length === endpoints.length ? found : [];
}

/** The endpoints from which istiod fetches the keys of a rule, where they are in the mesh. */
function keyServers(view: MeshView, rule: JwtRule): Endpoint[] {
  const url = KEY_ADDRESS.exec(rule.jwksUri ?? '');
  if (!url) return [];
  const { clusterDomain, rootNamespace } = view.mesh.settings;
  const number = Number(url[3] ?? (url[1]!.toLowerCase() === 'https' ? 443 : 80));
  const suffix = `.svc.${clusterDomain}`;
  const host = url[2]!.toLowerCase().replace(/\.$/, '');
  // istiod resolves by DNS from its own namespace, where a bare name is that of a neighbour
  const names = [host, `${host}${suffix}`, `${host}.${clusterDomain}`, `${host}.${rootNamespace}${suffix}`];
  const services = names.flatMap((name) => view.mesh.servicesByHost.get(name) ?? []);
  const service = services.find(({ object }) => object.kind === 'Service');
  const port = service?.ports.find((each) => each.port === number);
  return service && port ? endpointsOf(view.mesh, service, port) : [];
}

/** Where all key servers of the mesh are. */
const allKeyServers = gathered((view, { requestAuthentications }) =>
  requestAuthentications.flatMap(({ spec }) => spec.jwtRules.flatMap((rule) => keyServers(view, rule))),
);

/** True when istiod fetches keys from this port, which therefore has to take plaintext. */
export function servesKeys(view: MeshView, workload: Workload | undefined, port: number): boolean {
  return allKeyServers(view).some((endpoint) => endpoint.workload === workload && endpoint.port === port);
}
