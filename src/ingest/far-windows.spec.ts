import { describe, expect, it } from '@jest/globals';
import { DEFAULT_WINDOW_POLICY } from '../model/window.js';
import { nearWindows } from './far-windows.js';

const NOW = 1_800_000_000_000;
const batch = (startSeconds: number) => ({ startSeconds, measurements: 2, bytes: new Uint8Array(1) });

/** What becomes of a window of a minute that starts so many seconds from now. */
function fate(seconds: number): string {
  const { near, late, future } = nearWindows([batch(NOW / 1000 + seconds)], 60, NOW, DEFAULT_WINDOW_POLICY);
  return near.length === 1 ? 'near' : late === 2 ? 'late' : future === 2 ? 'future' : 'lost';
}

describe('windows of a request', () => {
  it.each([
    [0, 'near'],
    // The window ends after 60 s, the deadline is 300 s later, and 600 s are left to the store.
    [-959, 'near'],
    [-960, 'late'],
    [-86_400, 'late'],
    [660, 'near'],
    [661, 'future'],
    [86_400, 'future'],
  ])('that start %i s from now are %s', (seconds, expected) => {
    expect(fate(seconds)).toBe(expected);
  });

  it('by the hundred thousand are few that reach the store', () => {
    const windows = Array.from({ length: 100_000 }, (_, i) => batch(NOW / 1000 - 50_000 + i));
    const { near, late, future } = nearWindows(windows, 1, NOW, DEFAULT_WINDOW_POLICY);
    expect(near.length).toBeLessThan(2_000);
    expect(near.length + late / 2 + future / 2).toBe(100_000);
  });
});
