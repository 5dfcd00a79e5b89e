// What comes of the callers that no manifest lists as clients: the kubelet's probes and Prometheus' scrapes. Both come
// from outside the mesh, in plaintext and without an identity.
// istiod: inject/app_probe.go, inject/webhook.go:applyRewrite and applyPrometheusMerge.
import { type Probe, probesOf } from '../mesh/probes';
import type { Workload } from '../mesh/workload';
import type { MutualTls } from './mutual-tls';
import type { Accepts } from './server';
import { modeForPort } from './server-mode';

/** `always-passes`: the sidecar takes the connection itself, so the probe says nothing of the application. */
export type ProbeOutcome = 'works' | 'fails' | 'always-passes' | 'unknown';

export type ProbeReason =
  /** It runs inside the container. */
  | 'exec'
  /** No sidecar stands before the application. */
  | 'no-sidecar'
  /** Ambient: the node's own traffic goes past ztunnel. */
  | 'ambient'
  /** The injector leads it to the agent's port, which is not captured; the agent asks the application. */
  | 'rewritten'
  /** The port goes past the sidecar. */
  | 'not-captured'
  /** The sidecar answers the TCP connection. */
  | 'sidecar-answers'
  | 'plaintext-accepted'
  | 'plaintext-refused'
  /** TLS of the application's kind, which the port hands on or refuses. */
  | 'tls-forwarded'
  | 'tls-refused'
  /** The name of the port is not among the container's. */
  | 'port-unknown'
  /** Whether there is a sidecar is not shown, and it makes a difference. */
  | 'sidecar-unknown';

export interface ProbeAnswer {
  readonly probe: Probe;
  readonly outcome: ProbeOutcome;
  readonly reason: ProbeReason;
  /** What the port takes, where that decided. */
  readonly accepts: Accepts | undefined;
}

/** Every probe and hook of a workload, with what comes of it. */
export function probeAnswers(mtls: MutualTls, workload: Workload): ProbeAnswer[] {
  return probesOf(workload).map((probe) => {
    const accepts = probe.port === undefined ? undefined : mtls.accepts(workload, probe.port);
    const [outcome, reason] = judge(mtls, workload, probe, accepts);
    return { probe, outcome, reason, accepts };
  });
}

function judge(
  mtls: MutualTls,
  workload: Workload,
  probe: Probe,
  accepts: Accepts | undefined,
): [ProbeOutcome, ProbeReason] {
  if (probe.handler === 'exec') return ['works', 'exec'];
  if (workload.dataplane === 'ambient') return ['works', 'ambient'];
  if (workload.dataplane === 'unknown') {
    if (isRewritten(mtls, workload)) return ['works', 'rewritten'];
    return openAnyway(mtls, workload, probe) ? ['works', 'plaintext-accepted'] : ['unknown', 'sidecar-unknown'];
  }
  if (workload.dataplane !== 'sidecar') return ['works', 'no-sidecar'];
  if (isRewritten(mtls, workload)) return ['works', 'rewritten'];
  if (!accepts) return ['unknown', 'port-unknown'];
  if (!accepts.captured) return ['works', 'not-captured'];
  if (probe.handler === 'tcpSocket') return ['always-passes', 'sidecar-answers'];
  if (probe.https) return accepts.wire.tls === 'forwarded' ? ['works', 'tls-forwarded'] : ['fails', 'tls-refused'];
  return accepts.wire.plaintext ? ['works', 'plaintext-accepted'] : ['fails', 'plaintext-refused'];
}

/** True where a sidecar, if there is one, lets the probe through as well. */
function openAnyway(mtls: MutualTls, workload: Workload, { handler, port, https }: Probe): boolean {
  if (handler === 'tcpSocket' || https || port === undefined) return false;
  return modeForPort(mtls.policyOf(workload), port).mode !== 'STRICT';
}

/**
 * Whether the injector rewrites a pod's probes: as its values say, unless the annotation does, which is read as Go reads
 * a boolean; a bad value changes nothing (inject/app_probe.go:ShouldRewriteAppHTTPProbers). A manifest that was injected
 * by hand is as it is.
 */
function isRewritten({ mesh }: MutualTls, { annotations, reason }: Workload): boolean {
  if (reason.code === 'injected-by-hand') return false;
  const stated = annotations['sidecar.istio.io/rewriteAppHTTPProbers'] ?? '';
  return TRUE.has(stated) || (mesh.settings.rewriteProbes && !FALSE.has(stated));
}

/** strconv.ParseBool */
const TRUE = new Set(['1', 't', 'T', 'true', 'True', 'TRUE']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'False', 'FALSE']);

export interface ScrapeAnswer {
  /** The port that Prometheus is told; undefined where metrics are merged on the agent's port. */
  readonly port: number | undefined;
  readonly outcome: Exclude<ProbeOutcome, 'always-passes'>;
  readonly reason: 'merged' | Exclude<ProbeReason, 'exec' | 'sidecar-answers' | 'rewritten'>;
  readonly accepts: Accepts | undefined;
}

/**
 * What comes of the scrapes of a Prometheus without sidecar; undefined for a pod that asks for none by annotation. With
 * metrics merging, which is the default, the agent collects on its own port.
 */
export function scrapeAnswer(mtls: MutualTls, workload: Workload): ScrapeAnswer | undefined {
  const { annotations } = workload;
  if (annotations['prometheus.io/scrape'] !== 'true') return undefined;
  const port = Number(annotations['prometheus.io/port'] ?? 80);
  const base = { port, accepts: undefined };
  if (workload.dataplane === 'unknown') return { ...base, outcome: 'unknown', reason: 'sidecar-unknown' };
  const ambient = mtls.ambientAccepts(workload, port);
  if (ambient)
    return ambient.plaintext
      ? { ...base, outcome: 'works', reason: 'plaintext-accepted' }
      : { ...base, outcome: 'fails', reason: 'plaintext-refused' };
  if (workload.dataplane !== 'sidecar') return { ...base, outcome: 'works', reason: 'no-sidecar' };
  const own = annotations['prometheus.istio.io/merge-metrics'];
  const merged = own === undefined ? mtls.mesh.settings.prometheusMerge : !FALSE.has(own);
  if (merged) return { port: undefined, outcome: 'works', reason: 'merged', accepts: undefined };
  const accepts = mtls.accepts(workload, port);
  if (!accepts?.captured) return { port, outcome: 'works', reason: 'not-captured', accepts };
  return accepts.wire.plaintext
    ? { port, outcome: 'works', reason: 'plaintext-accepted', accepts }
    : { port, outcome: 'fails', reason: 'plaintext-refused', accepts };
}
