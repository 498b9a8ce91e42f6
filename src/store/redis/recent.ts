import type { RecentWindow, SettledWindow } from '../window-store.js';
import { windowName } from './claim-call.js';

/** What a summary is taken to cost beyond its bytes: its name, and an entry of a hash. */
export const SUMMARY_OVERHEAD_BYTES = 128;

/**
 * Summaries as settle.lua takes them: names and bytes, by turns. Of those that would not all be kept, which may be many after an
 * outage, only the latest are sent.
 */
export function summaryArgs(windows: readonly SettledWindow[], bytesMax: number): (string | Buffer)[] {
  const args: (string | Buffer)[] = [];
  let bytes = 0;
  for (const window of [...windows].sort((a, b) => b.startSeconds - a.startSeconds)) {
    if (window.outcome !== 'delivered' || !window.summary) continue;
    const { summary } = window;
    const cost = summary.length + SUMMARY_OVERHEAD_BYTES;
    if (bytes + cost > bytesMax) continue;
    bytes += cost;
    args.push(windowName(window), Buffer.from(summary.buffer, summary.byteOffset, summary.byteLength));
  }
  return args;
}

/** The field of a summary's name, as settle.lua makes it. */
export function recentField(window: RecentWindow): string {
  return `${windowName(window)}:${window.deliveredAt}:${window.bytes}`;
}

/** What the fields name: each window once, by its latest delivery, oldest first, but none that ended before `sinceMs`. */
export function recentWindows(fields: readonly string[], sinceMs: number): RecentWindow[] {
  const latest = new Map<string, RecentWindow>();
  for (const field of fields) {
    const [startSeconds, resolutionSeconds, deliveredAt, bytes] = field.split(':').map(Number) as [
      number,
      number,
      number,
      number,
    ];
    if ((startSeconds + resolutionSeconds) * 1000 <= sinceMs) continue;
    const window = { startSeconds, resolutionSeconds, deliveredAt, bytes };
    const held = latest.get(windowName(window));
    if (!held || held.deliveredAt <= deliveredAt) latest.set(windowName(window), window);
  }
  return [...latest.values()].sort((a, b) => a.startSeconds - b.startSeconds);
}
