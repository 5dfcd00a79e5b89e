// The rules about ambient mode, for meshes in which labels or settings show it.
import { ambientClientRefused } from './ambient-client-refused';
import { ambientHttpRule } from './ambient-http-rule';
import { ambientModeIgnored } from './ambient-mode-ignored';
import { ambientRoutingIgnored } from './ambient-routing-ignored';
import { dataplaneModeUnknown } from './dataplane-mode-unknown';
import type { Rule } from './rule';
import { tunnelLabelFalse } from './tunnel-label-false';
import { waypointBypassed } from './waypoint-bypassed';
import { waypointRefused } from './waypoint-refused';
import { waypointUnknown } from './waypoint-unknown';

export const AMBIENT_RULES: readonly Rule[] = [
  tunnelLabelFalse,
  waypointRefused,
  ambientClientRefused,
  ambientHttpRule,
  ambientModeIgnored,
  ambientRoutingIgnored,
  dataplaneModeUnknown,
  waypointUnknown,
  waypointBypassed,
];
