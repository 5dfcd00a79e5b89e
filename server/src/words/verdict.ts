// What comes of a connection, in a word or two.
import type { Connection } from '../mtls/connections';
import type { PossibleCase } from '../mtls/possible';
import type { AccessDecision } from './access';

export type Verdict =
  | 'mTLS'
  | 'plaintext'
  | 'TLS'
  | 'refused'
  | 'partly refused'
  | 'blocked'
  | 'unknown'
  | 'no endpoints'
  | 'mixed';

/** The word for all endpoints together, in every case that the manifests leave open. */
export function verdictOf(connection: Connection, cases: readonly (readonly PossibleCase[])[]): Verdict {
  if (connection.route === 'blocked') return 'blocked';
  if (connection.endpoints.length === 0) {
    const { service } = connection;
    if (!service.external && service.resolution !== 'alias') return 'no endpoints';
    return connection.send?.whole?.tls === 'SIMPLE' || connection.send?.whole?.tls === 'MUTUAL' ? 'TLS' : 'plaintext';
  }
  const verdicts = new Set(cases.map(verdictOfCases));
  if (verdicts.has('refused')) return verdicts.size === 1 ? 'refused' : 'partly refused';
  return verdicts.size === 1 ? [...verdicts][0]! : verdicts.has('unknown') ? 'unknown' : 'mixed';
}

/** By outcome. */
export const VERDICTS = {
  mtls: 'mTLS',
  plaintext: 'plaintext',
  'app-tls': 'TLS',
  fail: 'refused',
  'mtls-unknown': 'unknown',
  unknown: 'unknown',
} as const;

/** `unknown` where cases differ. */
export function verdictOfCases(cases: readonly PossibleCase[]): Verdict {
  const verdicts = new Set(cases.map(({ outcome }) => VERDICTS[outcome]));
  return verdicts.size === 1 ? [...verdicts][0]! : 'unknown';
}

/** What policies make of the calls on a connection that stands; empty where they simply let them in. */
export function accessWord(decisions: readonly AccessDecision[]): '' | 'denied' | 'partly denied' | 'access depends' {
  if (decisions.every((decision) => decision === 'allowed')) return '';
  if (decisions.every((decision) => decision === 'denied')) return 'denied';
  return decisions.includes('denied') ? 'partly denied' : 'access depends';
}
