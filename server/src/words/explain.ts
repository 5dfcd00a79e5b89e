// One connection step by step: what the client sends and why, what the server accepts and why, who shows what to whom,
// what comes of it, whether policies let the call in, and what to change. Data first: each line knows the object and
// field that it speaks of.
import type { Authorization } from '../authorization/authorization';
import { type ConsideredPolicy, consideredPolicies, judgedAt } from '../authorization/considered';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { MeshPort, MeshService } from '../mesh/service';
import type { MeshSettings } from '../mesh/settings';
import type { Workload } from '../mesh/workload';
import { type Connection, type ConnectionEndpoint, connectionsFrom } from '../mtls/connections';
import { type ConsideredRules, consideredRules, type LostPeerAuthentication, lostPolicies } from '../mtls/considered';
import { type Handshake, handshakeWith } from '../mtls/handshake';
import { isTunnel } from '../mtls/hbone';
import type { MutualTls } from '../mtls/mutual-tls';
import { modeAsked, possibleCases } from '../mtls/possible';
import { type AccessAnswer, accessTo } from './access';
import { accessRemedies } from './access-remedies';
import type { Change } from './changes';
import { accessSteps, seenSteps } from './explain-access';
import { clientStep, handshakeSteps, resultStep, serverSteps } from './explain-steps';
import type { Because } from './reasons';
import { remedies } from './remedies';
import { type Verdict, verdictOf } from './verdict';

export type { Verdict } from './verdict';

export interface ExplainStep {
  readonly name: 'client' | 'server' | 'handshake' | 'result' | 'access' | 'seen' | 'remedy';
  /** One sentence without a full stop; code is marked with backticks. */
  readonly text: string;
  /** What decided it, and what could have and did not; for a remedy, the field to change. */
  readonly because: readonly Because[];
  /** Of a remedy: the same as data, where one change is enough and its value is known. */
  readonly change?: Change;
}

export interface Explanation {
  readonly client: Workload;
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly verdict: Verdict;
  readonly steps: readonly ExplainStep[];
  /** What the steps tell, as data. Undefined for another name of a host. */
  readonly connection: Connection | undefined;
  readonly rules: ConsideredRules | undefined;
  /** PeerAuthentications that decide for an endpoint. */
  readonly deciding: readonly PeerAuthentication[];
  /** Those that could have. */
  readonly policies: readonly LostPeerAuthentication[];
  readonly handshakes: readonly Handshake[];
  /** One for each endpoint where policies act; the calls of a connection that is refused are judged as if it stood. */
  readonly access: readonly AccessAnswer[];
  /** AuthorizationPolicies that decide for an endpoint, then those that could have. */
  readonly authorizationPolicies: readonly ConsideredPolicy[];
  /** Of the mesh that both are in. */
  readonly settings: MeshSettings;
}

/** The answers that an explanation is made of. */
export interface Answers {
  readonly mtls: MutualTls;
  readonly authorization: Authorization;
}

/**
 * Explains how one client reaches one port of a service.
 * @param subset a subset of the client's DestinationRule; undefined for the whole port
 * @returns undefined where the client reaches another service under that host, or has no such subset
 */
export function explainConnection(
  { mtls, authorization }: Answers,
  client: Workload,
  service: MeshService,
  port: MeshPort,
  subset?: string,
): Explanation | undefined {
  const connection = connectionsFrom(mtls, client, service, port).find((each) => each.subset === subset);
  if (!connection) return undefined;
  if (service.resolution === 'alias') return explainAlias(mtls, client, service, port);
  const cases = connection.endpoints.map(({ endpoint }) => possibleCases(mtls, connection, endpoint));
  const verdict = verdictOf(connection, cases);
  const handshakes = handshakesOf(mtls, client, connection);
  const access = accessOf(authorization, client, connection);
  const authorizationPolicies = authorizationPoliciesOf(authorization, client, connection);
  const change = [...remedies(mtls, client, connection), ...accessRemedies(mtls, client, connection, access)];
  const steps = [
    clientStep(mtls, client, connection, cases),
    ...serverSteps(mtls, connection),
    ...handshakeSteps(handshakes),
    resultStep(mtls, client, connection, cases, verdict),
    ...accessSteps(connection, access, authorizationPolicies),
    ...seenSteps(connection, access),
    ...change.map((because, index): ExplainStep => {
      const text = index === 0 ? because.text.replace(/^or /, '') : because.text;
      const { change, ...place } = because;
      return { name: 'remedy', text, because: [{ ...place, text }], ...(change && { change }) };
    }),
  ];
  const rules = connection.route === 'no-sidecar' ? undefined : consideredRules(mtls, client, service);
  const { deciding, policies } = policiesOf(mtls, connection);
  const { settings } = mtls.mesh;
  const found = { client, service, port, subset, verdict, steps, connection, handshakes, access, settings };
  return { ...found, rules, deciding, policies, authorizationPolicies };
}

/** One for each endpoint towards which a TLS handshake is begun. */
function handshakesOf(mtls: MutualTls, client: Workload, { send, endpoints }: Connection): Handshake[] {
  if (!send) return [];
  return endpoints.flatMap(({ endpoint, decision, failure, outcome }) => {
    if (!decision || outcome === 'unknown' || endpoint.workload?.dataplane === 'unknown') return [];
    const handshake = handshakeWith(mtls, client, send, { endpoint, decision, failure });
    return handshake ? [handshake] : [];
  });
}

/** Nothing is asked of a client that sends nothing, or of which too little is known. */
export function accessOf(authorization: Authorization, client: Workload, connection: Connection): AccessAnswer[] {
  const { route, endpoints } = connection;
  if (route === 'blocked' || route === 'unknown') return [];
  return endpoints.flatMap((each) => {
    const answer = accessTo(authorization, client, each.endpoint, showsIdentity(each), connection);
    return answer ? [answer] : [];
  });
}

/** Whether policies see who calls; of a connection that is refused, as if it stood. */
function showsIdentity({ outcome, decision, ambient }: ConnectionEndpoint): boolean {
  // ztunnel's refusals may be the policies' own; other failures come before any policy
  const isHypothetical = outcome === 'fail' && (ambient?.strict ?? true);
  return outcome === 'mtls' || isHypothetical || (decision !== undefined && isTunnel(decision.tls));
}

/** Every AuthorizationPolicy with a part in the answer, those that decide first; each once. */
function authorizationPoliciesOf(
  authorization: Authorization,
  client: Workload,
  connection: Connection,
): ConsideredPolicy[] {
  const all = connection.endpoints.flatMap((each): ConsideredPolicy[] => {
    const { workload } = each.endpoint;
    if (!workload) return [];
    const endpoint = { ...each.endpoint, workload };
    const judged = judgedAt(authorization, client, endpoint, showsIdentity(each), connection);
    return consideredPolicies(authorization.mesh, workload, judged, connection.service);
  });
  const found = new Map<ConsideredPolicy['policy'], ConsideredPolicy>();
  // what it does at one pod may differ from another: to decide goes first
  for (const each of [...all.filter(({ part }) => part === 'decides'), ...all])
    if (!found.has(each.policy)) found.set(each.policy, each);
  return [...found.values()];
}

function policiesOf(mtls: MutualTls, { endpoints }: Connection): Pick<Explanation, 'deciding' | 'policies'> {
  const deciding = new Set<PeerAuthentication>();
  const lost = new Map<PeerAuthentication, LostPeerAuthentication>();
  for (const { endpoint, accepts } of endpoints) {
    const { workload } = endpoint;
    if (!workload || workload.dataplane === 'none') continue;
    const decision = accepts?.mode ?? mtls.ambientMode(workload, endpoint.port) ?? modeAsked(mtls, endpoint);
    if (!decision) continue;
    if (decision.policy) deciding.add(decision.policy);
    for (const each of lostPolicies(mtls, workload, decision)) lost.set(each.policy, each);
  }
  return { deciding: [...deciding], policies: [...lost.values()].filter(({ policy }) => !deciding.has(policy)) };
}

/** An ExternalName has no cluster of its own. */
function explainAlias({ mesh }: MutualTls, client: Workload, service: MeshService, port: MeshPort): Explanation {
  const { object } = service;
  const target = object.kind === 'Service' ? `\`${object.spec.externalName}\`` : '';
  const steps: ExplainStep[] = [
    {
      name: 'client',
      text: `asks DNS and is led to ${target}: the Service is only another name of it`,
      because: [{ text: `ExternalName ${target}`, object, path: ['spec', 'externalName'] }],
    },
    { name: 'server', text: `is ${target}; explain the connection to that host where it is in the mesh`, because: [] },
    {
      name: 'result',
      text: 'by itself the name adds no encryption, and no DestinationRule for it counts',
      because: [],
    },
  ];
  return {
    ...{ client, service, port, subset: undefined, verdict: 'plaintext', steps },
    ...{ connection: undefined, rules: undefined, deciding: [], policies: [], handshakes: [], access: [] },
    authorizationPolicies: [],
    settings: mesh.settings,
  };
}
