import { describe, expect, it } from '@jest/globals';
import { type Evidence, judge } from './judge.js';
import type { Part, SentRequest } from './sender.js';

/** Two lines, each of 5 ms. */
const part = (series: string, atMs: number | undefined, last = 7): Part => ({
  series,
  atMs,
  lines: 2,
  ms: 5,
  last,
  some: false,
});

function request(parts: Part[], acknowledged = true): SentRequest {
  return { user: 'me', parts, acknowledged, dropped: 0 };
}

/** By series and start of the window: the value, and the POSTs that it came with unless it is one. */
type Values = Record<string, Record<number, number | [value: number, posts: number]>>;

function evidence(requests: SentRequest[], values: Values, more: Partial<Evidence> = {}): Evidence {
  const series = new Map(
    Object.entries(values).map(([name, at]) => [
      name,
      new Map(
        Object.entries(at).map(([start, said]) => {
          const [value, posts] = typeof said === 'number' ? [said, 1] : said;
          return [Number(start), { value, posts }];
        }),
      ),
    ]),
  );
  return { requests, delivered: () => series, secondValue: 'replaces', resolutionSeconds: 1, ...more };
}

/** The shared series of a window that has such values and last sample. */
function shared(values: number[], last: number | undefined, start = 5): Values {
  const q = (fraction: number): number => values[Math.floor(values.length * fraction)]!;
  return {
    all: { [start]: values.length },
    'ms count': { [start]: values.length },
    'ms sum': { [start]: values.reduce((sum, value) => sum + value, 0) },
    'ms.median': { [start]: q(0.5) },
    'ms.perc95': { [start]: q(0.95) },
    'ms.perc99': { [start]: q(0.99) },
    ...(last !== undefined && { last: { [start]: last } }),
  };
}

const one = [request([part('r0', 5_400)])];
const right: Values = { r0: { 5: 1 }, ...shared([5, 5], 7) };

describe('the judge of the fault runs', () => {
  it('has nothing to say where all is there once', () => {
    expect(judge(evidence(one, right))).toEqual({ acknowledged: 1, delivered: 1, lost: 0, twice: 0, wrong: [] });
  });

  it('lets a request that was not acknowledged be there or not', () => {
    const unanswered = [request([part('r0', 5_400)], false)];
    const clean = { acknowledged: 0, lost: 0, twice: 0, wrong: [] };
    expect(judge(evidence(unanswered, right))).toMatchObject({ ...clean, delivered: 1 });
    expect(judge(evidence(unanswered, {}))).toMatchObject({ ...clean, delivered: 0 });
  });

  it('lets a line without a time be in whatever window, but in one', () => {
    const untimed = [request([part('r0', undefined)])];
    const at = (start: number): Values => ({ r0: { [start]: 1 }, ...shared([5, 5], undefined, start) });
    expect(judge(evidence(untimed, at(9))).wrong).toEqual([]);
    expect(judge(evidence(untimed, { ...at(9), r0: { 8: 1, 9: 1 } })).wrong.join()).toContain('in the windows of 8,9');
  });

  it.each<[what: string, values: Values, expected: { lost?: number; twice?: number; wrong?: string }]>([
    ['an acknowledged request that is not there', {}, { lost: 1 }],
    ['one that is there twice', { r0: { 5: 2 }, ...shared([5, 5, 5, 5], 7) }, { twice: 1 }],
    ['one that is in another window', { r0: { 6: 1 }, ...shared([5, 5], 7, 6) }, { wrong: 'window of 6, not 5' }],
    ['lines that are missing', { ...right, all: { 5: 1 } }, { wrong: 'all is 1, not 2' }],
    ['lines that are too many', { ...right, 'ms count': { 5: 3 } }, { wrong: 'ms count is 3, not 2' }],
    ['a sum that is not right', { ...right, 'ms sum': { 5: 11 } }, { wrong: 'ms sum is 11, not 10' }],
    ['a percentile that is not right', { ...right, 'ms.perc95': { 5: 6 } }, { wrong: 'ms.perc95 is 6, not 5' }],
    ['a sample that is not the last', { ...right, last: { 5: 6 } }, { wrong: 'last is 6, not 7' }],
    ['a shared series of a window that has nothing', { ...right, all: { 5: 2, 6: 1 } }, { wrong: 'all is 1, not 0' }],
    ['another shared series, where there is none', { ...right, some: { 5: 1 } }, { wrong: 'some is 1, not undefined' }],
    ['what nobody has sent', { ...right, r7: { 5: 1 } }, { wrong: 'r7 of me was never sent' }],
  ])('finds %s', (_what, values, expected) => {
    const { wrong, ...counts } = judge(evidence(one, values));
    const { wrong: text = '', ...expectedCounts } = { lost: 0, twice: 0, ...expected };
    expect(counts).toMatchObject(expectedCounts);
    expect(wrong.join()).toContain(text);
    expect(wrong.length > 0).toBe(text !== '');
  });

  it('takes the last sample by its time, and the larger one on a tie', () => {
    const requests = [
      request([part('r0', 5_400, 1)]),
      request([part('r1', 5_500, 2)]),
      request([part('r2', 5_500, 3)]),
    ];
    const values = { r0: { 5: 1 }, r1: { 5: 1 }, r2: { 5: 1 }, ...shared([5, 5, 5, 5, 5, 5], 3) };
    expect(judge(evidence(requests, values)).wrong).toEqual([]);
  });

  it('finds half of a request, acknowledged or not', () => {
    const parts = [part('r0a', 5_400), part('r0b', 4_400)];
    const half: Values = { r0a: { 5: 1 }, ...shared([5, 5], 7) };
    expect(judge(evidence([request(parts)], half)).lost).toBe(1);
    expect(judge(evidence([request(parts, false)], half)).wrong).toEqual(['r0a: only half of it is there']);
  });

  it('finds what the answer said was dropped', () => {
    const dropped = [{ ...one[0]!, dropped: 3 }];
    expect(judge(evidence(dropped, right)).wrong).toEqual(['r0: 3 measurements dropped as late']);
  });

  describe('where the destination adds', () => {
    const adds = { secondValue: 'adds' } as const;

    it('adds windows up: a late line counts in the one that is open', () => {
      expect(judge(evidence(one, { r0: { 6: 1 }, ...shared([5, 5], 7, 6) }, adds)).wrong).toEqual([]);
      expect(judge(evidence(one, { ...right, all: { 5: 1 } }, adds)).wrong).toEqual(['me: 1 and 2 lines of 2']);
    });

    it('takes a POST that came again for no more than that, and finds a loss nevertheless', () => {
      const again: Values = { ...right, r0: { 5: [2, 2] }, all: { 5: 4 } };
      expect(judge(evidence(one, again, adds))).toMatchObject({ twice: 1, lost: 0, wrong: [] });
      expect(judge(evidence(one, { ...again, all: { 5: 1 } }, adds)).wrong).toEqual(['me: 1 and 2 lines of 2']);
    });

    it('finds what was stored twice, be it in one window or in two', () => {
      const inOne = judge(evidence(one, { ...right, r0: { 5: [2, 1] } }, adds));
      expect(inOne.wrong.join()).toContain('r0 was stored twice: 2 came with 1 POSTs');
      const inTwo = judge(evidence(one, { ...right, r0: { 5: 1, 6: 1 } }, adds));
      expect(inTwo.wrong.join()).toContain('r0 was stored twice: it is in the windows of 5,6');
    });
  });

  it('does not miss what the destination was told to refuse, but all that came with it', () => {
    const refused = (series: string) => series === 'r0';
    const others = Object.fromEntries(Object.entries(right).filter(([series]) => series !== 'r0'));
    expect(judge(evidence(one, others, { refused }))).toMatchObject({ lost: 0, wrong: [] });
    expect(judge(evidence(one, {}, { refused })).wrong.length).toBeGreaterThan(0);
  });
});
