import type { Delivery } from './destination.js';
import type { HttpAnswer } from './http-client.js';

/** Asked to wait for longer, ms, we come back nevertheless: data is given up after hours, and such a date may be a mistake. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/**
 * What an answer means for what was sent. A destination may have statuses of its own; this is what all agree on:
 * 2xx taken (RFC 9110 §15.3); 400, 415, 422 its content refused, 413 its size; 408, 429, 5xx a passing fault; anything
 * else a refusal of this sender or place, which sending again does not change (redirects are not followed: they could
 * lead anywhere).
 *
 * @param nowMs ms since the epoch, for a Retry-After that is a date
 */
export function outcomeOf(answer: HttpAnswer, nowMs: number): Delivery {
  if (answer.type === 'not-sent') {
    if (!answer.allowed) return { outcome: 'refused', why: answer.why };
    return { outcome: 'retryable', afterMs: undefined, answered: true, why: answer.why };
  }
  if (answer.type === 'no-answer')
    return { outcome: 'retryable', afterMs: undefined, answered: false, why: answer.why };
  const { status } = answer;
  const why = `answered ${status}`;
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  if (status === 400 || status === 415 || status === 422) return { outcome: 'rejected', because: 'data', why };
  if (status === 413) return { outcome: 'rejected', because: 'size', why };
  if (status === 408 || status === 429 || status >= 500) {
    return { outcome: 'retryable', afterMs: retryAfterMs(answer.retryAfter, nowMs), answered: true, why };
  }
  return { outcome: 'refused', why };
}

/**
 * Retry-After in both of its forms, seconds and HTTP date (RFC 9110 §10.2.3), in ms from `nowMs`; at most an hour.
 * Undefined where it says nothing that can be read.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(RETRY_AFTER_MS_MAX, Math.max(0, ms));
}

/**
 * Date.parse takes much that is no date of HTTP; those all begin with the name of a day (RFC 9110 §5.6.7). The oldest of their
 * three forms says nothing of its zone, which is GMT.
 */
function httpDate(text: string): number {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
