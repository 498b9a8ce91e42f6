import type { Purged, TenantFacts } from '../window-store.js';
import type { WindowState } from './window-state.js';

/** How much some windows that wait hold. */
export function amountOf(windows: readonly WindowState[]): Purged {
  const amount = { windows: windows.length, batches: 0, bytes: 0 };
  for (const { waiting } of windows) {
    amount.batches += waiting.batches;
    amount.bytes += waiting.bytes;
  }
  return amount;
}

/** What facts say of the windows that wait. */
export function waitingFacts(
  windows: readonly WindowState[],
): Pick<TenantFacts, 'windowsWaiting' | 'batchesWaiting' | 'bytesWaiting' | 'firstDueAt'> {
  const { windows: windowsWaiting, batches: batchesWaiting, bytes: bytesWaiting } = amountOf(windows);
  const firstDueAt = windows.reduce((first, window) => Math.min(first, window.firstDueAt), Infinity);
  return { windowsWaiting, batchesWaiting, bytesWaiting, firstDueAt: windowsWaiting > 0 ? firstDueAt : undefined };
}
