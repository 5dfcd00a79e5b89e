// Everything that a workspace answers, in a form that can be compared: no order that does not matter, no identities of
// objects.
import type { Workload } from '../../server/src/mesh/workload';
import { workloadKey } from '../../server/src/mesh/workload';
import { callByAddress } from '../../server/src/mtls/addresses';
import { clientGroups, connectionsTo } from '../../server/src/mtls/connections';
import { probeAnswers, scrapeAnswer } from '../../server/src/mtls/probes';
import { serverFirst } from '../../server/src/mtls/server-first';
import { conformanceAnswers } from '../../server/src/report/answer';
import { type MeshView, Workspace } from '../../server/src/workspace/workspace';
import { type Manifest, textOf } from './meshes';

/** The only mesh of files in one folder; undefined where nothing in them is known. */
export function viewOf(files: readonly (readonly Manifest[])[]): MeshView | undefined {
  const workspace = new Workspace();
  workspace.apply({ files: new Map(files.map((objects, index) => [`mesh/${index}.yaml`, textOf(objects)])) });
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
  const groups = clientGroups(mtls);
  for (const service of mesh.services) {
    for (const port of service.ports) {
      for (const connection of connectionsTo(mtls, groups, service, port)) {
        const clients = connection.clients.filter(counts).map(workloadKey);
        const ends = connection.endpoints
          .map((each) => {
            const to = each.endpoint.workload ? workloadKey(each.endpoint.workload) : each.endpoint.address;
            const hangs = serverFirst(connection, each);
            return `${to}:${each.endpoint.port} ${each.outcome} ${each.failure ?? ''} ${hangs?.where ?? ''}`;
          })
          .sort();
        const { route, subset, outcome, rule } = connection;
        const by = rule ? `${rule.namespace}/${rule.rule.metadata.name}` : '';
        for (const client of clients)
          facts.push(
            [client, route, `${service.namespace}/${service.host}:${port.port}`, subset, by, outcome, ...ends].join(
              ' | ',
            ),
          );
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
