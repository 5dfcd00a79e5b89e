// The steps of an explanation after the handshake: whether policies let the call in, and what a user sees of a failure.
import type { ConsideredPolicy } from '../authorization/considered';
import { workloadKey } from '../mesh/workload';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import type { AccessAnswer } from './access';
import { lostPolicyLines } from './considered-policies';
import type { ExplainStep } from './explain';
import { blockedSeen, deniedSeen, speechOf, typicallySeen } from './failures';
import type { Because } from './reasons';

/** Whether policies let the call in, once for endpoints that answer alike. */
export function accessSteps(
  connection: Connection,
  access: readonly AccessAnswer[],
  considered: readonly ConsideredPolicy[],
): ExplainStep[] {
  const lost = lostPolicyLines(considered);
  if (access.length === 0) return nothingActs(considered, lost);
  const groups = new Map<string, AccessAnswer[]>();
  for (const answer of access) groups.set(answer.text, [...(groups.get(answer.text) ?? []), answer]);
  return [...groups]
    .map(([text, answers]): ExplainStep => {
      const names = answers.flatMap(({ endpoint }) =>
        endpoint.workload ? [`\`${workloadKey(endpoint.workload)}\``] : [],
      );
      const where = groups.size > 1 ? `${[...new Set(names)].join(', ')}: ` : '';
      const asIf = answers.some(({ endpoint }) => isHypothetical(connection, endpoint));
      const told = asIf && /^(allowed|denied)/.test(text) ? `with mTLS it would be ${text}` : text;
      return { name: 'access', text: `${where}${told}`, because: answers[0]!.because };
    })
    .map((step, index, all) => (index === all.length - 1 ? { ...step, because: unlessTold(step, lost) } : step));
}

/** Policies that stand near and have no say are worth a line where somebody may believe that they have. */
function nothingActs(considered: readonly ConsideredPolicy[], because: readonly Because[]): ExplainStep[] {
  const isMistakable = considered.some(({ part }) => part !== 'selector-differs');
  return isMistakable ? [{ name: 'access', text: 'no AuthorizationPolicy decides here', because }] : [];
}

function unlessTold({ because }: ExplainStep, lost: readonly Because[]): Because[] {
  const told = new Set(because.map(({ object }) => object));
  return [...because, ...lost.filter(({ object }) => !object || !told.has(object))];
}

/** True where the connection fails before policies are asked. */
function isHypothetical({ endpoints }: Connection, endpoint: ConnectionEndpoint['endpoint']): boolean {
  const found = endpoints.find((each) => each.endpoint === endpoint);
  if (found?.outcome !== 'fail' || found.failure === 'tunnel-refused') return false;
  return found.ambient === undefined || found.failure !== 'plaintext-refused' || found.ambient.strict;
}

/** What a user sees of a failure, by how the port is spoken to. */
export function seenSteps(connection: Connection, access: readonly AccessAnswer[]): ExplainStep[] {
  const { endpoints, route, port } = connection;
  const spoken = connection.clients[0]?.dataplane === 'proxyless' ? (['grpc'] as const) : speechOf(port);
  const step = (texts: readonly string[]): ExplainStep[] => {
    const told = texts.map((text, index) => (texts.length === 1 ? text : `${SPEECH[spoken[index]!]}: ${text}`));
    const distinct = new Set(texts).size === 1 ? [texts[0]!] : told;
    return distinct.map((text) => ({ name: 'seen', text, because: [] }));
  };
  if (route === 'blocked') return step(spoken.map(blockedSeen));
  const failing = endpoints.find((each) => each.failure);
  if (failing?.failure) {
    const { failure, accepts } = failing;
    const isProxyless = connection.clients[0]?.dataplane === 'proxyless';
    const hasProxy = (route === 'cluster' && !isProxyless) || route === 'passthrough';
    const strict = accepts?.mode.mode === 'STRICT';
    return step(spoken.map((speech) => typicallySeen(failure, { hasProxy, strict, speech })));
  }
  return access.some(({ decision }) => decision === 'denied') ? step(spoken.map(deniedSeen)) : [];
}

const SPEECH = { http: 'HTTP', grpc: 'gRPC', tcp: 'other TCP' } as const;
