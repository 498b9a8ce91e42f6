import { DrainTokens } from '../crypto/drain-token.js';
import { KeyRing } from '../crypto/key-ring.js';

/**
 * A drain URL for credentials.
 *
 * @param base `http(s)://host`, with or without a path
 * @param secrets as in SECRETS
 */
export function drainUrl(base: string, credentials: string, secrets: string): string {
  const url = new URL(base);
  // Padding would be percent-encoded in a URL, which not every sender undoes; tokens are read without it.
  url.username = new DrainTokens(KeyRing.parse(secrets)).issue(credentials).replace(/=+$/, '');
  url.hash = '';
  if (url.pathname === '/') url.pathname = '/logs';
  return url.href;
}

/**
 * What to do with the drain URL of a service that was started to try it.
 *
 * @param page an address that opens its page with that drain in it, once
 */
export function trialInstructions(url: string, page?: string): string {
  const charts = page === undefined ? '' : `See its charts (the address opens them once):\n\n  ${page}\n\n`;
  return `
Drain URL of this run (its metrics are printed here):

  ${url}

Send it a line:

  curl --data-binary 'measure#db.latency=4ms count#orders=1 sample#queue.depth=17' '${url}'

Ask what it knows of this drain, or why nothing shows:

  curl '${url}'

${charts}`;
}
