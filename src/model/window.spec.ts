import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  deadlineAt,
  DEFAULT_WINDOW_POLICY as policy,
  dueAt,
  endAt,
  isTooFarAhead,
  redeliverAt,
  RESOLUTIONS,
  windowStart,
} from './window.js';

const resolution = fc.constantFrom(...RESOLUTIONS);
const instant = fc.integer({ min: -4e12, max: 4e12 });

describe('windows', () => {
  it('may be as long as any divisor of an hour', () => {
    expect(RESOLUTIONS).toHaveLength(45);
    expect([RESOLUTIONS[0], RESOLUTIONS.at(-1)]).toEqual([1, 3600]);
    expect(RESOLUTIONS.every((seconds) => 3600 % seconds === 0)).toBe(true);
  });

  it.each([
    [0, 60, 0],
    [59_999, 60, 0],
    [60_000, 60, 60],
    [-1, 60, -60],
    [-60_000, 60, -60],
    [-60_001, 60, -120],
    [999, 1, 0],
    [1_767_225_599_999, 3600, 1_767_222_000],
    [1_767_225_600_000, 3600, 1_767_225_600],
  ])('%i ms lies in the window of %i s that begins at %i s', (atMs, seconds, start) => {
    expect(windowStart(atMs, seconds)).toBe(start);
  });

  it('hold every instant in exactly one, aligned to the hour', () => {
    fc.assert(
      fc.property(instant, resolution, (atMs, resolutionSeconds) => {
        const startSeconds = windowStart(atMs, resolutionSeconds);
        expect(Math.abs(startSeconds % resolutionSeconds)).toBe(0);
        expect(startSeconds * 1000).toBeLessThanOrEqual(atMs);
        expect(endAt({ resolutionSeconds, startSeconds })).toBeGreaterThan(atMs);
      }),
    );
  });

  it('are due at their end plus the grace, and closed at the larger of two resolutions and the late deadline', () => {
    expect(dueAt({ resolutionSeconds: 60, startSeconds: 120 }, policy)).toBe(183_000);
    expect(deadlineAt({ resolutionSeconds: 60, startSeconds: 120 }, policy)).toBe(180_000 + 300_000);
    expect(deadlineAt({ resolutionSeconds: 150, startSeconds: 0 }, policy)).toBe(150_000 + 300_000);
    expect(deadlineAt({ resolutionSeconds: 180, startSeconds: 0 }, policy)).toBe(180_000 + 360_000);
    expect(deadlineAt({ resolutionSeconds: 3600, startSeconds: 0 }, policy)).toBe(3 * 3_600_000);
  });

  it('are too far ahead past the larger of one resolution and the future limit', () => {
    const ahead = (resolutionSeconds: number, startSeconds: number, nowMs: number) =>
      isTooFarAhead({ resolutionSeconds, startSeconds }, nowMs, policy);
    expect([ahead(60, 60, 0), ahead(60, 120, 0), ahead(60, 120, 60_000), ahead(60, 120, 59_999)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect([ahead(1, 60, 0), ahead(1, 61, 0), ahead(3600, 3600, 0), ahead(3600, 7200, 0)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it.each([
    ['a minute: the resolution', 60, 100_000, 160_000],
    ['ten seconds: the resolution', 10, 20_000, 30_000],
    ['one second: the grace', 1, 5_000, 8_000],
    ['an hour: 60 s', 3600, 4_000_000, 4_060_000],
    ['near the deadline: the deadline', 60, 355_000, 360_000],
    ['at the deadline: at once', 60, 360_000, 360_000],
    ['past the deadline: at once', 60, 400_000, 400_000],
  ])('that got more data are delivered again after a pause; %s', (_why, resolutionSeconds, nowMs, expected) => {
    expect(redeliverAt({ resolutionSeconds, startSeconds: 0 }, nowMs, policy)).toBe(expected);
  });

  it('are never delivered again in the past, nor past both the deadline and now', () => {
    fc.assert(
      fc.property(instant, resolution, fc.integer({ min: -1e7, max: 1e7 }), (atMs, resolutionSeconds, later) => {
        const window = { resolutionSeconds, startSeconds: windowStart(atMs, resolutionSeconds) };
        const nowMs = atMs + later;
        const at = redeliverAt(window, nowMs, policy);
        expect(at).toBeGreaterThanOrEqual(nowMs);
        expect(at).toBeLessThanOrEqual(Math.max(nowMs, deadlineAt(window, policy)));
      }),
    );
  });
});
