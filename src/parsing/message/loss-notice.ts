import { BYTES } from '../memory.js';
import { ascii, isText, standsAt } from '../logfmt/text-match.js';

const bytes = BYTES;

/** The codes of the notices by which senders say how many messages they have lost. */
export type LossCode = 'L10' | 'L12' | 'L13';

const LOGPLEX = ascii('logplex');
const LOG_SHUTTLE = ascii('log-shuttle');
const L10 = ascii('Error L10 ');
const L12 = ascii('Error L12: ');
const L13 = ascii('Error L13: ');
const MESSAGES = ascii(' messages ');

/** More digits are no number of messages. */
const MAX_DIGITS = 12;

/** The code of a loss notice whose text begins at `at`, by the process that wrote it; undefined if it is none. */
export function lossCode(procIdAt: number, procIdEnd: number, at: number): LossCode | undefined {
  if (isText(procIdAt, procIdEnd, LOGPLEX)) return standsAt(at, L10) ? 'L10' : undefined;
  if (!isText(procIdAt, procIdEnd, LOG_SHUTTLE)) return undefined;
  if (standsAt(at, L12)) return 'L12';
  return standsAt(at, L13) ? 'L13' : undefined;
}

/**
 * How many messages a loss notice is about: the number before the word. That reads all forms there are: Logplex's `…: 37
 * messages dropped since …` and `… drain 'd.…' dropped 4 messages since …`, log-shuttle's `222 messages dropped` and `111
 * messages lost`. 0 if there is no such number.
 */
export function messagesLost(at: number, end: number): number {
  for (let i = at; i + MESSAGES.length <= end; i++) {
    if (!standsAt(i, MESSAGES)) continue;
    let digitsAt = i;
    while (digitsAt > at && bytes[digitsAt - 1]! >= 0x30 && bytes[digitsAt - 1]! <= 0x39) digitsAt--;
    if (i - digitsAt > MAX_DIGITS) return 0;
    let lost = 0;
    for (let j = digitsAt; j < i; j++) lost = lost * 10 + bytes[j]! - 0x30;
    return lost;
  }
  return 0;
}
