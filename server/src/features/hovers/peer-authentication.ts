// Hover of a PeerAuthentication: for which workloads it decides, what they accept, and who gets in today.

import { hasLabels, type PeerAuthentication } from '../../manifest/kinds/peer-authentication';
import { selects } from '../../manifest/object';
import type { Workload } from '../../mesh/workload';
import { type LostPolicy, type ModeDecision, modeForPort, type WorkloadPolicy } from '../../mtls/server-mode';
import { objectName } from '../../words/names';
import { lostBecause } from '../../words/reasons';
import type { MeshView } from '../../workspace/workspace';
import { anyRefused, callersText } from '../callers';
import { code, escapeText, linkBecause, linkName, list, sentence, table } from '../markdown';
import type { HoverContext } from './context';
import { acceptsText, portsOf } from './shared';

export function peerAuthenticationHover(context: HoverContext<PeerAuthentication>): string[] {
  const { object, view, snapshot } = context;
  const { namespace } = object.metadata;
  const isMesh = namespace === view.mesh.settings.rootNamespace && !hasLabels(object.spec.selector);
  const around = isMesh ? view.mesh.workloads : view.mesh.podsIn(namespace);
  const decided = around.filter((workload) => decides(view.mtls.policyOf(workload), object));
  const scope = isMesh ? 'the mesh' : code(namespace);
  const total = `${around.length} workload${around.length === 1 ? '' : 's'} in ${scope}`;
  const amount = around.length === 0 ? `nothing: there are no workloads in ${scope}` : `${decided.length} of ${total}`;
  const name = `**${escapeText(objectName(object))}** applies to ${decided.length === 0 && around.length > 0 ? `none of ${total}` : amount}`;
  const rows = decided.flatMap((workload) => rowsOf(context, workload, isMesh));
  // those in trouble first, so that a cut table shows them
  rows.sort((a, b) => Number(b.refused) - Number(a.refused));
  return [
    name,
    ...table(
      ['workload', 'port', 'accepts', 'who gets in today'],
      rows.map((row) => row.cells),
    ),
    ...withoutMode(context),
    ...overridden(context),
    ...elsewhere(context, around),
    ...lostTexts(view, object).map((lost) => sentence(linkBecause(snapshot, lostBecause(lost)))),
    ...duplicate(context),
  ];
}

/** True when the policy gives the workload's mode or that of one of its ports. */
function decides(policy: WorkloadPolicy, object: PeerAuthentication): boolean {
  return policy.base.policy === object || [...policy.ports.values()].some((mode) => mode.policy === object);
}

interface Row {
  readonly cells: readonly string[];
  readonly refused: boolean;
}

function rowsOf(
  { view, object, path, callers }: HoverContext<PeerAuthentication>,
  workload: Workload,
  full: boolean,
): Row[] {
  const name = code(full ? `${workload.namespace}/${workload.name}` : workload.name);
  const isUnknown = workload.dataplane === 'unknown';
  if (workload.dataplane !== 'sidecar' && !isUnknown)
    return [{ cells: [name, '', `${acceptsText(workload, undefined)}`, 'not subject to it'], refused: false }];
  const reach = callers.of(workload);
  const focus = path[1] === 'portLevelMtls' && path[2] !== undefined ? Number(path[2]) : undefined;
  return portsOf(view, workload)
    .filter((port) => focus === undefined || port === focus)
    .flatMap((port) => {
      const accepts = view.mtls.accepts(workload, port);
      const mode = accepts?.mode ?? modeForPort(view.mtls.policyOf(workload), port);
      if (mode.policy !== object) return [];
      const found = reach.get(port);
      const text = isUnknown ? `${mode.mode} if injected` : acceptsText(workload, accepts);
      return [{ cells: [name, String(port), text, callersText(found, view.mtls)], refused: anyRefused(found) }];
    });
}

function withoutMode({ object, view, snapshot }: HoverContext<PeerAuthentication>): string[] {
  const { mode } = object.spec;
  if (mode !== undefined && mode !== 'UNSET') return [];
  const above = aboveOf(view, object);
  return [
    `It sets no ${code('mode')} of its own and inherits ${above ? `${above.mode} from ${linkName(snapshot, above.policy!, above.path)}` : 'PERMISSIVE, the default'}.`,
  ];
}

/** The mode that would hold without this policy, where another policy gives one. */
function aboveOf(view: MeshView, object: PeerAuthentication): ModeDecision | undefined {
  const { policies } = view.mtls;
  const { namespace } = object.metadata;
  const own = hasLabels(object.spec.selector) ? policies.of(namespace).namespaceWide : undefined;
  for (const [policy, level] of [
    [own, 'namespace'],
    [policies.of(policies.rootNamespace).namespaceWide, 'mesh'],
  ] as const) {
    const mode = policy?.spec.mode;
    if (policy && policy !== object && mode && mode !== 'UNSET')
      return { mode, level, policy, path: ['spec', 'mtls', 'mode'] };
  }
  return undefined;
}

function overridden({ object, view, snapshot }: HoverContext<PeerAuthentication>): string[] {
  const { mode, selector } = object.spec;
  const above = aboveOf(view, object);
  if (!above?.policy || mode === undefined || mode === 'UNSET') return [];
  const own = hasLabels(selector) ? 'a workload selector' : 'a namespace policy';
  const other = above.level === 'mesh' ? 'the mesh policy' : 'a namespace policy';
  return [
    `Overrides ${linkName(snapshot, above.policy, above.path)} (${above.mode}) because ${own} is more specific than ${other}.`,
  ];
}

/** Workloads in reach for which a more specific policy decides. */
function elsewhere(
  { object, view, snapshot }: HoverContext<PeerAuthentication>,
  around: readonly Workload[],
): string[] {
  if (hasLabels(object.spec.selector) || view.mtls.policies.of(object.metadata.namespace).duplicates.has(object))
    return [];
  const others = new Map<PeerAuthentication, string[]>();
  for (const workload of around) {
    const { policy } = view.mtls.policyOf(workload).base;
    if (policy && policy !== object) others.set(policy, [...(others.get(policy) ?? []), code(workload.name)]);
  }
  const texts = [...others].map(([policy, names]) => `${linkName(snapshot, policy)} decides for ${list(names)}`);
  return texts.length === 0 ? [] : [sentence(list(texts))];
}

/** Why this policy does not count for workloads that it matches, each reason once. */
function lostTexts(view: MeshView, object: PeerAuthentication): LostPolicy[] {
  const found = new Map<string, LostPolicy>();
  for (const workload of view.mesh.workloads) {
    if (!hasLabels(object.spec.selector) || !selects(object.spec.selector!.matchLabels, workload.labels)) continue;
    for (const lost of view.mtls.policyOf(workload).lost) {
      if (lost.policy === object) found.set(`${lost.reason} ${lost.winner ? objectName(lost.winner) : ''}`, lost);
    }
  }
  return [...found.values()];
}

function duplicate({ object, view, snapshot }: HoverContext<PeerAuthentication>): string[] {
  const winner = view.mtls.policies.of(object.metadata.namespace).duplicates.get(object);
  return winner ? [`Ignored: ${linkName(snapshot, winner)} is for the same pods and comes first.`] : [];
}
