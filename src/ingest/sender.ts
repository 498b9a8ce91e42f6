/**
 * Who sends, by User-Agent. Logplex drops a frame for good on 4xx but 429, and nobody reads its answers; log-shuttle never
 * repeats a request that got any status, but repeats one whose connection breaks.
 */
export type Sender = 'logplex' | 'log-shuttle' | 'other';

/** The sender that a User-Agent names. */
export function senderOf(userAgent: string | undefined): Sender {
  if (userAgent === undefined) return 'other';
  if (userAgent.startsWith('Logplex/')) return 'logplex';
  return userAgent.startsWith('log-shuttle/') ? 'log-shuttle' : 'other';
}
