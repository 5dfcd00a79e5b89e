// A reason is not a story: what it names is in the manifests, and leads to the answer that it is given for.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { KubernetesObject } from '../../server/src/manifest/object';
import { isSynthesised } from '../../server/src/mesh/backend-tls';
import { connectionsTo } from '../../server/src/mtls/connections';
import type { ModeDecision } from '../../server/src/mtls/server-mode';
import { meshTable } from '../../server/src/report/table';
import { checkSnapshot } from '../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../server/src/rules/rule';
import { type Explanation, explainConnection } from '../../server/src/words/explain';
import { type MeshView, Workspace } from '../../server/src/workspace/workspace';
import type { Path } from '../../server/src/yaml/range';
import { viewOf } from './answers';
import { mesh, textOf } from './meshes';
import { runs } from './runs';

/** The value in a manifest that a reason speaks of. */
function stated({ source }: KubernetesObject, path: Path): unknown {
  return [...source.prefix, ...path].reduce<unknown>(
    (value, step) => (value as Readonly<Record<string | number, unknown>> | undefined)?.[step],
    source.document.value,
  );
}

/** Every connection of a mesh, explained for each of its clients. */
function* explanations(view: MeshView): Generator<Explanation> {
  for (const service of view.mesh.services) {
    for (const port of service.ports) {
      for (const { subset, clients } of connectionsTo(view.mtls, service, port)) {
        for (const client of clients) {
          const found = explainConnection(view, client, service, port, subset);
          assert.ok(found, `${client.name} to ${service.host}:${port.port} ${subset} has no explanation`);
          yield found;
        }
      }
    }
  }
}

function assertMode({ mode, policy, path, level }: ModeDecision): void {
  if (!policy) assert.deepEqual([mode, level], ['PERMISSIVE', 'default']);
  else assert.equal(stated(policy, path), mode);
}

/** By the outcome of a connection, what the explanation may call it. */
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  mtls: ['mTLS'],
  plaintext: ['plaintext'],
  'app-tls': ['TLS'],
  fail: ['refused', 'partly refused'],
  mixed: ['mixed', 'unknown'],
  'mtls-unknown': ['unknown'],
  unknown: ['unknown', 'mTLS', 'plaintext', 'TLS', 'refused', 'partly refused', 'mixed'],
  'no-endpoints': ['no endpoints', 'plaintext', 'TLS'],
  blocked: ['blocked'],
};

describe('properties of reasons', function () {
  this.timeout(600_000);

  it('the fields that they name have the values that decide', () => {
    fc.assert(
      fc.property(mesh, (objects) => {
        const view = viewOf([objects]);
        for (const { connection, policies, rules } of view ? explanations(view) : []) {
          for (const { decision, accepts } of connection?.endpoints ?? []) {
            if (accepts) assertMode(accepts.mode);
            if (accepts?.mode.policy)
              assert.ok(!policies.some(({ policy }) => policy === accepts.mode.policy), 'the policy won and lost');
            if (!decision || !connection?.rule) continue;
            const { reason, tls } = decision;
            if ('by' in reason) assertMode(reason.by);
            if (reason.code !== 'rule') continue;
            const { rule, policyFrom, subsets } = connection.rule;
            const from =
              reason.path[1] === 'subsets'
                ? subsets.find(({ subset }) => subset.name === connection.subset)?.from
                : (policyFrom ?? rule);
            assert.ok(from);
            // what istiod makes of a BackendTLSPolicy is in no manifest
            if (isSynthesised(from)) continue;
            const mode = stated(from, [...reason.path, 'mode']);
            assert.equal(mode, reason.modeStated ? (tls === 'PLAINTEXT' ? 'DISABLE' : tls) : undefined);
            assert.ok(!rules?.lost.some((lost) => lost.rule === from), 'the rule won and lost');
          }
        }
      }),
      runs(70),
    );
  });

  it('the last step is the answer', () => {
    fc.assert(
      fc.property(mesh, (objects) => {
        const view = viewOf([objects]);
        for (const { connection, verdict, steps, handshakes } of view ? explanations(view) : []) {
          assert.equal(steps[0]?.name, 'client');
          assert.equal(steps.filter(({ name }) => name === 'result').length, 1);
          if (!connection) continue;
          const { outcome, endpoints } = connection;
          assert.ok(VERDICTS[outcome]?.includes(verdict), `${outcome} is called ${verdict}`);
          const seen = steps.some(({ name }) => name === 'seen');
          if (outcome === 'fail') assert.ok(seen, 'a failure is seen as something');
          for (const { endpoint, failsAt } of handshakes) {
            const end = endpoints.find((each) => each.endpoint === endpoint);
            assert.equal(
              failsAt !== undefined,
              end?.failure !== undefined,
              'a handshake fails where the connection does',
            );
          }
        }
      }),
      runs(70),
    );
  });

  it('nothing throws: rules, fixes, tables', () => {
    fc.assert(
      fc.property(mesh, (objects) => {
        const workspace = new Workspace();
        workspace.apply({ files: new Map([['mesh.yaml', textOf(objects)]]) });
        const snapshot = workspace.snapshot();
        for (const problem of checkSnapshot(snapshot, DEFAULT_OPTIONS)) problem.fixes?.();
        for (const view of snapshot.meshes) assert.ok(meshTable(view).rows);
      }),
      runs(70),
    );
  });
});
