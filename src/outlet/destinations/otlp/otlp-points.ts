import type { Distribution } from '../../../model/distribution.js';
import { type MetricPoint, QUANTILES } from '../../../model/metric-point.js';
import type { WindowRef } from '../../../model/window.js';
import type { DestinationRecord, Prepared, Sliced } from '../../destination.js';
import { type Buckets, bucketsAtMost, exponentialHistogram } from './exponential-histogram.js';
import { DELTA, type KeyValue, type Metric } from './metrics-service.js';
import { ucum } from './ucum.js';

/** One data point and the metric that it belongs to. */
type OtlpPoint = {
  readonly name: string;
  readonly source: string;
  /** UCUM. */
  readonly unit: string;
  readonly window: WindowRef;
} & (
  | { readonly form: 'sum' | 'monotonic-sum' | 'gauge'; readonly value: number }
  | { readonly form: 'histogram'; readonly value: Distribution }
);

/**
 * Bytes that a data point takes at most besides its texts and buckets, its metric's own part included: eight fields of up to 11
 * bytes in protobuf, a hundred bytes more of keys and lengths; in JSON about 25 characters a number and its key.
 */
const POINT_BYTES = { protobuf: 200, json: 700 } as const;

/** Bytes that a bucket takes at most: empty, and more for one that is not. */
const BUCKET_BYTES = { protobuf: 1, json: 4 } as const;
const FILLED_BUCKET_BYTES = { protobuf: 8, json: 16 } as const;

/**
 * The data points of one window: a counter is a Sum, a sample and a cardinality are a Gauge, a measurement is an exponential
 * histogram and, if asked for, three gauges. A record is heavy by the bytes that it takes at most.
 */
export function* preparePoints(
  points: readonly MetricPoint[],
  options: { readonly encoding: 'protobuf' | 'json'; readonly percentiles: boolean },
): Sliced<Prepared> {
  const records: DestinationRecord[] = [];
  for (const point of points) {
    const body = otlpPoints(point, options.percentiles);
    const weight = body.reduce((bytes, one) => bytes + bytesAtMost(one, options.encoding), 0);
    records.push({ weight, body });
    yield;
  }
  return { records, collisions: 0 };
}

/** Records that {@link preparePoints} made as metrics: data points of one name, unit and form stand together. */
export function metricsOf(records: readonly DestinationRecord[]): Metric[] {
  const byMetric = new Map<string, OtlpPoint[]>();
  for (const point of records.flatMap(({ body }) => body as OtlpPoint[])) {
    const key = `${point.form}\0${point.unit}\0${point.name}`;
    const points = byMetric.get(key);
    if (points) points.push(point);
    else byMetric.set(key, [point]);
  }
  return [...byMetric.values()].map(metricOf);
}

function otlpPoints({ name, source, unit: written, window, value }: MetricPoint, percentiles: boolean): OtlpPoint[] {
  const common = { source, unit: ucum(written), window };
  switch (value.type) {
    case 'sum':
      return [{ name, ...common, form: value.monotonic ? 'monotonic-sum' : 'sum', value: value.sum }];
    case 'last':
      return [{ name, ...common, form: 'gauge', value: value.last }];
    case 'cardinality':
      return [{ name, ...common, form: 'gauge', value: value.cardinality.estimate() }];
    case 'distribution': {
      const { distribution } = value;
      const histogram: OtlpPoint = { name, ...common, form: 'histogram', value: distribution };
      if (!percentiles) return [histogram];
      const gauges = QUANTILES.map(({ suffix, q }): OtlpPoint => {
        return { name: `${name}.${suffix}`, ...common, form: 'gauge', value: distribution.quantile(q) };
      });
      return [histogram, ...gauges];
    }
  }
}

/** @param points at least one, all of one name, unit and form */
function metricOf(points: readonly OtlpPoint[]): Metric {
  const { name, unit, form } = points[0]!;
  const metric = { name, ...(unit !== '' && { unit }) };
  const numbers = points.filter((point) => point.form !== 'histogram');
  const dataPoints = numbers.map((point) => ({ ...placed(point), asDouble: point.value }));
  switch (form) {
    case 'sum':
    case 'monotonic-sum':
      return { ...metric, sum: { aggregationTemporality: DELTA, isMonotonic: form === 'monotonic-sum', dataPoints } };
    case 'gauge':
      return { ...metric, gauge: { dataPoints } };
    case 'histogram': {
      const histograms = points.filter((point) => point.form === 'histogram');
      const dataPoints = histograms.map((point) => ({ ...placed(point), ...histogram(point.value) }));
      return { ...metric, exponentialHistogram: { aggregationTemporality: DELTA, dataPoints } };
    }
  }
}

function histogram(distribution: Distribution) {
  const { count, sum, min, max } = distribution;
  const { scale, zeroCount, positive, negative } = exponentialHistogram(distribution);
  return {
    count: String(count),
    // opentelemetry-proto, ExponentialHistogramDataPoint.sum: only of values that are not negative.
    ...(min >= 0 && { sum }),
    scale,
    zeroCount: String(zeroCount),
    ...(positive.counts.length > 0 && { positive: bucketCounts(positive) }),
    ...(negative.counts.length > 0 && { negative: bucketCounts(negative) }),
    min,
    max,
  };
}

function bucketCounts({ offset, counts }: Buckets) {
  return { offset, bucketCounts: counts.map(String) };
}

function placed({ source, window }: OtlpPoint) {
  const { startSeconds, resolutionSeconds } = window;
  return {
    ...(source !== '' && { attributes: [attribute('source', source)] }),
    startTimeUnixNano: nanoseconds(startSeconds),
    timeUnixNano: nanoseconds(startSeconds + resolutionSeconds),
  };
}

export function attribute(key: string, value: string): KeyValue {
  return { key, value: { stringValue: value } };
}

/** More than a double holds exactly. @param seconds whole, since the epoch */
function nanoseconds(seconds: number): string {
  return seconds <= 0 ? '0' : `${seconds}000000000`;
}

function bytesAtMost({ name, source, unit, value }: OtlpPoint, encoding: 'protobuf' | 'json'): number {
  let bytes: number = POINT_BYTES[encoding];
  for (const text of [name, source, unit]) {
    bytes += Buffer.byteLength(encoding === 'json' ? JSON.stringify(text) : text);
  }
  if (typeof value === 'number') return bytes;
  const buckets = bucketsAtMost(value);
  const filled = Math.min(buckets, value.count);
  return bytes + buckets * BUCKET_BYTES[encoding] + filled * FILLED_BUCKET_BYTES[encoding];
}
