import { SECOND_VALUE } from '../../model/credentials.js';
import type { MetricPoint } from '../../model/metric-point.js';
import type { Delivery, Destination, DestinationRecord, Prepared } from '../destination.js';
import { windowTable } from './console-table.js';

/** Prints one table a window, for eyes: what a first start does with metrics. */
export class ConsoleDestination implements Destination {
  readonly kind = 'console';
  readonly secondValue = SECOND_VALUE.console;
  /** A window is never cut in two. */
  readonly requestWeightMax = Infinity;

  /** @param print gets whole lines */
  constructor(private readonly print: (text: string) => void) {}

  prepare(points: readonly MetricPoint[]): Prepared {
    return { records: points.map((body) => ({ weight: 1, body })), collisions: 0 };
  }

  post(records: readonly DestinationRecord[]): Promise<Delivery> {
    try {
      for (const points of byWindow(records.map((record) => record.body as MetricPoint))) {
        this.print(windowTable(points));
      }
      return Promise.resolve({ outcome: 'delivered' });
    } catch {
      return Promise.resolve({ outcome: 'retryable', afterMs: undefined, answered: true, why: 'could not print' });
    }
  }
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
