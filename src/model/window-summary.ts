import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Kind } from './kind.js';
import { type MetricPoint, type PointValue, QUANTILES } from './metric-point.js';

/**
 * What was delivered for a window, in a few numbers a series: what charts and queries show. As the store keeps it, it is also
 * deflated (RFC 1951).
 *
 *     summary = version:u8 record*
 *     record  = kind:u8 name:text source:text unit:text statistic:number*     as many as STATISTICS has for the kind
 *
 *     number  = 0 f64 | what is 1,000 times as large and a whole number: twice it and 1, or twice its negative
 *
 * Texts and whole numbers are as in batch-format.ts.
 */
const SUMMARY_VERSION = 1;

/** What is known of a series in one window, by kind and in order. */
export const STATISTICS = {
  [Kind.count]: ['sum'],
  [Kind.measure]: ['count', 'sum', 'min', 'max', 'median', 'p95', 'p99'],
  [Kind.sample]: ['last'],
  [Kind.unique]: ['unique'],
} as const satisfies Readonly<Record<Kind, readonly string[]>>;

/** The name of a statistic that is kept. */
export type Statistic = (typeof STATISTICS)[Kind][number];

/** A series in one window. `source` and `unit` are '' where there is none. */
export interface SeriesSummary {
  readonly kind: Kind;
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  /** In the order of {@link STATISTICS}. */
  readonly values: readonly number[];
}

/** Summarises the points of one window, which it looks at and leaves as they are. */
export class SummaryWriter {
  private readonly writer = new ByteWriter(SUMMARY_VERSION);
  private readonly indexes = new Map<string, number>([['', 0]]);
  private readonly utf8 = new TextEncoder();

  constructor() {
    this.writer.begin();
  }

  add({ name, source, unit, value }: MetricPoint): void {
    this.writer.byte(KINDS[value.type]);
    this.text(name);
    this.text(source);
    this.text(unit);
    for (const statistic of statisticsOf(value)) this.writer.number(statistic);
  }

  finish(): Uint8Array {
    return this.writer.finish();
  }

  private text(text: string): void {
    const index = this.indexes.get(text);
    if (index !== undefined) return this.writer.known(index);
    const bytes = this.utf8.encode(text);
    this.indexes.set(text, this.writer.text(bytes, 0, bytes.length));
  }
}

const KINDS: Readonly<Record<PointValue['type'], Kind>> = {
  sum: Kind.count,
  distribution: Kind.measure,
  last: Kind.sample,
  cardinality: Kind.unique,
};

function statisticsOf(value: PointValue): readonly number[] {
  switch (value.type) {
    case 'sum':
      return [value.sum];
    case 'last':
      return [value.last];
    case 'cardinality':
      return [value.cardinality.estimate()];
    case 'distribution': {
      const { count, sum, min, max } = value.distribution;
      return [count, sum, min, max, ...QUANTILES.map(({ q }) => value.distribution.quantile(q))];
    }
  }
}

/** A summary that this release cannot read: a later one wrote it, or it is damaged. It is only shown, so it is left out. */
export class UnreadableSummaryError extends Error {
  readonly code = 'L2MET_MODEL_SUMMARY';
}

/** Reads a summary, inflated. @throws UnreadableSummaryError */
export function readSummary(bytes: Uint8Array): SeriesSummary[] {
  return new SummaryReader(bytes).all();
}

class SummaryReader extends ByteReader {
  all(): SeriesSummary[] {
    if (this.bytes[0] !== SUMMARY_VERSION) throw this.corrupt();
    const series: SeriesSummary[] = [];
    while (!this.atEnd) series.push(this.series());
    return series;
  }

  private series(): SeriesSummary {
    const kind = this.bytes[this.at++]! as Kind;
    const statistics = STATISTICS[kind] as readonly string[] | undefined;
    if (!statistics) throw this.corrupt();
    const name = this.texts[this.textIndex()]!;
    const source = this.texts[this.textIndex()]!;
    const unit = this.texts[this.textIndex()]!;
    return { kind, name, source, unit, values: statistics.map(() => this.number()) };
  }

  protected corrupt(): UnreadableSummaryError {
    return new UnreadableSummaryError(`summary cannot be read from byte ${this.at} on`);
  }
}
