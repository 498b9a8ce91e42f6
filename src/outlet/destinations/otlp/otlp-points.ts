import { mergeAlike, type MergedPoint, type MetricPoint, QUANTILES } from '../../../model/metric-point.js';
import type { WindowRef } from '../../../model/window.js';
import type { DestinationRecord, Prepared, Sliced } from '../../destination.js';
import { type Buckets, dense, type ExponentialHistogram, exponentialHistogram, span } from './exponential-histogram.js';
import { DELTA, type Encoding, type KeyValue, type Metric } from './metrics-service.js';
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
  | { readonly form: 'histogram'; readonly value: ExponentialHistogram }
);

/** What a destination's URL says of how points are written. */
export interface PointOptions {
  readonly encoding: 'protobuf' | 'json';
  readonly percentiles: boolean;
}

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
 *
 * A second point of the same name, unit, form and attributes would take the place of the first, or be dropped: points that agree
 * in these once their units are UCUM are merged; of others, which cannot be, the first to come stays. A measurement's gauge
 * that is in the way of another is left out alone.
 */
export function* preparePoints(points: readonly MetricPoint[], options: PointOptions): Sliced<Prepared> {
  const records: DestinationRecord[] = [];
  const taken = new Set<string>();
  let collisions = 0;
  for (const merged of yield* mergeAlike(points, inUcum, identityOf)) {
    yield;
    const [main, ...gauges] = otlpPoints(merged, options.percentiles);
    if (taken.has(dataPointKey(main))) {
      collisions += merged.points;
      continue;
    }
    const body = [main, ...gauges.filter((gauge) => !taken.has(dataPointKey(gauge)))];
    collisions += 1 + gauges.length - body.length;
    for (const point of body) taken.add(dataPointKey(point));
    records.push({ weight: body.reduce((bytes, point) => bytes + bytesAtMost(point, options.encoding), 0), body });
  }
  return { records, collisions };
}

/** Records that {@link preparePoints} made as metrics: data points of one name, unit and form stand together. */
export function metricsOf(records: readonly DestinationRecord[], { whole }: Pick<Encoding, 'whole'>): Metric[] {
  const byMetric = new Map<string, OtlpPoint[]>();
  for (const point of records.flatMap(({ body }) => body as OtlpPoint[])) {
    const key = metricKey(point);
    const points = byMetric.get(key);
    if (points) points.push(point);
    else byMetric.set(key, [point]);
  }
  return [...byMetric.values()].map((points) => metricOf(points, whole));
}

/** How many data points records have. */
export function dataPointsOf(records: readonly DestinationRecord[]): number {
  return records.reduce((points, { body }) => points + (body as OtlpPoint[]).length, 0);
}

export function attribute(key: string, value: string): KeyValue {
  return { key, value: { stringValue: value } };
}

function inUcum(point: MetricPoint): MetricPoint {
  return { ...point, unit: ucum(point.unit) };
}

function identityOf({ name, source, unit, value }: MetricPoint): string {
  return `${value.type}\0${unit}\0${name}\0${source}`;
}

function otlpPoints(
  { name, source, unit, window, value }: MergedPoint,
  percentiles: boolean,
): [OtlpPoint, ...OtlpPoint[]] {
  const common = { source, unit, window };
  switch (value.type) {
    case 'sum':
      return [{ name, ...common, form: value.monotonic ? 'monotonic-sum' : 'sum', value: value.sum }];
    case 'last':
      return [{ name, ...common, form: 'gauge', value: value.last }];
    case 'cardinality':
      return [{ name, ...common, form: 'gauge', value: value.cardinality.estimate() }];
    case 'distribution': {
      const { distribution } = value;
      const histogram: OtlpPoint = { name, ...common, form: 'histogram', value: exponentialHistogram(distribution) };
      if (!percentiles) return [histogram];
      const gauges = QUANTILES.map(({ suffix, q }): OtlpPoint => {
        return { name: `${name}.${suffix}`, ...common, form: 'gauge', value: distribution.quantile(q) };
      });
      return [histogram, ...gauges];
    }
  }
}

function dataPointKey(point: OtlpPoint): string {
  return `${metricKey(point)}\0${point.source}`;
}

function metricKey({ form, unit, name }: OtlpPoint): string {
  return `${form}\0${unit}\0${name}`;
}

/** @param points at least one, all of one name, unit and form */
function metricOf(points: readonly OtlpPoint[], whole: Encoding['whole']): Metric {
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
      const dataPoints = histograms.map((point) => ({ ...placed(point), ...histogram(point.value, whole) }));
      return { ...metric, exponentialHistogram: { aggregationTemporality: DELTA, dataPoints } };
    }
  }
}

function histogram(of: ExponentialHistogram, whole: Encoding['whole']) {
  const { count, sum, min, max, scale, zeroCount } = of;
  const buckets = (side: Buckets) => {
    const { offset, counts } = dense(side);
    return { offset, bucketCounts: counts.map(whole) };
  };
  return {
    count: whole(count),
    // opentelemetry-proto, ExponentialHistogramDataPoint.sum: only of values that are not negative.
    ...(min >= 0 && { sum }),
    scale,
    zeroCount: whole(zeroCount),
    ...(span(of.positive) > 0 && { positive: buckets(of.positive) }),
    ...(span(of.negative) > 0 && { negative: buckets(of.negative) }),
    min,
    max,
  };
}

function placed({ source, window }: OtlpPoint) {
  const { startSeconds, resolutionSeconds } = window;
  return {
    ...(source !== '' && { attributes: [attribute('source', source)] }),
    startTimeUnixNano: nanoseconds(startSeconds),
    timeUnixNano: nanoseconds(startSeconds + resolutionSeconds),
  };
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
  for (const side of [value.positive, value.negative]) {
    bytes += span(side) * BUCKET_BYTES[encoding] + side.indexes.length * FILLED_BUCKET_BYTES[encoding];
  }
  return bytes;
}
