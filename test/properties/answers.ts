// Everything that a workspace answers, in a form that can be compared: no order that does not matter, no identities of
// objects.
import type { Workload } from '../../server/src/mesh/workload';
import { workloadKey } from '../../server/src/mesh/workload';
import { callByAddress } from '../../server/src/mtls/addresses';
import { type Connection, connectionsFrom, connectionsTo } from '../../server/src/mtls/connections';
import { probeAnswers, scrapeAnswer } from '../../server/src/mtls/probes';
import { serverFirst } from '../../server/src/mtls/server-first';
import { conformanceAnswers } from '../../server/src/report/answer';
import { type MeshView, Workspace } from '../../server/src/workspace/workspace';
import type { Manifest } from './kinds';
import { isAmbient, textOf } from './meshes';

/** The only mesh of files in one folder; undefined where nothing in them is known. */
export function viewOf(files: readonly (readonly Manifest[])[]): MeshView | undefined {
  const workspace = new Workspace();
  const texts = new Map(files.map((objects, index) => [`mesh/${index}.yaml`, textOf(objects)]));
  workspace.apply({ files: texts, assume: { ambient: isAmbient(files.flat()) } });
  return workspace.snapshot().meshes[0];
}

/**
 * The facts of a mesh, a line each, sorted.
 * @param counts whether facts about a workload are wanted
 */
export function factsOf(view: MeshView | undefined, counts: (workload: Workload) => boolean = () => true): string[] {
  if (!view) return [];
  const { mesh, mtls } = view;
  const facts: string[] = [];
  const wanted = mesh.workloads.filter(counts);
  const keys = new Set(wanted.map(workloadKey));
  for (const answer of conformanceAnswers(mtls).filter(({ workload }) => keys.has(workload))) {
    facts.push(`${answer.workload} is ${answer.dataplane}`);
    for (const [port, accepts] of Object.entries(answer.accepts ?? {}))
      facts.push(`${answer.workload}:${port} takes ${JSON.stringify(accepts)}`);
    for (const { endpoints, ...send } of answer.sends ?? []) {
      facts.push(`${answer.workload} has ${JSON.stringify(send)}`);
      for (const each of endpoints) facts.push(`${answer.workload} ${send.host}:${send.port} ${JSON.stringify(each)}`);
    }
  }
  // client by client, as explanations ask: what a service's own pods meet is else shown only where nobody else calls
  for (const service of mesh.services) {
    for (const port of service.ports) {
      for (const client of wanted) {
        for (const connection of connectionsFrom(mtls, client, service, port)) {
          facts.push(
            `${workloadKey(client)} | ${service.namespace}/${service.host}:${port.port} | ${connectionFacts(connection)}`,
          );
        }
      }
    }
  }
  for (const workload of wanted) {
    const key = workloadKey(workload);
    for (const { probe, outcome, reason } of probeAnswers(mtls, workload))
      facts.push(`${key} ${probe.field} ${outcome} ${reason}`);
    const scrape = scrapeAnswer(mtls, workload);
    if (scrape) facts.push(`${key} scrape ${scrape.port} ${scrape.outcome} ${scrape.reason}`);
    for (const server of wanted) {
      const { route, outcome, failure } = callByAddress(mtls, workload, server, 8080);
      facts.push(`${key} -> ${workloadKey(server)} by address ${route} ${outcome} ${failure ?? ''}`);
    }
  }
  return facts.sort();
}

/** Clients of which the grouped connections of a mesh say something else than the connections of each client by itself. */
export function groupedOtherwise({ mesh, mtls }: MeshView): string[] {
  return mesh.services.flatMap((service) =>
    service.ports.flatMap((port) =>
      connectionsTo(mtls, service, port).flatMap((connection) =>
        connection.clients.flatMap((client) => {
          const alone = connectionsFrom(mtls, client, service, port).map(connectionFacts);
          const facts = connectionFacts(connection);
          return alone.includes(facts)
            ? []
            : [`${workloadKey(client)} ${service.host}:${port.port} ${facts} not ${alone}`];
        }),
      ),
    ),
  );
}

function connectionFacts(connection: Connection): string {
  const { route, subset, outcome, rule, endpoints } = connection;
  const ends = endpoints.map((each) => {
    const { workload, address, port } = each.endpoint;
    const hangs = serverFirst(connection, each);
    return `${workload ? workloadKey(workload) : address}:${port} ${each.outcome} ${each.failure ?? ''} ${hangs?.where ?? ''}`;
  });
  const by = rule ? `${rule.namespace}/${rule.rule.metadata.name}` : '';
  return [route, subset, by, outcome, ...ends.sort()].join(' | ');
}
