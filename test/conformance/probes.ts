// Probes of the authorization cases: one request or connection each, and the answer in the form of the cases.
import { type AuthorizationAnswer, computeAuthorization } from '../../server/src/authorization/authorization';
import { UNKNOWN } from '../../server/src/authorization/truth';
import { findWorkload } from '../../server/src/mesh/mesh';
import type { MutualTls } from '../../server/src/mtls/mutual-tls';

export interface Probe {
  readonly to: string;
  readonly port: number;
  readonly toIp?: string;
  readonly sni?: string;
  readonly from: { readonly principal?: string; readonly ip?: string };
  readonly http?: {
    readonly method: string;
    readonly path: string;
    readonly host: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly jwt?: {
    readonly issuer: string;
    readonly subject?: string;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly invalid?: boolean;
  };
}

export interface ProbeAnswer {
  readonly decision: string;
  readonly layer?: string;
  readonly by?: readonly string[];
}

/** Answers probes about one mesh. */
export function answerProbe(mtls: MutualTls): (probe: Probe) => ProbeAnswer {
  const authorization = computeAuthorization(mtls);
  return ({ to, port, toIp, sni, from, http, jwt }) => {
    const workload = findWorkload(mtls.mesh, to);
    if (!workload) return { decision: 'unknown workload' };
    // istiod sees the namespace as it is: one that no manifest shows is not injected
    if (workload.dataplane === 'unknown') {
      return from.principal === undefined ? { decision: 'allow', layer: 'none' } : { decision: 'refused' };
    }
    const token = jwt && {
      issuer: jwt.issuer,
      subject: jwt.subject,
      claims: jwt.claims ?? {},
      invalid: jwt.invalid ?? false,
    };
    const answer = authorization.authorize(workload, port, {
      principal: from.principal,
      sourceIp: from.ip ?? UNKNOWN,
      destinationIp: toIp ?? UNKNOWN,
      sni: sni ?? '',
      http: http && { ...http, headers: lowerCaseNames(http.headers ?? {}), token },
    });
    return probeAnswer(answer);
  };
}

function probeAnswer({ decision, layer, by }: AuthorizationAnswer): ProbeAnswer {
  const names = by.map(
    ({ rule: { policy, index } }) => `${policy.metadata.namespace}/${policy.metadata.name}[${index}]`,
  );
  return { decision, ...(layer && { layer }), ...(names.length > 0 && { by: names.sort() }) };
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
