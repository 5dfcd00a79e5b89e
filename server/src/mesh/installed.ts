// Policies that the installer makes beside istiod and that are in no manifest of their own. OpenShift's operator makes a
// PeerAuthentication for the mesh (maistra/istio-operator: resources/helm/v2.5/mesh-config).
import { perObject } from '../incremental/cells';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { byCreation, type KubernetesObject, type Source } from '../manifest/object';
import type { Path } from '../yaml/range';
import type { MeshSettings } from './settings';

const NAME = 'default';
const makers = new WeakMap<PeerAuthentication, KubernetesObject>();

/** The object by which a person says that the installer shall make this policy; undefined for written ones. */
export function makerOf(policy: PeerAuthentication): KubernetesObject | undefined {
  return makers.get(policy);
}

/** One for each control plane that asks for STRICT; the same object whenever it is asked for. */
const strictBy = perObject((_maker: KubernetesObject) => new Map<string, PeerAuthentication>());

/**
 * The PeerAuthentications of a namespace together with what the installer adds to them, in creation order. Without auto
 * mTLS it also makes rules for every host, which are not computed; then nothing is added, so that nobody is called
 * refused by half of the truth.
 */
export function withInstalled(
  { meshMtls, sources, enableAutoMtls, rootNamespace }: MeshSettings,
  namespace: string,
  written: readonly PeerAuthentication[],
): readonly PeerAuthentication[] {
  const source = sources.meshMtls;
  if (meshMtls !== 'STRICT' || !enableAutoMtls || source.by !== 'manifest' || namespace !== rootNamespace) {
    return written;
  }
  if (written.some(({ metadata }) => metadata.name === NAME)) return written;
  const { object, path } = source;
  const known = strictBy(object);
  let made = known.get(namespace);
  if (!made) {
    made = {
      kind: 'PeerAuthentication',
      apiVersion: 'security.istio.io/v1',
      metadata: { ...object.metadata, name: NAME, namespace, labels: {}, annotations: {}, creationTime: undefined },
      spec: { selector: undefined, mode: 'STRICT', portLevelMtls: new Map() },
      source: writtenAt(object.source, path),
      problems: [],
    };
    makers.set(made, object);
    known.set(namespace, made);
  }
  return [...written, made].sort(byCreation);
}

/** Whatever is asked of the object, one field of another says it. */
function writtenAt({ uri, document, prefix, rendered }: Source, path: Path): Source {
  const origin = rendered?.origin(path) ?? { uri, document, path: [...prefix, ...path], rest: 0 };
  return {
    ...{ uri, document, prefix },
    rendered: { uris: new Set([origin.uri]), origin: () => origin, fieldAt: () => undefined },
  };
}
