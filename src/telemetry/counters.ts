import { Histogram } from 'prom-client';
import type { DestinationKind } from '../model/credentials.js';
import type { CounterName, CounterReason } from './counter-definitions.js';
import { DESTINATION_LABEL, type HistogramDefinition, type HistogramName, HISTOGRAMS } from './histograms.js';

/** Counters of this process since it started, and how long things took. */
export class Counters {
  /** By name and reason; both are constants, so that no text is made to count something. */
  private readonly counts = new Map<string, Map<string, number>>();
  /** Registered nowhere: whoever shows them does that. */
  readonly histograms: Readonly<Record<HistogramName, Histogram>>;

  constructor() {
    const histogram = (name: HistogramName): Histogram => {
      const { help, buckets, byDestination }: HistogramDefinition = HISTOGRAMS[name];
      const labelNames = byDestination ? [DESTINATION_LABEL] : [];
      return new Histogram({ name: `l2met_${name}`, help, buckets: [...buckets], labelNames, registers: [] });
    };
    const names = Object.keys(HISTOGRAMS) as HistogramName[];
    this.histograms = Object.fromEntries(names.map((name) => [name, histogram(name)])) as Record<
      HistogramName,
      Histogram
    >;
  }

  /** Adds `by` (default 1) to one reason of a counter. */
  add<N extends CounterName>(name: N, reason: CounterReason<N>, by = 1): void {
    if (by === 0) return;
    let counts = this.counts.get(name);
    if (!counts) this.counts.set(name, (counts = new Map<string, number>()));
    counts.set(reason, (counts.get(reason) ?? 0) + by);
  }

  /** Adds a number to each of several reasons. @returns their sum */
  addEach<N extends CounterName>(name: N, counts: Readonly<Partial<Record<CounterReason<N>, number>>>): number {
    let sum = 0;
    for (const reason in counts) {
      const count = counts[reason as CounterReason<N>] ?? 0;
      this.add(name, reason as CounterReason<N>, count);
      sum += count;
    }
    return sum;
  }

  /** Notes how long something took, in s. */
  took(name: HistogramName, seconds: number, destination?: DestinationKind): void {
    const histogram = this.histograms[name];
    if (destination === undefined) histogram.observe(seconds);
    else histogram.observe({ [DESTINATION_LABEL]: destination }, seconds);
  }

  /** The count of one reason. */
  get<N extends CounterName>(name: N, reason: CounterReason<N>): number {
    return this.counts.get(name)?.get(reason) ?? 0;
  }

  /** All that is not zero, as `name.reason` → count, sorted by name. */
  snapshot(): Record<string, number> {
    const all = [...this.counts].flatMap(([name, counts]) =>
      Array.from(counts, ([reason, count]): [string, number] => [`${name}.${reason}`, count]),
    );
    return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
