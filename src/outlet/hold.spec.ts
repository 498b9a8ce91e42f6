import { describe, expect, it } from '@jest/globals';
import type { Hold } from '../store/window-store.js';
import { abortHold, keyHold, pauseHold, retryHold } from './hold.js';

const after = (kind: Hold['kind'], failures: number): Hold => ({ kind, why: 'x', failures });

describe('back-off', () => {
  it.each([
    [undefined, 1_000],
    [after('retry', 1), 2_000],
    [after('retry', 2), 4_000],
    [after('retry', 6), 60_000],
    [after('retry', 1_000_000), 60_000],
    [after('pause', 5), 1_000],
    [after('abort', 5), 1_000],
    [after('key', 5), 1_000],
  ])('after %j it is anywhere from 0 to %i ms', (previous, msMax) => {
    expect(retryHold(previous, 'x', 0, 0).forMs).toBe(0);
    expect(retryHold(previous, 'x', 0, 0.5).forMs).toBe(msMax / 2);
    expect(retryHold(previous, 'x', 0, 0.999_999_999).forMs).toBe(msMax);
  });

  it('is never shorter than the destination asks for', () => {
    expect(retryHold(undefined, 'x', 7_000, 0).forMs).toBe(7_000);
    expect(retryHold(after('retry', 9), 'x', 7_000, 0.5).forMs).toBe(30_000);
  });

  it('counts failures in a row', () => {
    expect(retryHold(undefined, 'x', 0, 0).failures).toBe(1);
    expect(retryHold(after('retry', 3), 'x', 0, 0).failures).toBe(4);
  });
});

describe('a pause', () => {
  it.each([
    [undefined, 1],
    [after('pause', 1), 2],
    [after('pause', 3), 8],
    [after('pause', 4), 15],
    [after('pause', 99), 15],
    [after('retry', 9), 1],
    [after('key', 9), 1],
  ])('after %j it lasts %i min', (previous, minutes) => {
    expect(pauseHold(previous, 'x', 0)).toMatchObject({ kind: 'pause', forMs: minutes * 60_000 });
  });

  it('outlasts a request that may still arrive', () => {
    expect(pauseHold(undefined, 'x', 90_000).forMs).toBe(90_000);
  });
});

describe('a token that no key opens', () => {
  it.each([
    [undefined, 1],
    [after('key', 3), 4],
    [after('retry', 3), 1],
  ])('after %j is looked at %i times in a row, and keeps nobody away', (previous, failures) => {
    expect(keyHold(previous)).toEqual({
      kind: 'key',
      why: 'no key in SECRETS opens its drain token',
      failures,
      forMs: 0,
    });
  });
});

describe('handing back', () => {
  it('is no failure', () => {
    expect(abortHold(after('retry', 3), 19_999.5)).toMatchObject({ kind: 'abort', failures: 3, forMs: 20_000 });
  });
});
