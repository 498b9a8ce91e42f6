import { SECOND_VALUE } from '../../model/credentials.js';
import type { MetricPoint } from '../../model/metric-point.js';
import type { Delivery, Destination, DestinationRecord, Prepared, Sliced } from '../destination.js';
import { windowTable } from './console-table.js';

/** Prints one table a window, for eyes: what a first start does with metrics. */
export class ConsoleDestination implements Destination {
  readonly kind = 'console';
  readonly secondValue = SECOND_VALUE.console;
  /** A window is never cut in two. */
  readonly requestWeightMax = Infinity;

  /** @param print gets whole lines; it throws or rejects if they could not be written, and they come again then */
  constructor(private readonly print: (text: string) => void | Promise<void>) {}

  *prepare(points: Iterable<MetricPoint>): Sliced<Prepared> {
    const records: DestinationRecord[] = [];
    for (const body of points) {
      records.push({ weight: 1, body });
      yield;
    }
    return { records, collisions: 0 };
  }

  async post(records: readonly DestinationRecord[], signal: AbortSignal): Promise<Delivery> {
    try {
      for (const points of byWindow(records.map((record) => record.body as MetricPoint))) {
        const text = await windowTable(points);
        if (signal.aborted) break;
        await Promise.race([this.print(text), aborted(signal)]);
      }
    } catch {
      return { outcome: 'retryable', afterMs: undefined, answered: true, why: 'could not print' };
    }
    if (!signal.aborted) return { outcome: 'delivered' };
    return { outcome: 'retryable', afterMs: undefined, answered: false, why: 'not printed in time' };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Splits points where their window changes: a request holds those of one window one after another. */
function byWindow(points: readonly MetricPoint[]): MetricPoint[][] {
  const windows: MetricPoint[][] = [];
  for (const point of points) {
    const last = windows.at(-1);
    if (last && last[0]!.window === point.window) last.push(point);
    else windows.push([point]);
  }
  return windows;
}
