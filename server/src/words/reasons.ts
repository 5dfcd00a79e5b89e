// Why an answer is what it is, in words. Every sentence about a decision is made here, for hovers, diagnostics and the
// command line alike; the objects that decided stay data, so that each front door can link them.
import type { KubernetesObject } from '../manifest/object';
import { policyBehind } from '../mesh/backend-tls';
import type { DataplaneReason } from '../mesh/injection';
import { makerOf } from '../mesh/installed';
import { workloadKey } from '../mesh/workload';
import type { ClientDecision } from '../mtls/client-tls';
import { type MergedRule, ruleAt } from '../mtls/rule-index';
import type { LookupStep } from '../mtls/rule-lookup';
import type { LostPolicy, ModeDecision } from '../mtls/server-mode';
import type { Path } from '../yaml/range';
import { objectName, pathText } from './names';

/** A sentence, and the object and field that it speaks of. Code style is marked with backticks. */
export interface Because {
  readonly text: string;
  readonly object?: KubernetesObject;
  readonly path?: Path;
}

const SENDS = {
  PLAINTEXT: 'plaintext',
  ISTIO_MUTUAL: 'mTLS',
  SIMPLE: 'TLS',
  MUTUAL: 'TLS with its own certificate',
  HBONE: 'mTLS (HBONE)',
  'HBONE+SIMPLE': 'TLS inside HBONE',
  'HBONE+MUTUAL': 'TLS with its own certificate inside HBONE',
} as const;

/** `mTLS`, `plaintext`, … for what a client sends. */
export function tlsWord(tls: ClientDecision['tls']): string {
  return SENDS[tls];
}

/**
 * Why a client sends what it sends.
 * @param subset the cluster's, whose block may come from another of the rules that were merged
 */
export function clientBecause(
  decision: ClientDecision,
  rule: MergedRule | undefined,
  subset?: string | undefined,
): Because {
  const { reason } = decision;
  const object = rule && ruleAt(rule, 'path' in reason ? reason.path : [], subset);
  const name = object ? `\`${objectName(object)}\`` : '';
  const made = object && 'path' in reason && policyBehind(object, reason.path);
  if (made)
    return {
      text: `\`${objectName(made)}\` asks for TLS, and holds for sidecars as well as for gateways`,
      object: made,
      path: ['spec', 'validation'],
    };
  switch (reason.code) {
    case 'rule':
      return reason.modeStated
        ? { text: `${name} sets \`tls.mode\``, object, path: [...reason.path, 'mode'] }
        : { text: `${name} has a \`tls\` block without \`mode\`, which means DISABLE`, object, path: reason.path };
    case 'credential-name-ignored':
      return {
        text: `${name} asks for TLS with \`credentialName\`, which only gateways and rules with a \`workloadSelector\` can use`,
        object,
        path: [...reason.path, 'credentialName'],
      };
    case 'certificate-missing':
      return { text: `${name} asks for TLS with a certificate but names none`, object, path: reason.path };
    case 'external':
      return { text: 'the host is outside the mesh, where auto mTLS never applies' };
    case 'auto-mtls-off':
      return { text: 'auto mTLS is off in the mesh configuration' };
    case 'namespace-disabled':
      return {
        ...modeBecause(reason.by),
        text: `${modeBecause(reason.by).text}, and clients judge auto mTLS by the namespace`,
      };
    case 'passthrough-without-endpoints':
      return { text: 'clients pick the address themselves and no address is known, so auto mTLS is off' };
    case 'passthrough-mixed': {
      const { workload, address } = reason.endpoint;
      const takesNone = workload?.dataplane === 'ambient' ? 'takes mTLS only as HBONE' : 'takes no mTLS';
      return {
        text: `clients pick the address themselves and \`${workload ? workloadKey(workload) : address}\` ${takesNone}, so nobody is sent any`,
      };
    }
    case 'passthrough-all':
      return { text: 'auto mTLS: clients pick the address themselves and every address takes mTLS' };
    case 'auto-mtls':
      return { text: 'auto mTLS: the server has a sidecar' };
    case 'endpoint-takes-no-mtls':
      return { text: 'auto mTLS: the server has no sidecar' };
    case 'endpoint-disabled':
      return { ...modeBecause(reason.by), text: `auto mTLS follows the server: ${modeBecause(reason.by).text}` };
    case 'tunnel':
      return { text: 'ambient: the server takes HBONE, which goes before any rule' };
    case 'ztunnel':
      return { text: 'ambient: ztunnel uses HBONE where the server takes it, and reads no rules' };
    case 'ztunnel-plaintext':
      return { text: 'ambient: the server takes no HBONE, so ztunnel sends what the application sends' };
    case 'waypoint-plaintext':
      return { text: 'a waypoint sends mTLS only as HBONE, which the server does not take' };
    case 'proxyless-plaintext':
      return { text: 'a proxyless gRPC client encrypts only where a DestinationRule says ISTIO_MUTUAL' };
    case 'hidden-block':
      return {
        text: `${name} hides \`${pathText(reason.path)}\` behind a port setting without \`tls\`; endpoints still follow it`,
        object,
        path: reason.path,
      };
  }
}

/** Where a server's mode comes from. */
export function modeBecause(decision: ModeDecision): Because {
  const { policy, level, mode, path } = decision;
  if (!policy) return { text: 'no PeerAuthentication applies, and PERMISSIVE is the default' };
  const scope = {
    default: '',
    mesh: 'for the mesh',
    namespace: 'for the namespace',
    workload: 'for the workload',
    port: 'for the port',
  }[level];
  const maker = makerOf(policy);
  const by = maker ? `, made by the operator for \`${objectName(maker)}\`` : '';
  return { text: `\`${objectName(policy)}\` sets ${mode} ${scope}${by}`, object: policy, path };
}

/** What an ambient server's policies come to: ztunnel has no modes, it refuses clients without identity or lets them in. */
export function ambientBecause(decision: ModeDecision): Because {
  const { policy, mode, path } = decision;
  if (!policy) return { text: 'no PeerAuthentication applies, so ztunnel lets clients without identity in' };
  const what = mode === 'STRICT' ? 'refuse clients without identity' : 'let clients without identity in';
  return { text: `\`${objectName(policy)}\` makes ztunnel ${what}`, object: policy, path };
}

/** Why a policy that matches a workload does not count. */
export function lostBecause(lost: LostPolicy): Because {
  const name = `\`${objectName(lost.policy)}\``;
  switch (lost.reason) {
    case 'selector-in-root-namespace':
      return {
        text: `${name} is ignored: a selector has no effect in the root namespace`,
        object: lost.policy,
        path: ['spec', 'selector'],
      };
    case 'older-policy':
      return {
        text: `${name} is ignored: \`${lost.winner ? objectName(lost.winner) : ''}\` matches the same pods and comes first`,
        object: lost.policy,
      };
    case 'unset':
      return { text: `${name} sets no mode`, object: lost.policy };
  }
}

/** Where rules for a client were found. */
export function lookupWords(step: LookupStep): string {
  switch (step) {
    case 'client-namespace':
      return "rules of the client's namespace are looked up first";
    case 'root-private':
      return 'a private rule of the root namespace comes first for clients there';
    case 'service-namespace':
      return "the client's namespace has no rule for the host, so the service's namespace decides";
    case 'root-namespace':
      return 'neither the client nor the service has a rule in its namespace, so the root namespace decides';
  }
}

/** Why a pod has a sidecar or not. */
export function dataplaneWords(reason: DataplaneReason): string {
  const object = reason.object ? `\`${objectName(reason.object)}\`` : '';
  switch (reason.code) {
    case 'injected-by-namespace':
      return `${object} is labelled \`${reason.label}\``;
    case 'injected-by-pod':
      return `the pod is labelled \`${reason.label}\``;
    case 'injected-by-hand':
      return 'the manifest has an `istio-proxy` container';
    case 'injected-by-default':
      return 'the mesh is installed with `enableNamespacesByDefault`, and no label says otherwise';
    case 'injected-by-webhook':
      return "the injector's webhooks select the pod";
    case 'webhook-passes-over':
      return "the injector's webhooks, as the manifests have them, do not select the pod";
    case 'default-injection-unknown':
      return 'manifests differ in whether namespaces without labels are injected';
    case 'never-injected':
      return "the injector's policy leaves the pod out";
    case 'not-a-member':
      return 'the namespace is no member of the mesh (ServiceMeshMemberRoll)';
    case 'assumed-injected':
      return 'the settings say that the namespace is injected';
    case 'no-injection-label':
      return `neither ${object} nor the pod has an injection label`;
    case 'namespace-opts-out':
      return `${object} has \`${reason.label}\` with a value other than \`enabled\``;
    case 'pod-opts-out':
      return `the pod has \`${reason.label}: "false"\``;
    case 'revision-unknown':
      return `\`${reason.label}\` asks for a revision, and nothing here shows whether it is installed`;
    case 'revision-not-installed':
      return `\`${reason.label}\` asks for a revision that is not installed`;
    case 'host-network':
      return 'the pod uses the host network';
    case 'system-namespace':
      return 'Istio never injects this namespace';
    case 'namespace-labels-unknown':
      return 'no Namespace manifest here shows whether the namespace is injected';
    case 'ambient-namespace':
    case 'ambient-pod':
      return `${object} is labelled \`${reason.label}\``;
    case 'waypoint':
      return `${object} is a waypoint`;
  }
}
