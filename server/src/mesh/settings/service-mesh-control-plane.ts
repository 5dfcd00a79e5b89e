// What OpenShift's ServiceMeshControlPlane says of its mesh, and which namespaces are members of it.

import type { Fields } from '../../manifest/fields';
import { textIn } from '../../manifest/kinds/block';
import type { ServiceMeshControlPlane, ServiceMeshMember, ServiceMeshMemberRoll } from '../../manifest/kinds/install';
import { isPlaceholder } from '../../manifest/placeholder';
import { fieldsOf } from './istio-operator';
import { noteMeshConfig } from './mesh-config';
import { gather, type Note, RANK, type Statement, statement } from './statement';
import type { Members } from './types';
import { section } from './values';

/** The Istio that a version of OpenShift Service Mesh is made of; older ones are older than what Mutual knows. */
const ISTIO_OF: Readonly<Record<string, number>> = { 'v2.6': 20 };

/** maistra.io/v2, and v1 with Helm values under `spec.istio`. The control plane's namespace is the root namespace. */
export function fromServiceMeshControlPlane(object: ServiceMeshControlPlane): Statement {
  const { spec, metadata, apiVersion } = object;
  const fields = fieldsOf(spec.spec);
  const facts = gather((note) => {
    note('istioVersion', ISTIO_OF[spec.version ?? ''], ['spec', 'version']);
    note('rootNamespace', metadata.namespaceStated ? metadata.namespace : undefined, ['metadata', 'namespace']);
    if (apiVersion.endsWith('/v1')) noteFirst(fields, note);
    else noteSecond(fields, note);
  });
  return statement(object, RANK.operator, 'default', facts);
}

function noteSecond(spec: Fields, note: Note): void {
  const security = section(spec, 'security');
  const dataPlane = security && section(security, 'dataPlane');
  noteMtls(dataPlane, 'mtls', 'automtls', note);
  const trust = security && section(security, 'trust');
  note('trustDomain', textIn(trust, 'domain') || undefined, trust?.at('domain') ?? []);
  const further = trust?.raw('additionalDomains');
  note('trustDomainAliases', Array.isArray(further) ? trust?.strings('additionalDomains') : undefined, [
    ...(trust?.at('additionalDomains') ?? []),
  ]);
  const proxy = section(spec, 'proxy');
  const networking = proxy && section(proxy, 'networking');
  note('clusterDomain', textIn(networking, 'clusterDomain') || undefined, networking?.at('clusterDomain') ?? []);
  const traffic = networking && section(networking, 'trafficControl');
  const outbound = traffic && section(traffic, 'outbound');
  note('outboundTrafficPolicy', textIn(outbound, 'policy'), outbound?.at('policy') ?? []);
  for (const holder of [spec, section(spec, 'techPreview')]) {
    const mesh = holder && section(holder, 'meshConfig');
    if (mesh) noteMeshConfig(mesh, note);
  }
}

function noteFirst(spec: Fields, note: Note): void {
  const istio = section(spec, 'istio');
  const global = istio && section(istio, 'global');
  const mtls = global && section(global, 'mtls');
  noteMtls(mtls, 'enabled', 'auto', note);
  note('trustDomain', textIn(global, 'trustDomain') || undefined, global?.at('trustDomain') ?? []);
}

/** The operator makes a PeerAuthentication for the whole mesh by it. */
function noteMtls(fields: Fields | undefined, mtls: string, auto: string, note: Note): void {
  if (!fields) return;
  const said = fields.raw(mtls);
  note('meshMtls', typeof said === 'boolean' ? (said ? 'STRICT' : 'PERMISSIVE') : undefined, fields.at(mtls));
  const automatic = fields.raw(auto);
  note('enableAutoMtls', typeof automatic === 'boolean' ? automatic : undefined, fields.at(auto));
}

/** The members of the meshes whose control planes stand in `namespaces`. */
export function membersOf(
  namespaces: ReadonlySet<string>,
  rolls: readonly ServiceMeshMemberRoll[],
  single: readonly ServiceMeshMember[],
): Members {
  const own = rolls.filter(({ metadata }) => namespaces.has(metadata.namespace));
  const listed = own.flatMap(({ spec }) => spec.members);
  const joined = single.filter(({ spec }) => namespaces.has(spec.controlPlaneNamespace));
  const open = own.length === 0 || own.some(({ spec }) => spec.selects) || listed.some(isOpenName);
  return { namespaces: [...listed, ...joined.map(({ metadata }) => metadata.namespace)], open };
}

function isOpenName(name: string): boolean {
  return isPlaceholder(name) || name.includes('*');
}
