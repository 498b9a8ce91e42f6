import { describe, expect, it } from '@jest/globals';
import { type Evidence, judge } from './judge.js';
import type { Part, SentRequest } from './sender.js';

const part = (series: string, atMs: number | undefined, lines = 2, sum = 10): Part => ({ series, atMs, lines, sum });

function request(parts: Part[], acknowledged = true): SentRequest {
  return { user: 'me', parts, acknowledged, dropped: 0 };
}

type Values = Record<string, Record<number, number>>;

/** Evidence of what the destination has, by series and start of the window. */
function evidence(requests: SentRequest[], values: Values, more: Partial<Evidence> = {}): Evidence {
  const series = new Map(
    Object.entries(values).map(([name, at]) => [
      name,
      new Map(Object.entries(at).map(([start, value]) => [Number(start), value])),
    ]),
  );
  return { requests, delivered: () => series, secondValue: 'replaces', resolutionSeconds: 1, ...more };
}

const one = [request([part('r0', 5_400)])];
const right: Values = { r0: { 5: 1 }, all: { 5: 2 }, 'ms count': { 5: 2 }, 'ms sum': { 5: 10 }, 'ms.median': { 5: 5 } };

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

  it.each<[what: string, values: Values, expected: { lost?: number; twice?: number; wrong?: string[] }]>([
    ['an acknowledged request that is not there', {}, { lost: 1 }],
    [
      'one that is there twice',
      { ...right, r0: { 5: 2 }, all: { 5: 4 }, 'ms count': { 5: 4 }, 'ms sum': { 5: 20 } },
      { twice: 1, wrong: [] },
    ],
    ['one that is in another window', { ...right, r0: { 6: 1 } }, { wrong: ['in the window of 6 instead of 5'] }],
    ['lines that are missing', { ...right, all: { 5: 1 } }, { wrong: ['me: all 1, count 2 of 2'] }],
    ['lines that are too many', { ...right, 'ms count': { 5: 3 } }, { wrong: ['me: all 2, count 3 of 2'] }],
    ['a sum that is not right', { ...right, 'ms sum': { 5: 11 } }, { wrong: ['sum 11 of 10'] }],
    ['what nobody has sent', { ...right, r7: { 5: 1 } }, { wrong: ['r7 of me was never sent'] }],
  ])('finds %s', (_what, values, expected) => {
    const { wrong, ...counts } = judge(evidence(one, values));
    const { wrong: text, ...expectedCounts } = { lost: 0, twice: 0, wrong: [], ...expected };
    expect(counts).toMatchObject(expectedCounts);
    expect(wrong.join()).toContain(text.join());
    expect(wrong.length > 0).toBe(text.length > 0);
  });

  it('finds half of a request, acknowledged or not', () => {
    const parts = [part('r0a', 5_400), part('r0b', 4_400)];
    const half: Values = { r0a: { 5: 1 }, all: { 5: 2 }, 'ms count': { 5: 2 }, 'ms sum': { 5: 10 } };
    expect(judge(evidence([request(parts)], half)).lost).toBe(1);
    expect(judge(evidence([request(parts, false)], half)).wrong).toEqual(['r0a: only half of it is there']);
  });

  it('finds what the answer said was dropped', () => {
    const dropped = [{ ...one[0]!, dropped: 3 }];
    expect(judge(evidence(dropped, right)).wrong).toEqual(['r0: 3 measurements dropped as late']);
  });

  it('adds windows up where the destination adds, and finds only losses in what may be there twice', () => {
    const adds = { secondValue: 'adds' } as const;
    expect(judge(evidence(one, { ...right, r0: { 6: 1 } }, adds)).wrong).toEqual([]);
    const repeated = judge(evidence(one, { ...right, r0: { 5: 1, 6: 1 } }, adds));
    expect(repeated).toMatchObject({ twice: 1, lost: 0, wrong: [] });
    const less = judge(evidence(one, { ...right, r0: { 5: 2 }, all: { 5: 1 } }, adds));
    expect(less.wrong).toEqual(['me: 1 lines of 2']);
  });

  it('does not miss what the destination was told to refuse, but all that came with it', () => {
    const refused = (series: string) => series === 'r0';
    const others = Object.fromEntries(Object.entries(right).filter(([series]) => series !== 'r0'));
    expect(judge(evidence(one, others, { refused }))).toMatchObject({ lost: 0, wrong: [] });
    expect(judge(evidence(one, {}, { refused })).wrong).toHaveLength(1);
  });
});
