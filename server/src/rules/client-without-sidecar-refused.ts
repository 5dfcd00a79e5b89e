// client-without-sidecar-refused: a policy takes only mTLS, which clients without a sidecar cannot send.
import { workloadKey } from '../mesh/workload';
import { count, objectName } from '../words/names';
import { dataplaneWords } from '../words/reasons';
import type { Rule } from './rule';
import { shutOut } from './shut-out';
import { listedClients } from './wording';

export const clientWithoutSidecarRefused: Rule = {
  id: 'client-without-sidecar-refused',
  severity: 'warning',
  summary: 'A policy takes only mTLS, and a client that calls the service has no sidecar.',
  happens:
    "The server's sidecar waits for a TLS handshake, gets plaintext and closes the connection: `curl: (56) Recv failure: Connection reset by peer`. The ztunnel of a server in ambient mode closes it too. Without a sign in the manifests that the client calls the service this is information.",
  remedy: 'Give the client a sidecar, or accept plaintext on the one port that it calls.',
  check: shutOut('no-sidecar', {
    called: (policy, callers, many, services) =>
      `\`${objectName(policy)}\` requires mTLS, but ${callers} ${many ? 'have no sidecar and call' : 'has no sidecar and calls'} ${services}: the connection is reset.`,
    uncalled: (policy, clients) =>
      `\`${objectName(policy)}\` requires mTLS and shuts out ${count(clients.size, 'client')} without sidecar: ${listedClients(clients)}. Nothing in this workspace shows that ${clients.size === 1 ? 'it calls' : 'they call'} the servers.`,
    client: (client) => `\`${workloadKey(client)}\` has no sidecar: ${dataplaneWords(client.reason)}`,
  }),
};
