// The kinds of rbac.istio.io as AuthorizationPolicies.
import { isMapping } from '../manifest/fields';
import type { LegacyObject } from '../manifest/kinds/legacy';
import type { Labels } from '../manifest/object';
import { expandHost } from '../mesh/host';
import type { MeshView } from '../workspace/workspace';
import type { Tree } from '../yaml/edit';
import { headOf } from './legacy-authentication';

type Raw = Readonly<Record<string, unknown>>;

/**
 * What an object says today; undefined where that cannot be said exactly: for Services that are not here, and for
 * constraints and properties without an equal. A role is written out with its binding; by itself it says nothing.
 */
export function convertRbac(view: MeshView, object: LegacyObject): Tree[] | undefined {
  switch (object.kind) {
    case 'LegacyClusterRbacConfig':
    case 'LegacyRbacConfig':
      return convertConfig(view, object.spec.raw);
    case 'LegacyServiceRoleBinding':
      return convertBinding(view, object);
    case 'LegacyServiceRole':
      return isConverted(view, object) ? [] : undefined;
    default:
      return undefined;
  }
}

/** Where RBAC was on, what no role allowed was refused. */
function convertConfig(view: MeshView, { mode, inclusion }: Raw): Tree[] | undefined {
  const nothing = (namespace: string): Tree => ({
    ...headOf('AuthorizationPolicy', 'allow-nothing', { namespace, namespaceStated: true }),
    spec: {},
  });
  if (mode === 'OFF' || mode === undefined) return [];
  if (mode === 'ON') return [nothing(view.mesh.settings.rootNamespace)];
  if (mode !== 'ON_WITH_INCLUSION' || !isMapping(inclusion) || inclusion.services !== undefined) return undefined;
  return texts(inclusion.namespaces).map(nothing);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function list(value: unknown): Raw[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** A role is done with when each of its bindings has been converted. */
function isConverted(view: MeshView, role: LegacyObject): boolean {
  return !view.mesh
    .in(role.metadata.namespace)
    .objects.some((each) => each.kind === 'LegacyServiceRoleBinding' && roleName(each.spec.raw) === role.metadata.name);
}

function roleName({ roleRef, role }: Raw): unknown {
  return isMapping(roleRef) ? roleRef.name : role;
}

function convertBinding(view: MeshView, binding: LegacyObject): Tree[] | undefined {
  const { namespace, name } = binding.metadata;
  const role = view.mesh
    .in(namespace)
    .objects.find(
      (each): each is LegacyObject =>
        each.kind === 'LegacyServiceRole' && each.metadata.name === roleName(binding.spec.raw),
    );
  const from = list(binding.spec.raw.subjects).map(subject);
  const grants = list(role?.spec.raw.rules).map((rule) => grant(view, namespace, rule));
  if (!role || from.length === 0 || from.includes(undefined) || grants.length === 0) return undefined;
  const policies = new Map<string, { scope: Tree; rules: Tree[] }>();
  for (const each of grants) {
    if (!each) return undefined;
    for (const scope of each.scopes) {
      const key = JSON.stringify(scope);
      const known = policies.get(key) ?? { scope, rules: [] };
      policies.set(key, known);
      // a subject without conditions is anybody
      const sources = (from as Tree[]).filter((source) => Object.keys(source).length > 0);
      const isAnybody = sources.length < from.length;
      known.rules.push({
        ...(!isAnybody && { from: sources.map((source) => ({ source })) }),
        ...(Object.keys(each.operation).length > 0 && { to: [{ operation: each.operation }] }),
      });
    }
  }
  return [...policies.values()].map(({ scope, rules }, index) => ({
    ...headOf('AuthorizationPolicy', index === 0 ? name : `${name}-${index + 1}`, binding.metadata),
    spec: { ...scope, rules },
  }));
}

/** Who is let in, as a `source`; an empty one is anybody. */
function subject({ user, properties, ...others }: Raw): Tree | undefined {
  if (Object.keys(others).length > 0) return undefined;
  const source: Record<string, string[]> = {};
  const add = (field: string, value: unknown): boolean => {
    if (typeof value !== 'string' || source[field]) return false;
    source[field] = [value];
    return true;
  };
  // `user: "*"` is anybody, with or without an identity
  if (user !== undefined && user !== '*' && !add('principals', user)) return undefined;
  for (const [name, value] of Object.entries(isMapping(properties) ? properties : {})) {
    const field = PROPERTIES[name];
    if (field === undefined || !add(field, value)) return undefined;
  }
  return source;
}

const PROPERTIES: Readonly<Record<string, string>> = {
  'source.namespace': 'namespaces',
  'source.principal': 'principals',
  'source.ip': 'ipBlocks',
  'request.auth.principal': 'requestPrincipals',
};

interface Grant {
  readonly scopes: readonly Tree[];
  readonly operation: Tree;
}

/** What is allowed on which workloads: a selector for each Service, none for `*`. */
function grant(view: MeshView, namespace: string, rule: Raw): Grant | undefined {
  const { services, methods, paths, constraints } = rule;
  if (constraints !== undefined) return undefined;
  const names = texts(services);
  const operation: Record<string, string[]> = {};
  for (const [field, value] of [
    ['methods', methods],
    ['paths', paths],
  ] as const) {
    const values = texts(value);
    if (values.length > 0 && !values.includes('*')) operation[field] = values;
  }
  if (names.includes('*')) return { scopes: [{}], operation };
  const { clusterDomain } = view.mesh.settings;
  const selectors = names.map((name): Labels | undefined => {
    const host = expandHost(name, namespace, clusterDomain);
    const hosts = [host, `${host}.svc.${clusterDomain}`];
    const service = hosts.flatMap((each) => view.mesh.servicesByHost.get(each) ?? [])[0];
    return service?.namespace === namespace && service.object.kind === 'Service'
      ? service.object.spec.selector
      : undefined;
  });
  if (names.length === 0 || selectors.includes(undefined)) return undefined;
  return { scopes: selectors.map((matchLabels) => ({ selector: { matchLabels: { ...matchLabels } } })), operation };
}
