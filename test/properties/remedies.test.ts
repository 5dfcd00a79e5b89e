// A remedy mends: made in the manifests, the endpoint that refused the client does so no longer.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { refKey, refOf } from '../../server/src/manifest/object';
import { workloadKey } from '../../server/src/mesh/workload';
import type { ConnectionEndpoint } from '../../server/src/mtls/connections';
import { connectionsFrom } from '../../server/src/mtls/connections';
import type { Change } from '../../server/src/words/changes';
import { type Explanation, explainConnection } from '../../server/src/words/explain';
import type { MeshView } from '../../server/src/workspace/workspace';
import type { Path } from '../../server/src/yaml/range';
import { viewOf } from './answers';
import type { Manifest } from './kinds';
import { mesh } from './meshes';
import { runs } from './runs';

type Tree = Record<string | number, unknown>;

/** The manifests with one change made in them. */
function changed(objects: readonly Manifest[], change: Change): Manifest[] {
  if (change.op === 'create') return [...objects, change.manifest as unknown as Manifest];
  const { kind, namespace, name } = refOf(change.object);
  const isMeant = ({ kind: other, metadata }: Manifest): boolean =>
    other === kind && metadata.name === name && (metadata.namespace ?? '') === namespace;
  assert.equal(objects.filter(isMeant).length, 1, `${kind} ${namespace}/${name} is one of the manifests`);
  return objects.flatMap((each) => {
    if (!isMeant(each)) return [each];
    if (change.path.length === 0) return [];
    const copy = structuredClone(each) as Manifest & Tree;
    edit(copy, change.path, change);
    return [copy];
  });
}

function edit(tree: Tree, path: Path, change: Exclude<Change, { op: 'create' }>): void {
  const [step, ...rest] = path;
  if (rest.length > 0) {
    tree[step!] ??= {};
    edit(tree[step!] as Tree, rest, change);
  } else if (change.op === 'append') tree[step!] = [...((tree[step!] as unknown[] | undefined) ?? []), change.value];
  else if (change.op === 'set') tree[step!] = change.value;
  else if (Array.isArray(tree)) tree.splice(Number(step), 1);
  else delete tree[step!];
}

const keyOf = ({ endpoint }: ConnectionEndpoint): string =>
  `${endpoint.workload ? workloadKey(endpoint.workload) : endpoint.address}:${endpoint.port}`;

/** What becomes of the same client's connection to the same endpoint. */
function again(view: MeshView, { client, service, port, subset }: Explanation, end: string): ConnectionEndpoint[] {
  const same = view.mesh.workloads.find((each) => workloadKey(each) === workloadKey(client));
  const found = view.mesh.services.find(
    ({ host, object }) => host === service.host && refKey(refOf(object)) === refKey(refOf(service.object)),
  );
  const there = found?.ports.find((each) => each.port === port.port);
  assert.ok(same && found && there);
  return connectionsFrom(view.mtls, same, found, there)
    .filter((each) => each.subset === subset)
    .flatMap(({ endpoints }) => endpoints)
    .filter((each) => keyOf(each) === end);
}

function* explained(view: MeshView): Iterable<Explanation> {
  for (const service of view.mesh.services) {
    for (const port of service.ports) {
      for (const client of view.mesh.workloads) {
        for (const { subset } of connectionsFrom(view.mtls, client, service, port)) {
          const found = explainConnection(view, client, service, port, subset);
          if (found) yield found;
        }
      }
    }
  }
}

describe('properties of remedies', function () {
  this.timeout(600_000);

  it('each that is a change mends what it is for', () => {
    fc.assert(
      fc.property(mesh, (objects) => {
        const view = viewOf([objects]);
        const tried = new Map<string, Explanation>();
        for (const found of view ? explained(view) : []) {
          const failing = found.connection?.endpoints.find(({ failure }) => failure !== undefined);
          if (!failing) continue;
          for (const { change, text } of found.steps) {
            // whom policies let in is asked once the connection stands
            if (!change || (change.op !== 'create' && change.object.kind === 'AuthorizationPolicy')) continue;
            const key = `${text} ${workloadKey(found.client)} ${failing.failure} ${keyOf(failing)}`;
            if (tried.has(key)) continue;
            tried.set(key, found);
            const after = viewOf([changed(objects, change)]);
            const said: string = `${workloadKey(found.client)} → ${found.service.host}:${found.port.port} ${found.subset ?? ''} at ${keyOf(failing)}: ${text}`;
            assert.ok(after, said);
            const ends = again(after, found, keyOf(failing));
            for (const { failure } of ends) assert.equal(failure, undefined, said);
          }
        }
      }),
      runs(60),
    );
  });

  it('of a denied call let it in', () => {
    fc.assert(
      fc.property(mesh, (objects) => {
        const view = viewOf([objects]);
        const tried = new Set<string>();
        for (const found of view ? explained(view) : []) {
          const denied = found.access.find(({ decision }) => decision === 'denied');
          const { change, text } = found.steps.find(({ change }) => isOfPolicy(change)) ?? {};
          if (!denied || !change || tried.has(text!)) continue;
          tried.add(text!);
          const after = viewOf([changed(objects, change)])!;
          const same = [...explained(after)].find((each) => nameOf(each) === nameOf(found));
          const { workload, port } = denied.endpoint;
          const again = same?.access.find(
            ({ endpoint }) => endpoint.port === port && workloadKey(endpoint.workload!) === workloadKey(workload!),
          );
          assert.notEqual(again?.decision, 'denied', `${nameOf(found)}: ${text}`);
        }
      }),
      runs(40),
    );
  });
});

const isOfPolicy = (change: Change | undefined): boolean =>
  change !== undefined && change.op !== 'create' && change.object.kind === 'AuthorizationPolicy';
const nameOf = ({ client, service, port, subset }: Explanation): string =>
  `${workloadKey(client)} → ${service.namespace}/${service.host}:${port.port} ${subset ?? ''}`;
