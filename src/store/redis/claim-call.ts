import type { WindowRef } from '../../model/window.js';
import type { Claim, ClaimedWindow, Hold, SettledWindow, WindowProgress } from '../window-store.js';

/** A window's name within its tenant, as the scripts have it: its start first, so that names sort by it. */
export function windowName({ startSeconds, resolutionSeconds }: WindowRef): string {
  return `${startSeconds}:${resolutionSeconds}`;
}

/** What {@link windowName} named. */
export function windowOf(name: string): WindowRef {
  const [startSeconds, resolutionSeconds] = name.split(':').map(Number) as [number, number];
  return { resolutionSeconds, startSeconds };
}

/** What claim.lua answered. */
export function claimOf(answer: unknown): Claim | undefined {
  if (answer === null) return undefined;
  const [token, hold, expiredWindows, takenOver, ...windows] = answer as [
    string,
    string,
    number,
    0 | 1,
    ...ClaimedParts[],
  ];
  return { token, hold: holdOf(hold), expiredWindows, takenOver: takenOver === 1, windows: windows.map(claimedWindow) };
}

/** Why a tenant waits, as settle.lua keeps it. */
export function holdText(hold: Hold | undefined): string {
  return hold ? JSON.stringify({ kind: hold.kind, why: hold.why, failures: hold.failures }) : '';
}

/** What {@link holdText} wrote. */
export function holdOf(text: string | undefined): Hold | undefined {
  return text ? (JSON.parse(text) as Hold) : undefined;
}

/** A window's progress as renew.lua takes it. */
export function progressParts(progress: WindowProgress): unknown[] {
  return [windowName(progress), progress.endBatch, progress.pointsSettled];
}

/** What became of a window, as settle.lua takes it. */
export function settledParts(window: SettledWindow): unknown[] {
  const { outcome } = window;
  const endBatch = outcome === 'expired' ? 0 : window.endBatch;
  const [pointsSettled, afterMs] = outcome === 'later' ? [window.pointsSettled, window.afterMs] : [0, 0];
  return [windowName(window), outcome, endBatch, pointsSettled, afterMs];
}

/** Name, first batch, end batch, bytes, points settled, first due. */
type ClaimedParts = [string, number, number, number, number, number];

function claimedWindow([name, firstBatch, endBatch, bytes, pointsSettled, firstDueAt]: ClaimedParts): ClaimedWindow {
  return { ...windowOf(name), firstBatch, endBatch, bytes, pointsSettled, firstDueAt };
}
