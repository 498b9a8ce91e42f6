import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { COUNTERS } from '../../src/telemetry/counters.js';

const rows = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'));

/** Their reasons are HTTP statuses, kinds of lines and other words that need no explanation. */
const SELF_EXPLAINING = ['requests', 'sign', 'options_fallback', 'message_count_mismatch', 'messages', 'measurements'];

it.each(Object.entries(COUNTERS))('docs/operations.md says what %s counts, reason by reason', (name, reasons) => {
  const at = rows.findIndex((row) => row.split('|')[1]!.includes(`\`${name}\``));
  expect(at).not.toBe(-1);
  if (SELF_EXPLAINING.includes(name)) return;
  // Redis' faults have a table of their own behind it.
  const explained = name === 'redis_errors' ? rows.slice(at).join() : rows[at]!;
  expect(reasons.filter((reason) => !explained.includes(`\`${reason}\``))).toEqual([]);
});
