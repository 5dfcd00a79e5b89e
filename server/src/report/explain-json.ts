// An explanation for machines; `docs/schemas/explain.schema.json` describes it.
import type { KubernetesObject } from '../manifest/object';
import { workloadKey } from '../mesh/workload';
import type { ConnectionEndpoint } from '../mtls/connections';
import type { Handshake, Verification } from '../mtls/handshake';
import type { AccessAnswer } from '../words/access';
import type { Change } from '../words/changes';
import type { Explanation } from '../words/explain';
import { shortName } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { type Locate, locator } from './location';
import { settingsJson } from './settings';
import { becauseJson, objectJson } from './table-json';

/** The same as the text, and the data that it is made of. */
export function explainJson(explanation: Explanation, snapshot: Snapshot, fileOf: (uri: string) => string): unknown {
  const locate = locator(snapshot, fileOf);
  const { client, service, port, subset, verdict, steps, connection, handshakes, access } = explanation;
  return {
    client: workloadKey(client),
    host: service.host,
    port: port.port,
    subset: subset ?? null,
    verdict,
    route: connection?.route ?? null,
    waypoint: connection?.send?.waypoint ? workloadKey(connection.send.waypoint) : null,
    steps: steps.map(({ name, text, because, change }) => ({
      step: name,
      text,
      because: because.map((each) => becauseJson(each, locate)),
      change: change ? changeJson(change, locate) : null,
    })),
    endpoints: connection?.endpoints.map(endpointJson) ?? [],
    considered: consideredJson(explanation, locate),
    handshakes: handshakes.map((each) => handshakeJson(each, locate)),
    access: access.map((each) => accessJson(each, locate)),
    settings: settingsJson(explanation.settings, snapshot, fileOf),
  };
}

function changeJson(change: Change, locate: Locate): unknown {
  if (change.op === 'create') return { op: change.op, ...NOWHERE, path: null, value: change.manifest };
  const value = change.op === 'remove' ? null : change.value;
  return { op: change.op, ...placed(change.object, change.path, locate), path: change.path, value };
}

const NOWHERE = { object: null, location: null };

function endpointJson({ endpoint, accepts, ambient, decision, outcome, failure }: ConnectionEndpoint): unknown {
  return {
    to: nameOf(endpoint),
    port: endpoint.port,
    dataplane: endpoint.workload?.dataplane ?? null,
    mode: accepts?.mode.mode ?? null,
    modeLevel: accepts?.mode.level ?? null,
    plaintextAccepted: ambient?.plaintext ?? accepts?.wire.plaintext ?? null,
    sends: decision?.tls ?? 'PLAINTEXT',
    reason: decision?.reason.code ?? null,
    outcome,
    failure: failure ?? null,
  };
}

/** The objects that could have decided, those that did first. */
function consideredJson(
  { connection, rules, deciding, policies, authorizationPolicies }: Explanation,
  locate: Locate,
): unknown[] {
  const entry = (
    object: KubernetesObject,
    side: string,
    reason: string | null,
    winner?: KubernetesObject,
  ): unknown => ({
    side,
    ...placed(object, undefined, locate),
    counts: reason === null || reason === 'merged',
    reason: reason ?? 'decides',
    winner: winner ? shortName(winner) : null,
  });
  const rule = connection?.rule && (connection.rule.policyFrom ?? connection.rule.rule);
  return [
    ...(rule ? [entry(rule, 'client', null)] : []),
    ...(rules?.merged ?? [])
      .filter((object) => !rules?.lost.some((lost) => lost.rule === object))
      .map((object) => entry(object, 'client', 'merged', rule)),
    ...(rules?.lost ?? []).map((lost) => entry(lost.rule, 'client', lost.reason, lost.winner)),
    ...deciding.map((policy) => entry(policy, 'server', null)),
    ...policies.map((lost) => entry(lost.policy, 'server', lost.reason, lost.winner)),
    ...authorizationPolicies.map(({ policy, part, winner }) =>
      entry(policy, 'access', part === 'decides' ? null : part, winner),
    ),
  ];
}

function placed(
  object: KubernetesObject,
  path: Path | undefined,
  locate: Locate,
): { object: ReturnType<typeof objectJson>; location: ReturnType<Locate> } {
  return { object: objectJson(object), location: locate(object, path) };
}

function handshakeJson(handshake: Handshake, locate: Locate): unknown {
  const { endpoint, kind, client, server, clientVerifies, serverVerifies, failsAt } = handshake;
  return {
    to: nameOf(endpoint),
    kind,
    client,
    server,
    clientVerifies: verificationJson(clientVerifies, locate),
    serverVerifies: serverVerifies ? verificationJson(serverVerifies, locate) : null,
    failsAt: failsAt ?? null,
  };
}

function verificationJson({ object, path, ...rest }: Verification, locate: Locate): unknown {
  return { ...rest, ...(object ? placed(object, path, locate) : NOWHERE) };
}

function accessJson(answer: AccessAnswer, locate: Locate): unknown {
  const { endpoint, withIdentity, decision, text, because, dependsOnIdentity, tokenNeeded } = answer;
  return {
    to: nameOf(endpoint),
    port: endpoint.port,
    ...{ withIdentity, decision, dependsOnIdentity, tokenNeeded, text },
    because: because.map((each) => becauseJson(each, locate)),
  };
}

function nameOf({ workload, address }: ConnectionEndpoint['endpoint']): string {
  return workload ? workloadKey(workload) : (address ?? '');
}
