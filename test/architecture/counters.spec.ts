import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { COUNTERS } from '../../src/telemetry/counter-definitions.js';

it.each(Object.keys(COUNTERS.redis_errors.values))('docs/operations.md says what to do about %s of Redis', (kind) => {
  const rows = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows.filter((row) => row.split('|')[1]!.includes(`\`${kind}\``))).toHaveLength(1);
});
