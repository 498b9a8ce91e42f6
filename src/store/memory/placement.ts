import { deadlineAt, dueAt, isTooFarAhead, type WindowPolicy, type WindowRef } from '../../model/window.js';
import type { CommitBatch, CommitRequest } from '../window-store.js';

/**
 * What a batch is taken to cost beyond its bytes: a Uint8Array with a buffer of its own takes about 230 bytes in Node 20
 * (measured), and a place in a list. Without it, a flood of tiny batches would fill the memory several times over before
 * a cap saw it.
 */
export const BATCH_OVERHEAD_BYTES = 256;

/** The batches of a request that go to one window. */
export interface PlacedWindow {
  readonly window: WindowRef;
  readonly batches: Uint8Array[];
  /** What they cost, {@link BATCH_OVERHEAD_BYTES} each included. */
  bytes: number;
}

/** Where a request's batches go; late and future count the measurements that go nowhere. */
export interface Placement {
  readonly windows: ReadonlyMap<string, PlacedWindow>;
  readonly bytes: number;
  readonly late: number;
  readonly future: number;
}

/** The key of a window among those of its tenant. */
export function windowKey(window: WindowRef): string {
  return `${window.resolutionSeconds}:${window.startSeconds}`;
}

/** Decides where a request's batches go at `nowMs`, or that the receiver must compute it anew. */
export function place(request: CommitRequest, nowMs: number, policy: WindowPolicy): Placement | 'again' {
  const windows = new Map<string, PlacedWindow>();
  const dropped = { late: 0, future: 0 };
  let bytes = 0;
  for (const batch of request.batches) {
    const target = targetOf(request, batch, nowMs, policy);
    if (target === 'again') return 'again';
    if (typeof target === 'string') {
      dropped[target] += batch.measurements;
      continue;
    }
    const key = windowKey(target);
    const placed = windows.get(key) ?? { window: target, batches: [], bytes: 0 };
    windows.set(key, placed);
    placed.batches.push(batch.bytes);
    placed.bytes += batch.bytes.byteLength + BATCH_OVERHEAD_BYTES;
    bytes += batch.bytes.byteLength + BATCH_OVERHEAD_BYTES;
  }
  return { windows, bytes, ...dropped };
}

function targetOf(
  request: CommitRequest,
  batch: CommitBatch,
  nowMs: number,
  policy: WindowPolicy,
): WindowRef | 'late' | 'future' | 'again' {
  const { resolutionSeconds, openStartSeconds } = request;
  const own: WindowRef = { resolutionSeconds, startSeconds: batch.startSeconds };
  // From its deadline on a window may have been retired, so it must never be made again: not one instant later.
  if (nowMs >= deadlineAt(own, policy)) return 'late';
  if (isTooFarAhead(own, nowMs, policy)) return 'future';
  if (request.secondValue === 'replaces' || nowMs < dueAt(own, policy)) return own;
  if (request.late === 'drop') return 'late';
  const open: WindowRef = { resolutionSeconds, startSeconds: openStartSeconds };
  return openStartSeconds * 1000 <= nowMs && nowMs < dueAt(open, policy) ? open : 'again';
}
