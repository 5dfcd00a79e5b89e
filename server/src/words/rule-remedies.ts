// What to change in the DestinationRule whose `tls` block decided what a client sends.
import { policyBehind } from '../mesh/backend-tls';
import type { ClientDecision } from '../mtls/client-tls';
import type { Connection } from '../mtls/connections';
import { ruleAt } from '../mtls/rule-index';
import { type Change, type Remedy, removal } from './changes';
import { objectName } from './names';

/** The `tls` block that decided, changed to another mode. */
export function ruleChange(
  { rule, subset }: Connection,
  { reason, tls }: ClientDecision,
  mode: string,
): Remedy[] | undefined {
  const object = rule && 'path' in reason ? ruleAt(rule, reason.path, subset) : undefined;
  if (!object || !('path' in reason)) return undefined;
  const { path } = reason;
  const made = policyBehind(object, path);
  if (made)
    return [
      {
        text: `take \`${objectName(made)}\` away: clients in the mesh need none`,
        ...{ object: made, path: ['spec'] },
      },
    ];
  const now = tls === 'PLAINTEXT' ? 'DISABLE' : tls;
  // what another mode may have beside it is refused
  const change: Change = { op: 'set', object, path, value: { mode } };
  switch (reason.code) {
    case 'rule':
      return reason.modeStated
        ? [{ text: `\`mode: ${now}\` → \`${mode}\``, object, path: [...path, 'mode'], change }]
        : [{ text: `add \`mode: ${mode}\` to the \`tls\` block`, object, path, change }];
    case 'credential-name-ignored':
      return [
        {
          text: `\`tls\`: \`mode: ${mode}\` without \`credentialName\``,
          ...{ object, path: [...path, 'credentialName'], change },
        },
      ];
    default:
      return [{ text: `set \`mode: ${mode}\` in the \`tls\` block`, object, path, change }];
  }
}

/**
 * The `tls` block that decided, taken away. Undefined where no rule decided, and where clients pick the address
 * themselves: auto mTLS then does not look at the single server.
 */
export function removeBlock({ rule, subset, send }: Connection, { reason }: ClientDecision): Remedy[] | undefined {
  if (send?.discovery === 'ORIGINAL_DST') return undefined;
  const object = rule && 'path' in reason ? ruleAt(rule, reason.path, subset) : undefined;
  if (!object || !('path' in reason) || policyBehind(object, reason.path)) return undefined;
  const change = removal(object, reason.path);
  return [{ text: 'remove the `tls` block: auto mTLS then follows the server', object, path: reason.path, change }];
}
