// ambient-client-refused: a policy takes only mTLS, and the server's sidecar takes none from clients in ambient mode.
import { workloadKey } from '../mesh/workload';
import { count, objectName } from '../words/names';
import { dataplaneWords } from '../words/reasons';
import type { Rule } from './rule';
import { shutOut } from './shut-out';
import { listedClients } from './wording';

export const ambientClientRefused: Rule = {
  id: 'ambient-client-refused',
  severity: 'warning',
  summary: 'A policy takes only mTLS, and the sidecar of the server takes none from clients in ambient mode.',
  happens:
    'A client in ambient mode sends mTLS as HBONE, to port 15008. A sidecar listens there only if it was injected with `ISTIO_META_ENABLE_HBONE`; to every other sidecar ztunnel sends what the application sends. A STRICT port resets that connection. Without a sign in the manifests that the client calls the service this is information.',
  remedy:
    'Set `ISTIO_META_ENABLE_HBONE: "true"` in `defaultConfig.proxyMetadata` of the mesh configuration, as the ambient profile does, and restart the pods. For one workload the annotation `proxy.istio.io/config` does it.',
  check: shutOut('ztunnel', {
    called: (policy, callers, many, services) =>
      `\`${objectName(policy)}\` requires mTLS, but ${callers} ${many ? 'are in ambient mode and call' : 'is in ambient mode and calls'} ${services}, whose sidecar takes no HBONE: the connection is reset.`,
    uncalled: (policy, clients) =>
      `\`${objectName(policy)}\` requires mTLS and shuts out ${count(clients.size, 'client')} in ambient mode, since the sidecars of the servers take no HBONE: ${listedClients(clients)}. Nothing in this workspace shows that ${clients.size === 1 ? 'it calls' : 'they call'} the servers.`,
    client: (client) => `\`${workloadKey(client)}\` is in ambient mode: ${dataplaneWords(client.reason)}`,
  }),
};
