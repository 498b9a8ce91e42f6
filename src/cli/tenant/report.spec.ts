import { describe, expect, it } from '@jest/globals';
import type { Hold, TenantFacts } from '../../store/window-store.js';
import { reportOf, toText } from './report.js';

const TENANT = '0123456789abcdef0123456789abcdef';
const NOW = Date.UTC(2026, 10, 24, 12);

/** A tenant that has been due for ten minutes, and at which an outlet looked a second ago. */
const DUE: TenantFacts = {
  counts: { requests: 40 },
  examples: {},
  lastDataAt: NOW - 5_000,
  lastDelivery: undefined,
  hold: undefined,
  windowsWaiting: 10,
  batchesWaiting: 40,
  bytesWaiting: 12_345,
  firstDueAt: NOW - 600_000,
  claimedUntilAt: undefined,
  nextLookAt: NOW - 1_000,
  seriesOverLimit: [],
};

const held = (kind: Hold['kind'], why: string, inMs: number): TenantFacts => ({
  ...DUE,
  hold: { kind, why, failures: 4, untilAt: NOW + inMs },
  nextLookAt: NOW + inMs,
});

const wayOut = (facts: TenantFacts) => reportOf(TENANT, facts, NOW).wayOut;
const text = (facts: TenantFacts) => toText(reportOf(TENANT, facts, NOW));

describe('what an operator is told of a tenant', () => {
  it('is what waits, since when, who has it, and why', () => {
    expect(reportOf(TENANT, held('pause', 'answered 401', 60_000), NOW)).toMatchObject({
      tenant: TENANT,
      windowsWaiting: 10,
      batchesWaiting: 40,
      bytesWaiting: 12_345,
      dueSince: '2026-11-24T11:50:00.000Z',
      dueForSeconds: 600,
      claimedUntilAt: null,
      nextLookAt: '2026-11-24T12:01:00.000Z',
      hold: { kind: 'pause', why: 'answered 401', failures: 4, untilAt: '2026-11-24T12:01:00.000Z' },
      counts: { requests: 40 },
    });
  });

  it('is text on a terminal', () => {
    const facts = { ...held('pause', 'answered 401', 60_000), seriesOverLimit: ['request.1 source=web.1'] };
    expect(text(facts)).toBe(`\
tenant                 ${TENANT}
waiting                10 windows (40 batches, 12345 bytes)
due                    since 2026-11-24T11:50:00.000Z (for 600 s)
claimed                by no outlet
deliveries wait        answered 401 (pause, 4 in a row, until 2026-11-24T12:01:00.000Z)
last data              2026-11-24T11:59:55.000Z
last delivery          (none within the hour)

requests               40
dropped series         request.1 source=web.1
! ${wayOut(facts)[0]}
`);
  });

  it.each([
    ['retry', 'answered 503', 20_000, /tried again by itself.*destination/],
    ['pause', 'answered 401', 60_000, /mended.*or .*REVOKED_TENANTS, and purge/],
    ['key', 'no key opens it', -10_000, /SECRETS of all outlets/],
    ['abort', 'handed back', 20_000, /^A request .* may still be under way\. Wait/],
  ] as const)('has a way out of %s', (kind, why, inMs, sentence) => {
    expect(wayOut(held(kind, why, inMs))).toEqual([expect.stringMatching(sentence)]);
  });

  it('does not say until when a key is missing', () => {
    expect(text(held('key', 'no key opens it', -10_000))).toMatch(/no key opens it \(key, 4 in a row, met at 2026/);
  });

  it('says that no outlet runs where none looks, and still why it waited before', () => {
    const overdue = { nextLookAt: NOW - 61_000 };
    expect(wayOut({ ...DUE, ...overdue })).toEqual([expect.stringMatching(/^No outlet looks at it/)]);
    expect(wayOut({ ...held('key', 'no key opens it', 0), ...overdue })).toEqual([
      expect.stringMatching(/^No outlet looks at it/),
      expect.stringMatching(/SECRETS/),
    ]);
    // A claim that was never settled is no sign of life.
    expect(wayOut({ ...DUE, ...overdue, claimedUntilAt: NOW - 61_000 })).toHaveLength(1);
  });

  it('says who has it, as long as the claim holds', () => {
    const claimed = { ...DUE, claimedUntilAt: NOW + 30_000, nextLookAt: NOW + 30_000 };
    expect(wayOut(claimed)).toEqual([expect.stringMatching(/^An outlet delivers for it just now/)]);
    expect(text(claimed)).toMatch(/^claimed +until 2026-11-24T12:00:30\.000Z$/m);
    expect(text({ ...DUE, claimedUntilAt: NOW - 1 })).toMatch(/^claimed +by no outlet$/m);
  });

  it('says that all is well where it is', () => {
    expect(wayOut(DUE)).toEqual([expect.stringMatching(/^It is due/)]);
    const open = { ...DUE, firstDueAt: NOW + 9_000, nextLookAt: NOW + 9_000 };
    expect(wayOut(open)).toEqual([expect.stringMatching(/^Its windows are not over yet/)]);
    expect(text(open)).toMatch(/^due +not before 2026-11-24T12:00:09\.000Z$/m);
    const idle = { ...DUE, windowsWaiting: 0, batchesWaiting: 0, bytesWaiting: 0, firstDueAt: undefined };
    expect(wayOut({ ...idle, nextLookAt: undefined })).toEqual(['Nothing waits for this tenant.']);
    expect(text(idle)).toMatch(/^waiting +0 windows \(0 batches, 0 bytes\)\nclaimed/m);
  });
});
