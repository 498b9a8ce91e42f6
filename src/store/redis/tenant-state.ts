/** A hash as Redis answers it. */
export type Hash = Readonly<Record<string, string>>;

/** A window that waits for delivery, as far as it is looked at from outside the scripts. */
export interface WaitingWindow {
  /** As the scripts have it, see windowName. */
  readonly name: string;
  readonly batches: number;
  readonly bytes: number;
  /** When it was, or will be, first due and undelivered, ms since the epoch. */
  readonly firstDueAt: number;
}

/** The windows in a tenant's state that wait; the order of a window's numbers is that in prelude.lua. */
export function waitingWindows(state: Hash): WaitingWindow[] {
  const waiting: WaitingWindow[] = [];
  for (const [name, numbers] of Object.entries(state)) {
    if (!/^\d+:\d+$/.test(name)) continue;
    const [, delivered, , firstDueAt, batches, bytes, first, firstBytes] = JSON.parse(numbers) as Parts;
    // Where the destination adds, the first batches may have been delivered on their own.
    if (delivered === 0) waiting.push({ name, batches: batches - first, bytes: bytes - firstBytes, firstDueAt });
  }
  return waiting;
}

type Parts = [
  adds: number,
  delivered: number,
  next: number,
  firstDue: number,
  batches: number,
  bytes: number,
  first: number,
  firstBytes: number,
];
