import { shownText } from '../model/shown-text.js';
import { MEASUREMENT_REJECTIONS } from '../parsing/rejections.js';
import type { Rejection } from '../parsing/parsed-drain.js';
import type { Examples, RejectionFact } from '../store/window-store.js';

/** As much of a line as shows what is wrong with it. */
const LENGTH_MAX = 80;

const MEASUREMENTS: ReadonlySet<string> = new Set(MEASUREMENT_REJECTIONS);

/**
 * An example of each reason for which something of a body was rejected; undefined if nothing was, which is the rule.
 *
 * @param firsts the first rejection of each reason
 */
export function examplesOf(firsts: readonly Rejection[], body: Buffer): Examples | undefined {
  if (firsts.length === 0) return undefined;
  const examples: Partial<Record<RejectionFact, string>> = {};
  for (const { offset, reason } of firsts) {
    const isMeasurement = MEASUREMENTS.has(reason);
    const name = (isMeasurement ? `rejected.${reason}` : `rejected.frame-${reason}`) as RejectionFact;
    examples[name] = exampleAt(body, offset, isMeasurement);
  }
  return examples;
}

/**
 * What stands at `offset`: of a metric its key as it is and its value masked, of a frame all of it masked. A log may hold
 * anything; what is wrong shows by the kinds of its characters.
 */
function exampleAt(body: Buffer, offset: number, isMeasurement: boolean): string {
  const text = body.subarray(offset, offset + 4 * LENGTH_MAX).toString('utf8');
  if (!isMeasurement) return shownText(masked(text.split('\n', 1)[0]!), LENGTH_MAX);
  const [tuple = ''] = /^[^\s="]*(?:="(?:[^"\\]|\\.)*"|=\S*)?/.exec(text) ?? [];
  const equals = tuple.indexOf('=');
  return shownText(equals < 0 ? tuple : tuple.slice(0, equals + 1) + masked(tuple.slice(equals + 1)), LENGTH_MAX);
}

/** Digits as 0, letters as a. */
function masked(text: string): string {
  return text.replace(/\p{Nd}/gu, '0').replace(/\p{L}/gu, 'a');
}
