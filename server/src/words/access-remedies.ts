// What to change where policies, not the connection, keep the client out.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Workload } from '../mesh/workload';
import type { Connection } from '../mtls/connections';
import { principalOf } from '../mtls/handshake';
import type { MutualTls } from '../mtls/mutual-tls';
import type { AccessAnswer } from './access';
import type { Remedy } from './changes';

/** The safest change comes first; none for calls that are let in. */
export function accessRemedies(
  mtls: MutualTls,
  client: Workload,
  connection: Connection,
  access: readonly AccessAnswer[],
): Remedy[] {
  const denied = access.find(({ decision }) => decision === 'denied');
  if (!denied) return [];
  const line = denied.because.find(({ object }) => object?.kind === 'AuthorizationPolicy');
  const object = line?.object as AuthorizationPolicy | undefined;
  if (!denied.withIdentity && denied.dependsOnIdentity) {
    const host = connection.service.host;
    return [
      { text: `send mTLS to \`${host}\`: without it the policies do not know the client`, object, path: line?.path },
    ];
  }
  if (!object) return [];
  if (object.spec.action !== 'ALLOW') return [{ text: 'narrow the rule that refuses it', object, path: line?.path }];
  const principal = principalOf(mtls.mesh.settings, client);
  const identity = denied.withIdentity ? '' : `, and send mTLS to \`${connection.service.host}\` so that it is known`;
  const value = { from: [{ source: { principals: [principal] } }] };
  return [
    {
      text: `let it in: a rule with \`principals: ["${principal}"]\` in an ALLOW policy${identity}`,
      ...{ object, path: line?.path },
      ...(denied.withIdentity && { change: { op: 'append', object, path: ['spec', 'rules'], value } }),
    },
  ];
}
