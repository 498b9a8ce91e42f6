import { DEFAULT_WINDOW_POLICY } from '../model/window.js';
import { describe, expect, it } from '@jest/globals';
import type { TenantFacts, WindowStore } from '../store/window-store.js';
import type { Drain } from '../access/authenticator.js';
import { DescribeService, toText } from './describe.service.js';
import { DrainOptionsReader } from './drain-options.js';
import type { IngestOptions } from './ingest.options.js';

const DRAIN: Drain = {
  tenant: '0123456789abcdef0123456789abcdef',
  token: 'token',
  destination: { target: { kind: 'console' }, byOperator: false },
  secondValue: 'replaces',
};

const FACTS: TenantFacts = {
  counts: { messages: 3, measurements: 3 },
  examples: {},
  lastDataAt: Date.UTC(2026, 2, 1, 11),
  lastDelivery: undefined,
  hold: undefined,
  windowsWaiting: 1,
  batchesWaiting: 1,
  bytesWaiting: 10,
  firstDueAt: undefined,
  claimedUntilAt: undefined,
  nextLookAt: undefined,
  seriesOverLimit: [],
};

async function described(facts: Partial<TenantFacts>) {
  const store = { durable: true, facts: () => Promise.resolve({ ...FACTS, ...facts }) } as unknown as WindowStore;
  const service = new DescribeService(store, {
    accountsRouted: true,
    windowPolicy: DEFAULT_WINDOW_POLICY,
  } as IngestOptions);
  const description = await service.describe(DRAIN, new DrainOptionsReader().read('', true));
  return { description, text: toText(description) };
}

describe('what GET /logs says', () => {
  it('has why deliveries wait, and until when if that is known', async () => {
    const untilAt = Date.UTC(2026, 2, 1, 12);
    const refused = { kind: 'pause', why: 'answered 401', failures: 3, untilAt } as const;
    const { description, text } = await described({ hold: refused });
    expect(description.hold).toEqual({ ...refused, untilAt: '2026-03-01T12:00:00.000Z' });
    expect(text).toMatch(/^deliveries wait +answered 401 \(until 2026-03-01T12:00:00\.000Z\)$/m);
    expect(text).toMatch(/^! deliveries wait: answered 401$/m);
    const unopened = { kind: 'key', why: 'no key in SECRETS opens its drain token', failures: 1, untilAt } as const;
    expect((await described({ hold: unopened })).text).toMatch(
      /^deliveries wait +no key in SECRETS opens its drain token$/m,
    );
  });

  it('has what came of the last attempt to deliver', async () => {
    const hold = { kind: 'retry', why: 'answered 503', failures: 1, untilAt: 0 } as const;
    const outcomes: [Partial<TenantFacts>, string | null][] = [
      [{}, null],
      [{ lastDelivery: { at: 1, points: 4, rejected: 0 } }, 'delivered: 4 series'],
      [{ lastDelivery: { at: 1, points: 4, rejected: 2 } }, 'delivered: 4 series; 2 were refused'],
      [{ lastDelivery: { at: 1, points: 0, rejected: 2 } }, 'refused: all of 2 series'],
      [{ lastDelivery: { at: 1, points: 4, rejected: 0 }, hold }, 'put off: answered 503'],
    ];
    for (const [facts, outcome] of outcomes) {
      const { description, text } = await described(facts);
      expect(description.lastOutcome).toBe(outcome);
      expect(text).toMatch(new RegExp(`^last outcome +${outcome ?? '.none'}`, 'm'));
    }
  });

  it('says what the destination has not taken', async () => {
    const { description } = await described({ counts: { measurements: 1, pointsRejected: 3, collisions: 2 } });
    expect(description.warnings).toEqual([
      expect.stringMatching(/^the destination refused series \(3,/),
      expect.stringMatching(/^series were left out \(2,/),
    ]);
  });

  it('has no series over the limit where there are none', async () => {
    const { description, text } = await described({});
    expect(description).toMatchObject({ seriesOverLimit: [], warnings: [] });
    expect(text).not.toMatch(/series/);
  });

  it('names series over the limit, one a line, and says what to do about them', async () => {
    const seriesOverLimit = ['request.1 source=web.1', 'request.2 source=web.1'];
    const { description, text } = await described({ counts: { seriesOverLimit: 7 }, seriesOverLimit });
    expect(description).toMatchObject({ counts: { seriesOverLimit: 7 }, seriesOverLimit });
    expect(description.warnings).toEqual([expect.stringMatching(/^series were dropped \(7, .*SERIES_LIMIT/)]);
    expect(text).toMatch(/^seriesOverLimit +7$/m);
    expect(text).toMatch(/^dropped series +request\.1 source=web\.1\ndropped series +request\.2 source=web\.1$/m);
    expect(text).toMatch(/^! series were dropped/m);
  });
});
