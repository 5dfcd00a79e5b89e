// Kinds by which a control plane is installed: istioctl's IstioOperator, the sail operator's kinds, and OpenShift's
// ServiceMeshControlPlane with its members. What they say of the mesh is read by `mesh/settings`.
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { type Block, readBlock, textIn } from './block';

export interface IstioOperatorSpec {
  readonly profile: string | undefined;
  readonly revision: string | undefined;
  readonly tag: string | undefined;
  /** Where the control plane goes; an old field. */
  readonly namespace: string | undefined;
  readonly meshConfig: Block | undefined;
  readonly values: Block | undefined;
  readonly components: Block | undefined;
}
export type IstioOperator = KubernetesObject<'IstioOperator', IstioOperatorSpec>;

/** operator/pkg/apis/types.go:IstioOperatorSpec */
export function readIstioOperator(spec: Fields): IstioOperatorSpec {
  return {
    profile: textIn(spec, 'profile'),
    revision: textIn(spec, 'revision'),
    tag: textIn(spec, 'tag'),
    namespace: textIn(spec, 'namespace'),
    meshConfig: readBlock(spec, 'meshConfig'),
    values: readBlock(spec, 'values'),
    components: readBlock(spec, 'components'),
  };
}

/** The kinds of `sailoperator.io`. */
export const SAIL_KINDS = ['Istio', 'IstioRevision', 'IstioRevisionTag', 'IstioCNI', 'ZTunnel'] as const;
export type SailKind = (typeof SAIL_KINDS)[number];
export interface SailSpec {
  readonly version: string | undefined;
  readonly namespace: string | undefined;
  readonly profile: string | undefined;
  /** As in the charts' values files. */
  readonly values: Block | undefined;
  /** `RevisionBased` names revisions after versions; otherwise the revision has the object's name. */
  readonly updateStrategy: string | undefined;
  /** What an IstioRevisionTag leads to. */
  readonly target: { readonly kind: string; readonly name: string } | undefined;
}
export type SailObject = KubernetesObject<SailKind, SailSpec>;

/** api/v1 of the sail operator: the kinds share their fields. */
export function readSail(spec: Fields): SailSpec {
  const target = spec.object('targetRef');
  return {
    version: textIn(spec, 'version'),
    namespace: textIn(spec, 'namespace'),
    profile: textIn(spec, 'profile'),
    values: readBlock(spec, 'values'),
    updateStrategy: textIn(spec.object('updateStrategy'), 'type'),
    target: target && { kind: textIn(target, 'kind') ?? '', name: textIn(target, 'name') ?? '' },
  };
}

export interface ServiceMeshControlPlaneSpec {
  readonly version: string | undefined;
  /** The whole of `spec`, of which v1 and v2 have different fields. */
  readonly spec: Block;
}
export type ServiceMeshControlPlane = KubernetesObject<'ServiceMeshControlPlane', ServiceMeshControlPlaneSpec>;

export function readServiceMeshControlPlane(root: Fields): ServiceMeshControlPlaneSpec {
  return {
    version: textIn(root.object('spec'), 'version'),
    spec: readBlock(root, 'spec') ?? { path: ['spec'], value: {} },
  };
}

export interface MemberRollSpec {
  readonly members: readonly string[];
  /** Selectors choose further namespaces. */
  readonly selects: boolean;
}
export type ServiceMeshMemberRoll = KubernetesObject<'ServiceMeshMemberRoll', MemberRollSpec>;

export function readMemberRoll(spec: Fields): MemberRollSpec {
  return { members: spec.strings('members'), selects: spec.has('memberSelectors') };
}

/** A namespace that joins a mesh by an object of its own. */
export type ServiceMeshMember = KubernetesObject<'ServiceMeshMember', { readonly controlPlaneNamespace: string }>;

export function readMember(spec: Fields): ServiceMeshMember['spec'] {
  return { controlPlaneNamespace: textIn(spec.object('controlPlaneRef'), 'namespace') ?? '' };
}
